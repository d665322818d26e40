"""A limit that a caller sets: what may at most come out, as a rate or as a multiple of chance."""

from __future__ import annotations

import re

from faceveil.audit.features import FeaturesError

_LIMIT = re.compile(
    r"^\s*(?:(rank1|hybrid2face|sets)\s*<=?)?\s*(\d+(?:\.\d+)?)\s*(x|%|)\s*$", re.IGNORECASE
)


def parse_limit(text: str, chance: float) -> tuple[str, float]:
    """What is limited, and to which rate.

    `2x` is twice chance, `20%` and `0.2` are rates. They limit the worst attacker of a single
    embedding (`rank1<=2x`, the default), the paper's head (`hybrid2face<=2x`), or the worst
    attacker of several embeddings of a person (`sets<=50%`).

    Raises:
        FeaturesError: where the text is no limit.
    """
    match = _LIMIT.match(text)
    if match is None:
        raise FeaturesError(f"`{text}` is no limit; write for example rank1<=2x, or 20%.")
    what, number, unit = match.groups()
    allowed = float(number) * {"x": chance, "%": 0.01, "": 1.0}[unit.lower()]
    if unit == "" and allowed > 1:
        raise FeaturesError(f"`{text}` is above 1; write {number}x or {number}%.")
    return (what or "rank1").lower(), allowed
