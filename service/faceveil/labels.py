"""Labels in one form, wherever they come from: a subject's name, a session, an emotion, a moment.

A form, JSON, a header, a file of pandas or numpy: one name may come as bytes, as the float that
pandas makes of whole numbers beside a gap, with spaces around it. Here all of these become one
text, so that whatever way a name comes in, its erasure finds it. What is absent is None: unknown.
"""

import math
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

LONGEST = 1024
"""Characters of a label; a few bytes of a file can stand for millions of copies of a long one."""

ABSENT = frozenset({"", "nan", "NaN", "NaT", "None", "<NA>"})
"""Texts that say nothing: an empty cell, and what numpy and pandas write where nothing is."""

_EXACT = 2**53
"""Up to here a float tells each whole number from the next."""


class LabelError(ValueError):
    """What came is no label; the message is the end of a sentence, and does not repeat it."""


def plain(text: str) -> str:
    """A text without the white space around it, composed in one way (NFC, Unicode Annex 15)."""
    return unicodedata.normalize("NFC", text).strip()


def known(text: str) -> str | None:
    """The same; None where it says nothing."""
    label = plain(text)
    return None if label in ABSENT else label


def column(values: Iterable[Any]) -> list[str | None]:
    """Labels as text, each None where it is unknown.

    Args:
        values: text, bytes in UTF-8, whole numbers in any type, moments, or what stands for none:
            None, NaN, NaT, NA, and the texts of `ABSENT`.

    Raises:
        LabelError: at anything else; `row` of its message counts from 0.
    """
    read: dict[Any, str | None] = {}
    found = []
    for row, value in enumerate(values):
        key = (type(value), value)
        try:
            if key not in read:
                read[key] = _label(value)
            found.append(read[key])
        except TypeError:  # it has no hash
            raise LabelError(f"row {row} holds neither a text nor a number") from None
        except LabelError as problem:
            raise LabelError(f"row {row} {problem}") from None
    return found


def _label(value: Any) -> str | None:
    match value:
        case None:
            return None
        case str():
            label = known(value)
        case bytes():
            try:
                label = known(value.decode())
            except UnicodeDecodeError:
                raise LabelError("is not UTF-8") from None
        case float() | np.floating():
            number = float(value)
            if math.isnan(number):
                return None
            if not (number.is_integer() and abs(number) <= _EXACT):
                raise LabelError("holds a number that is not whole")
            label = str(int(number))
        case int() | np.integer():
            label = str(int(value))
        case np.datetime64():
            return None if np.isnat(value) else str(value)
        case date():
            # Pandas' NaT is a date whose year is no number.
            return value.isoformat() if value == value else None
        case _ if type(value).__name__ == "NAType":  # pandas' NA
            return None
        case _:
            raise LabelError("holds neither a text nor a number")
    if label is not None and len(label) > LONGEST:
        raise LabelError(f"has more than {LONGEST} characters")
    return label
