"""What the card of a trained bundle says, and the bundle's folder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from faceveil.guarantee import Guarantee
from faceveil.model.card import Card, DataSource, Result, Training
from faceveil.prior import LEAST_SHARE
from training.bundle.card import audit_in_words, describe_graph, write_bundle
from training.bundle.checks import checks_of
from training.bundle.export import OPSET
from training.bundle.picture import draw, of_card
from training.data.crops import UNKNOWN, CropSet
from training.data.sets import SETS
from training.data.terms import terms_of_model
from training.filter.algorithm import Filter, new_filter
from training.lab.experiment import Detail
from training.lab.measurement import codeword_alone, where, worst
from training.lab.plan import Data, Plan
from training.studies import expressions
from training.studies.preset import DEFAULT_LEVEL, GEOMETRY, LEVELS
from training.studies.train.options import TrainStudy

INTENDED_USES = [
    "Telling an app the mood of a face that looks at the camera, in about the conditions "
    "that the training sets show.",
    "Keeping the released embedding instead of the picture, after an audit of what it "
    "still tells about the person.",
]

OUT_OF_SCOPE_USES = [
    "Deciding about a person: what a face shows is not what somebody feels.",
    "Emotion recognition at work or in education, which the EU AI Act forbids "
    "(Regulation 2024/1689, article 5(1)(f)), save for medical or safety reasons.",
    "Treating the embedding as data that nobody can link to a person.",
    "Identifying, verifying or tracking people.",
]


@dataclass(frozen=True, slots=True)
class Release:
    """What the bundles of one training have in common.

    Attributes:
        study: as it was asked for.
        plan: by which was trained.
        crops: the sets that were learned from, by their short names.
        data: all sets.
        command: what makes it again.
        dimension: of what is released, D.
        guarantee: of the filter in float32, whose codewords all forms share; none without them.
        prior: of the same, by label, as all forms share its table too; see `prior_of`.
    """

    study: TrainStudy
    plan: Plan
    crops: dict[str, CropSet]
    data: Data
    command: str
    dimension: int
    guarantee: Guarantee | None
    prior: dict[str, float] | None

    def write(self, name: str, graph: bytes, results: Sequence[Result], detail: Detail) -> Path:
        """Writes a bundle and returns its folder.

        Args:
            name: of the bundle.
            graph: ONNX file.
            results: what was measured.
            detail: what was measured of emotions beside.
        """
        study, plan, is_first = self.study, self.plan, name == self.study.name
        guarantee = self.guarantee
        twin = None if is_first else f"{study.name}/{study.version}"
        preset, levels = ("expressions", expressions.LEVELS) if guarantee else ("strong", LEVELS)
        card = Card(
            name=name,
            version=study.version,
            created=datetime.now(UTC).date(),
            summary=summary(results, self.data, plan),
            terms=terms_of(self.crops, study.terms),
            labels=list(plan.labels),
            dimension=self.dimension,
            crop=GEOMETRY,
            graph=describe_graph(graph, OPSET),
            levels=levels,
            default_level=DEFAULT_LEVEL,
            # With one noise, two graphs' answers to one face would tell their difference without
            # any; with two, they count as two pictures, of which the guarantee speaks.
            noise_of=None if guarantee else twin,
            quantised_from=twin,
            guarantee=guarantee,
            prior=self.prior,
            expression=detail.expression,
            training=Training(
                command=self.command,
                preset=preset if is_first else f"{preset}, convolutions in int8",
                seed=study.seed,
                data=[_source(name, part) for name, part in self.crops.items()],
                parameters=parameters(plan, GEOMETRY.width),
            ),
            checks=checks_of(graph, GEOMETRY, guarantee.radius if guarantee else 0.0),
            results=list(results),
            breakdowns=detail.breakdowns,
            probes=detail.probes,
            audit=audit_in_words(results, DEFAULT_LEVEL),
            intended_uses=INTENDED_USES,
            out_of_scope_uses=OUT_OF_SCOPE_USES,
        )
        panels = of_card(card)
        return write_bundle(card, graph, draw(panels) if panels else None, study.models)


def prior_of(trained: Filter, labels: Sequence[str]) -> dict[str, float] | None:
    """The share of each emotion that a filter's answers expect, by label.

    None where that was not written down, or an emotion was not shown, for which no answer can be
    corrected.
    """
    if trained.prior is None or trained.prior.min() < LEAST_SHARE:
        return None
    return {
        label: round(float(share), 6) for label, share in zip(labels, trained.prior, strict=True)
    }


def terms_of(learned: Iterable[str], own: str | None) -> str:
    """What a model may be used for that learned from these sets.

    Args:
        learned: short names of the sets.
        own: what the people in one's own pictures agreed to.

    Raises:
        ValueError: if that is said without pictures of one's own.
    """
    infos = [SETS[name].info for name in learned]
    return terms_of_model({info.name: info.terms for info in infos}, own)


def parameters(plan: Plan, side: int) -> int:
    """How many values of the released graph are trained."""
    filter_ = new_filter(side, len(plan.labels), plan.recipe)
    return sum(p.numel() for p in [*filter_.base.parameters(), *filter_.emotion_head.parameters()])


def summary(results: Iterable[Result], data: Data, plan: Plan) -> str:
    """What the model does and was measured to, for its card."""
    parts = []
    for name in data.named:
        measured = where(results, data=name, level=DEFAULT_LEVEL)
        most = worst(measured)
        assert most is not None
        # As the filter answers by itself; how it reads with another prior stands below.
        read = [f"emotion {r.rate.rate:.0%}, " for r in where(measured, task="emotion")[:1]]
        beside = [f"chance {most.chance:.0%}"]
        if most.bound is not None:
            beside.append(f"proved at most {most.bound:.0%}")
        if alone := codeword_alone(measured):
            beside.append(f"codeword alone {alone.rate.rate:.0%}")
        parts.append(
            f"{name}: {''.join(read)}worst attacker {most.rate.rate:.0%} ({', '.join(beside)})"
        )
    return (
        f"Reads {len(plan.labels)} emotions from a face and releases an embedding trained against "
        f"re-identification. At level {DEFAULT_LEVEL}, cross-validated: {'; '.join(parts)}."
    )


def _source(name: str, crops: CropSet) -> DataSource:
    info = SETS[name].info
    people = int(crops.subject.max()) + 1
    taught: list[str] = ["emotion"] if (crops.emotion != UNKNOWN).any() else []
    return DataSource.model_validate(
        {
            "name": info.name,
            "images": len(crops),
            "subjects": people or None,
            "taught": taught + (["identity"] if people else []),
            "terms": info.terms.words,
            "citation": info.citation,
        }
    )
