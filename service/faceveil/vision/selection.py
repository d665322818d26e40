"""Which of the faces in a picture are wanted."""

from dataclasses import dataclass
from typing import Literal

Wanted = Literal["largest", "only", "all"]
"""The largest face; the only one, and none where there are several; or all of them."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which faces are wanted.

    Attributes:
        which: of those that the other members let through.
        limit: most faces, with "all".
        min_score: of the detector, 0 to 1.
        min_size: width of the box, in pixels of the upright original.
        max_yaw: degrees to either side; a face whose yaw is not known passes.
        quick: whether those are enough that stand out, where all are wanted.
    """

    which: Wanted = "largest"
    limit: int = 1
    min_score: float = 0.0
    min_size: float = 0.0
    max_yaw: float = 90.0
    quick: bool = False

    @property
    def thorough(self) -> bool:
        """Whether small faces beside large ones matter."""
        return self.which != "largest" and not self.quick

    def passes(self, score: float, size: float, yaw: float | None) -> bool:
        """Whether a face is wanted, given its score, its width and its yaw."""
        good = score >= self.min_score and size >= self.min_size
        return good and abs(yaw or 0.0) <= self.max_yaw
