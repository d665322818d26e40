"""What is answered about a person."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from faceveil.store import subjects


class Kept(BaseModel):
    """How much is stored of a person."""

    subject: str = Field(description="The pseudonym under which it is stored.")
    features: int
    first_captured_at: datetime | None
    last_captured_at: datetime | None


class Receipt(BaseModel):
    """What an erasure did. It does not say of whom."""

    id: str = Field(description="Id of the receipt.")
    erased_at: datetime
    features: int = Field(description="How many were erased.")
    audits: int = Field(
        description="Audits that had the person in them: finished ones are marked, others stopped."
    )
    digest: str = Field(
        description="SHA-256 over the erased features' ids, sorted, each with a line feed."
    )


def shown_receipt(receipt: subjects.Receipt) -> Receipt:
    """A receipt as it is answered."""
    return Receipt(
        id=receipt.id,
        erased_at=receipt.at,
        features=receipt.features,
        audits=receipt.audits,
        digest=receipt.digest,
    )


_ID = "01a20ca4-2f18-7000-8000-b24d08d66b20"
_PSEUDONYM = "pseudonym:0c9f3b12:5f1d7a84c3b2e690a1b2c3d4e5f60718"

EXAMPLE_KEPT: dict[str, Any] = {
    "subject": _PSEUDONYM,
    "features": 3,
    "first_captured_at": "2026-01-31T09:30:00Z",
    "last_captured_at": "2026-02-14T16:05:00Z",
}

EXAMPLE_RECEIPT: dict[str, Any] = {
    "id": _ID,
    "erased_at": "2026-03-01T12:00:00Z",
    "features": 3,
    "audits": 1,
    "digest": "0" * 64,
}
