"""In which arithmetic convolutions are trained; without torch, so that `--help` can name it."""

from enum import StrEnum


class Precision(StrEnum):
    """Arithmetic of the convolutions in training; see `training.filter.precision`."""

    AUTO = "auto"
    BFLOAT16 = "bfloat16"
    FLOAT32 = "float32"

    @property
    def is_mixed(self) -> bool:
        """Whether convolutions compute in bfloat16, and all else in float32."""
        return self == Precision.BFLOAT16
