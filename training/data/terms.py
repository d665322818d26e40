"""Under which terms a set may be learned from, and what follows for a model that did."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from faceveil.model.card import FOR_RESEARCH

LONGEST = 200
"""Characters of what may be said of the people in one's own pictures."""


class Use(IntEnum):
    """What a set lets be done with what was learned from it, the strictest last."""

    ANY = 0
    AGREED = 1
    """As agreed with the people who are shown."""
    RESEARCH = 2
    """Non-commercial research; a set that forbids commerce alone counts as one of these."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A set's terms.

    Attributes:
        use: what may be done.
        words: the publisher's own, for the card.
        licence: that asks for attribution; none where nobody asks.
        caveat: said of a model that learned from such sets alone.
    """

    use: Use
    words: str
    licence: str | None = None
    caveat: str | None = None


def terms_of_model(learned: Mapping[str, Terms], agreed: str | None = None) -> str:
    """The strictest use that any of the sets allows, and whoever is to be named.

    Args:
        learned: the terms of each set that a model learned from, by the set's title.
        agreed: what the people in one's own pictures agreed to, in words. It stands in place of
            the plain sentence that they did, and lifts nothing that another set asks for.

    Raises:
        ValueError: if something is said of people who are in none of the sets, or not in one line
            of at most `LONGEST` characters.
    """
    strictest = max(terms.use for terms in learned.values())
    parts = []
    if strictest == Use.ANY:
        parts.append("any use")
    if strictest == Use.RESEARCH:
        sets = ", ".join(title for title, t in learned.items() if t.use == Use.RESEARCH)
        parts.append(f"{FOR_RESEARCH}: trained on research-only images ({sets})")
    if any(terms.use == Use.AGREED for terms in learned.values()):
        said = _agreed(agreed)
        alone = agreed is None or strictest == Use.AGREED
        parts.append(said if alone else f"own faces: {said}")
    elif agreed is not None:
        raise ValueError("--terms is for your own faces, and none of the sets holds them.")
    if credits_ := [f"{title} ({t.licence})" for title, t in learned.items() if t.licence]:
        parts.append(f"with attribution: {', '.join(credits_)}")
    if all(terms.caveat for terms in learned.values()):
        parts += dict.fromkeys(terms.caveat for terms in learned.values() if terms.caveat)
    return "; ".join(parts)


def _agreed(words: str | None) -> str:
    if words is None:
        return "as agreed with the people who are shown"
    if not words.strip() or not words.isprintable() or len(words) > LONGEST:
        raise ValueError(f"--terms needs one line of at most {LONGEST} characters.")
    return words.strip()
