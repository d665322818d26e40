"""Learns verifiers for an installed bundle, whatever made it, and tests them on other people."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from faceveil.guarantee import nearest
from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.card import Card
from faceveil.rate import Estimate
from training.bundle.graph import GraphFilter
from training.data.crops import UNKNOWN
from training.data.sets import SETS
from training.data.terms import Terms, Use
from training.lab.judge import add_noise
from training.lab.pairs import in_parts, paired
from training.lab.plan import UNDEFENDED, Progress
from training.lab.verifier import Figures, Verifier, judged, learned
from training.studies.gather import crops_of, refuse_at_once
from training.studies.verifier.options import VerifierStudy


@dataclass(frozen=True, slots=True)
class Tested:
    """A verifier, and how it did.

    Attributes:
        vector: `undefended`, or the name of a level.
        sigma: of the noise in it; 0 in the undefended one.
        verifier: what it computes.
        figures: on people that it did not learn from.
        alike: its equal error rate on those of these pairs that have one standard expression, any;
            None where the model has none, or no such pairs are there.
        bound: nobody's is lower on two given faces with one given expression. Of `alike`, whose
            pairs have many, it is not proved: which one a pair has tells something.
    """

    vector: str
    sigma: float
    verifier: Verifier
    figures: Figures
    alike: Estimate | None
    bound: float | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What came out, and of what.

    Attributes:
        study: as it was asked for, with the version.
        card: the bundle's.
        tensor: of the graph, which holds the undefended vector.
        data: title of the set.
        terms: of the set; they hold for the verifiers too.
        learned: how many people the verifiers learned from.
        tested: how many others they were tested on.
        every: `undefended` first.
    """

    study: VerifierStudy
    card: Card
    tensor: str
    data: str
    terms: Terms
    learned: int
    tested: int
    created: str
    every: list[Tested]

    @property
    def narrows(self) -> bool:
        """Whether the set's terms allow less than the model's."""
        return self.terms.use != Use.ANY and not self.card.for_research_only


def verify(study: VerifierStudy, progress: Progress) -> Verified:
    """Learns on half of the people, and tests on the others.

    Raises:
        BundleError: if there is no such bundle, or it is broken.
        DataError: if the set is not there.
        ValueError: if the model has no bottleneck, or the set too few people with several pictures.
    """
    bundle = load_bundle(find_bundle(study.models, study.name, study.version))
    model, card = GraphFilter.of(bundle), bundle.card
    tensor = model.before_bottleneck
    refuse_at_once([study.people], study)
    part = crops_of(study.people, study, progress, card.crop)
    part = part.take(part.subject != UNKNOWN)
    half = in_parts(part.subject, 2, study.seed)
    pairs = paired(np.flatnonzero(half == 1), part.subject, part.group, study.seed)
    clean, known = model.embed(part.crops), half == 0
    words = None if model.codewords is None else nearest(clean, model.codewords)
    alike = None if words is None else words[pairs.one] == words[pairs.other]
    if alike is not None and len(np.unique(pairs.same[alike])) < 2:
        alike = None

    def tested() -> Iterator[Tested]:
        views = dict(_views(model, card, part.crops, clean, study.seed))
        for done, (name, vectors) in enumerate(views.items()):
            progress("learning who is who", done, len(views))
            verifier = learned(vectors[known], part.subject[known], part.group[known], study.seed)
            scores = verifier.score(vectors, pairs)
            chances = verifier.chance(scores)
            bounds = card.guarantee.levels.get(name) if card.guarantee else None
            of_one = None
            if bounds and alike is not None:
                told = (scores[alike], chances[alike], pairs.take(alike))
                of_one = judged(*told, part.subject, study.seed).eer
            yield Tested(
                vector=name,
                sigma=card.levels[name].sigma if name in card.levels else 0.0,
                verifier=verifier,
                figures=judged(scores, chances, pairs, part.subject, study.seed),
                alike=of_one,
                bound=bounds.equal_error if bounds else None,
            )
        progress("learning who is who", len(views), len(views))

    return Verified(
        study=replace(study, version=card.version),
        card=card,
        tensor=tensor,
        data=SETS[study.people].info.name,
        terms=SETS[study.people].info.terms,
        learned=len(np.unique(part.subject[known])),
        tested=len(np.unique(part.subject[~known])),
        created=datetime.now(UTC).date().isoformat(),
        every=list(tested()),
    )


def _views(
    model: GraphFilter,
    card: Card,
    crops: NDArray[np.uint8],
    clean: NDArray[np.float32],
    seed: int,
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Name to vectors, (N, D), of what an attacker may hold."""
    yield UNDEFENDED, model.undefended(crops).astype(np.float64)
    for name, level in card.levels.items():
        yield name, add_noise(clean, level.sigma, seed).astype(np.float64)
