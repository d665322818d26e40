"""What an experiment is: data sorted by what their labels can teach, recipes, levels, folds."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from faceveil.audit.attackers import BOOSTING, LADDER, PRIOR, Attacker
from training.data.crops import CropSet, join
from training.data.record import EMOTIONS
from training.filter.algorithm import Recipe
from training.lab.folds import Fold, deal

NOISE_FREE = "no noise"
"""A level that is measured, to show what the noise does, and not offered."""

UNDEFENDED = "undefended"
"""Stands for a level where the embedding of a filter without any defence is attacked."""

THE_CROP = "the crop itself"
"""Stands for a level where people and emotions are read in the crop, with no filter."""

OF_CARDS = tuple(attacker for attacker in LADDER if attacker not in (PRIOR, BOOSTING))
"""The ladder without who looks at nothing, and without who takes twenty times as long as all the
others together."""

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and of how much."""


def within(name: str, progress: Progress) -> Progress:
    """The same progress for stages of something that has a name."""
    return lambda stage, done, total: progress(f"{name}: {stage}", done, total)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained and judged.

    Attributes:
        recipe: of the training with people.
        pretraining: of the training before it, on the wild sets (see `Data`); their images are
            in no fold, so all folds start from one pretrained filter.
        levels: privacy levels, name to sigma.
        folds: of the cross-validation.
        seed: of everything.
        attackers: who tries to name the people of the folds.
        labels: the emotions that the filter reads, in the order of its output.
        tutoring: of the pretraining's tutors, which learn from the same images before it.
        tutors: how many of them there are.
    """

    recipe: Recipe
    pretraining: Recipe
    levels: dict[str, float]
    folds: int
    seed: int
    attackers: tuple[Attacker, ...] = OF_CARDS
    labels: tuple[str, ...] = EMOTIONS
    tutoring: Recipe = field(default_factory=Recipe)
    tutors: int = 0

    @property
    def trained(self) -> "Plan":
        """As far as training goes: other levels and attackers leave what was trained valid."""
        return replace(self, levels={}, attackers=())

    def deal(self, part: CropSet) -> list[Fold]:
        """The set, dealt to the plan's folds."""
        return deal(part, self.folds, self.seed)


@dataclass(frozen=True, slots=True)
class Data:
    """The sets by their names.

    Attributes:
        named: the other sets that tell whose face it is, each dealt to the folds by itself.
        wild: sets with emotions that are always learned from: those without names, and those that
            are learned whole (`DataSet.whole`).
        held_out: sets of emotions that are never learned from.
        strangers: sets of people that are never learned from, dealt for the attackers.
        made: pictures that were made of those of the named sets. No fold learns from them, nor the
            filter that it starts from: they would be learned beside the very picture that is
            tested. The filter that is released does.
    """

    named: dict[str, list[Fold]]
    wild: dict[str, CropSet]
    held_out: dict[str, CropSet]
    strangers: dict[str, list[Fold]]
    made: dict[str, CropSet] = field(default_factory=dict)

    def learned_in(self, number: int) -> CropSet:
        """What the filter of one fold learns from."""
        return join(
            [*self.wild.values(), *(dealt[number].learned for dealt in self.named.values())]
        )

    @property
    def for_release(self) -> "Data":
        """The same where nothing is tested: what was made of the named sets is learned too."""
        return replace(self, wild=self.wild | self.made, made={})

    @property
    def everything(self) -> CropSet:
        """What the filter that is released learns from."""
        wild = self.for_release.wild.values()
        return join([*wild, *(dealt[0].part for dealt in self.named.values())])


def bare(recipe: Recipe) -> Recipe:
    """The recipe with emotion as its only aim, without noise and without codewords."""
    return replace(
        recipe, beta=0.0, contrast=0.0, scatter=0.0, likeness=0.0, noise=0.0, codewords=0
    )


def undefended(plan: Plan) -> Plan:
    """The same networks and data with emotion as the only aim: what the defence is held against."""
    return replace(
        plan,
        recipe=bare(plan.recipe),
        pretraining=bare(plan.pretraining),
        levels={UNDEFENDED: 0.0},
    )
