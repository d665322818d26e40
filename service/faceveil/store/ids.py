"""Identifiers that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import secrets
import time
from uuid import UUID


def new_id() -> str:
    """One identifier, as its 36 characters."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Identifiers in ascending order.

    48 bits of milliseconds and 74 of chance; those made together share the time and have the first
    26 random bits replaced by a counter (section 6.2, method 1), so that a batch keeps its order.
    """
    milliseconds = time.time_ns() // 1_000_000
    return [
        str(UUID(int=_field(milliseconds, number, secrets.randbits(48)))) for number in range(count)
    ]


def _field(milliseconds: int, counter: int, chance: int) -> int:
    high, low = divmod(counter << 48 | chance, 1 << 62)
    return milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
