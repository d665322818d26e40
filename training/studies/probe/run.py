"""Probes an installed bundle, whatever made it: its graph runs in ONNX Runtime."""

from dataclasses import dataclass, replace

from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.card import Probe
from training.bundle.graph import GraphFilter
from training.data.sets import SETS
from training.lab.plan import NOISE_FREE, Progress
from training.lab.probe import probed
from training.studies.gather import HELD_OUT, crops_of, refuse_at_once
from training.studies.probe.options import ProbeStudy


@dataclass(frozen=True, slots=True)
class Probed:
    """What came out, and of which bundle."""

    study: ProbeStudy
    probes: list[Probe]


def probe(study: ProbeStudy, progress: Progress) -> Probed:
    """Probes the bundle without noise and at each of its levels.

    Raises:
        BundleError: if there is no such bundle, or it is broken.
        DataError: if the votes are not there.
    """
    bundle = load_bundle(find_bundle(study.models, study.name, study.version))
    refuse_at_once([HELD_OUT], study)
    card = bundle.card
    part = crops_of(HELD_OUT, study, progress, card.crop)
    levels = {NOISE_FREE: 0.0} | {name: level.sigma for name, level in card.levels.items()}
    model = GraphFilter.of(bundle)
    probes = probed(SETS[HELD_OUT].info.name, part, model, levels, study.seed, progress)
    return Probed(replace(study, version=card.version), probes)
