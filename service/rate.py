"""A measured share and its confidence interval: one value, for a rate alone proves nothing."""

from pydantic import BaseModel, ConfigDict, Field


class Rate(BaseModel):
    """`correct` of `total`, with an interval that holds the true rate at confidence `level`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    correct: int = Field(ge=0)
    total: int = Field(ge=0)
    level: float = Field(0.95, gt=0, lt=1)

    def __str__(self) -> str:
        return f"{self.rate:.1%} [{self.low:.1%}, {self.high:.1%}]"
