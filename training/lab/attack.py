"""An attack as a value: who learns, from which gallery, with whose emotions; and its words.

The words stand on cards, in JSON and in tables. They are made and read here alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from faceveil.audit.attackers import Attacker
from faceveil.audit.protocol import Split


class Gallery(StrEnum):
    """What an attacker has of the people to be found."""

    RELEASED = "released"
    NOISE_FREE = "noise-free"


class Emotions(StrEnum):
    """Which emotions of a gallery a probe is compared with."""

    ALL = "all"
    OTHERS = "others only"


_NOISE_FREE = ", noise-free gallery"
_OTHERS = ", other emotions only"
_KNOWN = "+emotion"
_FEATURES = ", "


@dataclass(frozen=True, slots=True)
class Attack:
    """How somebody tries to tell whose a probe is, or which emotion it shows.

    Attributes:
        learner: name of the attacker of the audit, without what it knows.
        gallery: what it has learned from.
        emotions: whether its gallery holds the probe's own emotion.
        knows_emotion: whether it is given each embedding's emotion, and takes that out first.
        features: in which it learns; empty where it learns in what is released.
    """

    learner: str
    gallery: Gallery = Gallery.RELEASED
    emotions: Emotions = Emotions.ALL
    knows_emotion: bool = False
    features: str = ""

    def __str__(self) -> str:
        return "".join(
            (
                self.features and self.features + _FEATURES,
                self.learner,
                _KNOWN if self.knows_emotion else "",
                _NOISE_FREE if self.gallery is Gallery.NOISE_FREE else "",
                _OTHERS if self.emotions is Emotions.OTHERS else "",
            )
        )

    @classmethod
    def of(cls, words: str) -> "Attack":
        """The attack that the words name: `str` undone."""
        rest = words.removesuffix(_OTHERS)
        named = rest.removesuffix(_NOISE_FREE)
        features, _, learner = named.rpartition(_FEATURES)
        return cls(
            learner.removesuffix(_KNOWN),
            Gallery.RELEASED if named == rest else Gallery.NOISE_FREE,
            Emotions.ALL if rest == words else Emotions.OTHERS,
            learner.endswith(_KNOWN),
            features,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attack with who makes it and what it is made on.

    Attributes:
        attack: in words.
        attacker: who learns.
        folds: splits of each, what is learned from and what is probed; none where nobody could be
            found.
    """

    attack: Attack
    attacker: Attacker
    folds: Sequence[Sequence[Split]]


def plain(attackers: Sequence[Attacker], folds: Sequence[Sequence[Split]]) -> list[Attempt]:
    """Every attacker on the same splits, under no condition."""
    return [Attempt(Attack.of(attacker.name), attacker, folds) for attacker in attackers]


def attempts(
    splits: Callable[[Gallery, Emotions], Sequence[Sequence[Split]]],
    attackers: Sequence[Attacker],
    across: Sequence[Attacker],
    galleries: Sequence[Gallery] = (Gallery.RELEASED,),
) -> Iterator[Attempt]:
    """Every attack on one thing that is released, in the order of the tables.

    Args:
        splits: gives those of each fold, for a gallery and the emotions that are allowed in it.
        attackers: who may compare a probe with all emotions.
        across: who may compare it with others than its own.
        galleries: what they have.
    """
    for gallery in galleries:
        for emotions, crowd in ((Emotions.ALL, attackers), (Emotions.OTHERS, across)):
            cut = splits(gallery, emotions) if crowd else ()
            for attacker in crowd:
                attack = replace(Attack.of(attacker.name), gallery=gallery, emotions=emotions)
                yield Attempt(attack, attacker, cut)
