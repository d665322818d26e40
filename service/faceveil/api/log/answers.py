"""What is answered of the access log."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class LogEntry(BaseModel):
    """One entry: ids and counts, never a name."""

    number: int = Field(description="Its place among the tenant's entries; 1 is the first.")
    at: datetime
    actor: str = Field(description="Id of a key; or cli, worker, first start, anyone.")
    action: str = Field(description="What was done, as in 'erased' or 'exported'.")
    detail: dict[str, Any] = Field(description="Ids and counts.")
    chain: str = Field(description="SHA-256 over the entry and the one before it, in hexadecimal.")


class LogPage(BaseModel):
    """Some entries, newest first."""

    entries: list[LogEntry]
    next: int | None = Field(None, description="`cursor` of the next page; null on the last.")


class LogCheck(BaseModel):
    """Whether the log is as it was written."""

    holds: bool = Field(
        description="Whether no entry of the whole log was changed, removed or inserted."
    )
    entries: int = Field(description="Entries of the tenant.")
    head: str | None = Field(
        None,
        description="`chain` of the newest of them: note it elsewhere. Null where there is none.",
    )
    noted: bool | None = Field(
        None,
        description="Whether the head that was noted earlier is in the chain; null without one.",
    )


EXAMPLE_HEAD = "9f2c1a7be04d5583c6a1f0e2d4b79a1c3e5f60718293a4b5c6d7e8f901a2b3c4"

EXAMPLE_ENTRY = {
    "number": 2,
    "at": "2026-01-01T00:00:00Z",
    "actor": "4f1d7a84c3b2",
    "action": "erased",
    "detail": {"receipt": "01a20ca4-2f18-7000-8000-b24d08d66b20", "features": 12, "audits": 0},
    "chain": EXAMPLE_HEAD,
}
