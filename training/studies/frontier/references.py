"""What the preset is held against, on the same folds: features made by hand, and worse pictures."""

from dataclasses import dataclass
from pathlib import Path

from faceveil.rate import Rate
from training.baselines.degradations import STRENGTHS
from training.data.crops import CropSet
from training.lab.plan import Plan, Report
from training.studies.reproduction.catalogue import Catalogue
from training.studies.reproduction.feature_systems import degraded_systems, hand_made_systems
from training.studies.reproduction.result import Figure, Readings
from training.studies.reproduction.run import Request, conclude, fill


@dataclass(frozen=True, slots=True)
class Reference:
    """One of them.

    Attributes:
        name: of what is released.
        family: which of them belong together: one thing done ever more strongly.
        emotion: how much of the mood is read.
        reader: who reads most of it.
        identity: how many people are named.
        attacker: who names most.
    """

    name: str
    family: str
    emotion: Rate
    reader: str
    identity: Rate
    attacker: str


def references(
    part: CropSet, data_set: str, plan: Plan, run: Path, report: Report
) -> list[Reference]:
    """Reads moods and people in each, by linear discriminants, as `faceveil reproduce` does.

    Args:
        part: the set.
        data_set: its short name.
        plan: its folds and its seed.
        run: folder of what is finished; a call that was cut short goes on from it.
        report: told how far it is.

    Raises:
        ValueError: if the folder holds another run.
    """
    systems = Catalogue([*hand_made_systems(), *degraded_systems(STRENGTHS)], 0, None, [])
    request = Request(data_set, None, run, plan.folds, plan.seed, quick=False, systems=None)
    found = conclude(part, systems, fill(part, systems, request, report), request)
    made = [_reference(readings, readings.name) for readings in found.hand_made]
    worse = [_reference(readings, readings.name.rpartition(" ")[0]) for readings in found.degraded]
    return made + worse


def _reference(readings: Readings, family: str) -> Reference:
    def most(task: str) -> Figure:
        return max((f for f in readings.figures if f.task == task), key=lambda f: f.rate.rate)

    emotion, identity = most("emotion"), most("identity")
    return Reference(
        readings.name, family, emotion.rate, emotion.system, identity.rate, identity.system
    )
