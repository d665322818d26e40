"""An audit as a list of independent steps: plan, run each, conclude.

The outcome of a step follows from the case and the step alone, and is a small piece of JSON. So a
job can store what is done and go on from there, and to cancel one is to stop.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from itertools import zip_longest
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from faceveil.audit import controls
from faceveil.audit.arrays import Ints
from faceveil.audit.attackers import (
    CONDITIONED,
    HYBRID2FACE,
    LADDER,
    LDA,
    NEAREST,
    QUICK,
    Attacker,
    KnowingEmotion,
)
from faceveil.audit.bound import proved
from faceveil.audit.case import Case
from faceveil.audit.closed_set import ClosedSet, FoldOutcome, attack, pooled
from faceveil.audit.codebook import BEYOND, knowing_codebook
from faceveil.audit.mechanism import misfits
from faceveil.audit.open_set import open_set
from faceveil.audit.protocol import Split, averaged
from faceveil.audit.result import (
    AttackerRate,
    AttackerResult,
    AuditResult,
    Bound,
    Controls,
    OpenSet,
    Planted,
    Provenance,
    Reference,
    Shuffled,
    SubjectRisk,
)
from faceveil.audit.statistics import (
    cluster_bootstrap_of_maximum,
    critical_count,
    detectable_from,
)
from faceveil.audit.verdict import (
    Significance,
    above,
    better_than_chance,
    decide,
    judge,
    units,
)
from faceveil.guarantee import least_equal_error, mu_of
from faceveil.rate import LEVEL, Rate

M = TypeVar("M", bound=BaseModel)

LENGTHS = (1, 2, 4, 8)
"""Embeddings of a person whose mean is attacked (L)."""

MOST_CONFUSED = 60
"""People up to whom the confusion matrix is kept."""

_BY_NAME: dict[str, Attacker] = {
    attacker.name: attacker
    for attacker in (
        *LADDER,
        *map(KnowingEmotion, CONDITIONED),
        *knowing_codebook(CONDITIONED),
    )
}

Kind = Literal["closed", "clean", "sets", "open set", "utility", "planted", "shuffled", "reference"]


class Step(BaseModel):
    """One piece of an audit.

    Attributes:
        kind: what it does.
        attacker: who attacks, where the step is one attacker on one fold.
        fold: on which fold.
        length: how many embeddings of a person are averaged.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    attacker: str = ""
    fold: int = 0
    length: int = 1

    @property
    def key(self) -> str:
        """Unique within an audit."""
        return f"{self.kind}/{self.attacker}/{self.length}/{self.fold}"

    @property
    def title(self) -> str:
        """What a progress bar shows."""
        return f"{self.attacker or self.kind}" + (
            f" on {self.length} embeddings" if self.kind == "sets" else ""
        )


def plan(case: Case) -> list[Step]:
    """All steps, controls first, since without them nothing else counts."""
    whole: list[Kind] = ["planted", "shuffled", "utility", "open set"]
    if case.reference is not None:
        whole.append("reference")
    ladder = QUICK if case.options.quick else LADDER
    again = [attacker for attacker in CONDITIONED if attacker in ladder]
    emotions = case.features.emotion is not None
    known = [KnowingEmotion(attacker) for attacker in again if emotions]
    reading = knowing_codebook(again) if case.options.promise else []
    steps = [Step(kind=kind) for kind in whole]
    steps += [
        Step(kind="closed", attacker=attacker.name, fold=fold)
        for attacker in (*ladder, *known, *reading)
        for fold in range(len(case.splits))
    ]
    steps += [
        Step(kind="clean", attacker=attacker.name, fold=fold)
        for attacker in (*again, *known, *reading)
        for fold, split in enumerate(case.clean_splits)
        if attacker not in known or split.gallery_emotions is not None
    ]
    steps += [
        Step(kind="sets", attacker=attacker.name, fold=fold, length=length)
        for length in LENGTHS
        for attacker in (LDA, NEAREST)
        for fold in range(len(case.halves))
    ]
    return steps


def run_step(case: Case, step: Step) -> dict[str, Any]:
    """One step's outcome as JSON-able values; {} where the data does not allow the step."""
    seed = case.options.seed
    if step.kind in ("closed", "clean", "sets"):
        split = _split(case, step)
        if split is None:
            return {}
        attacker = _BY_NAME[step.attacker]
        return attack(split, attacker, case.people.tolist(), seed + step.fold).model_dump()
    features = case.features
    outcome: BaseModel | None
    match step.kind:
        case "open set":
            outcome = open_set(
                features.embedding, features.subject, case.groups, features.emotion, seed
            )
        case "utility":
            outcome = controls.utility(features, case.options)
        case "planted":
            outcome = controls.planted(case)
        case "shuffled":
            outcome = controls.shuffled(case)
        case _:
            outcome = controls.reference(case)
    return {} if outcome is None else outcome.model_dump(mode="json")


def run(case: Case) -> Iterator[tuple[Step, dict[str, Any]]]:
    """Every step in turn, with its outcome."""
    for step in plan(case):
        yield step, run_step(case, step)


def conclude(
    case: Case, outcomes: Mapping[str, Mapping[str, Any]], now: datetime | None = None
) -> AuditResult:
    """The result, from the outcomes of all steps by their keys.

    Raises:
        KeyError: where a step's outcome is missing.
        FeaturesError: where the limit cannot be judged.
    """
    options, people, promise = case.options, case.people, case.options.promise
    tries = _pooled(case, outcomes)
    significance = better_than_chance(
        [
            (result, *units(result.subject, case.groups[rows], _emotion(case, rows), fold))
            for _, result, rows, fold in tries
        ],
        options.permutations,
        options.seed,
    )
    bounds = _bounds(case, [step for step, *_ in tries if step.kind != "sets"])
    results = [
        _attacker_result(step, result, p, bound)
        for (step, result, *_), p, bound in zip_longest(
            tries, significance.p_values.tolist(), bounds
        )
    ]
    alone = [result for step, result, *_ in tries if step.kind != "sets"]
    best = int(np.argmax([result.rate.rate for result in alone]))
    worst = _worst(alone, best, options.seed)
    detectable = _detectable(alone[best], significance, best)
    of_several = [result for result in results if result.embeddings > 1]
    of_sets = max(map(_plain, of_several), key=lambda result: result.rate, default=None)
    checks = Controls(
        planted=Planted.model_validate(outcomes[Step(kind="planted").key]),
        shuffled=Shuffled.model_validate(outcomes[Step(kind="shuffled").key]),
        reference=_optional(Reference, outcomes.get(Step(kind="reference").key)),
    )
    exceeding = above(alone, bounds, [case.alone[rows] for _, _, rows, _ in tries])
    off = misfits(case.features.embedding[case.alone], promise) if promise else []
    verdict, reasons = decide(
        alone, worst, significance.p_value, detectable, checks, exceeding, off
    )
    rates = {result.attacker: result for result in results}
    hybrid2face = _plain(rates[HYBRID2FACE.name])
    limited = {"rank1": worst, "hybrid2face": hybrid2face, "sets": of_sets}
    chance = 1 / len(people)
    created = now or datetime.now(UTC)
    return AuditResult(
        verdict=verdict,
        reasons=reasons,
        p_value=significance.p_value,
        chance=chance,
        hybrid2face=hybrid2face,
        worst=worst,
        worst_of_sets=of_sets,
        bound=_bound(case, bounds[best], list(exceeding)) if bounds else None,
        detectable_from=detectable,
        attackers=results,
        subjects=_subjects(alone, people.tolist()),
        confusion=_confusion(alone[best]),
        identities=people.tolist(),
        utility=_optional(Rate, outcomes.get(Step(kind="utility").key)),
        open_set=_optional(OpenSet, outcomes.get(Step(kind="open set").key)),
        controls=checks,
        data=case.data,
        limit=None if options.limit is None else judge(options.limit, chance, limited),
        provenance=Provenance(
            seed=options.seed,
            folds=len(case.splits),
            quick=options.quick,
            permutations=options.permutations,
            versions={
                "python": platform.python_version(),
                **{name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
            },
            created=created,
            expires=created + timedelta(days=options.valid_days),
        ),
    )


def _bounds(case: Case, steps: Sequence[Step]) -> list[float]:
    """What is proved for each attacker of single embeddings, whose probes differ; [] without.

    It is about the rows that have noise of their own.
    """
    if (promise := case.options.promise) is None:
        return []
    found = []
    for step in steps:
        splits = case.clean_splits if step.kind == "clean" else case.splits
        found.append(
            proved(
                splits,
                promise.radius,
                promise.sigma,
                sees_codeword=not step.attacker.startswith(BEYOND),
                knows_emotion=_condition(step) == "emotion",
                counted=[case.alone[_rows(split)] for split in splits],
            )
        )
    return found


def _bound(case: Case, named: float, exceeded_by: list[str]) -> Bound | None:
    if (promise := case.options.promise) is None:
        return None
    mu = mu_of(promise.radius, promise.sigma)
    return Bound(
        mu=mu,
        codewords=len(promise.codewords),
        named=named,
        equal_error=least_equal_error(mu),
        exceeded_by=exceeded_by,
    )


def _split(case: Case, step: Step) -> Split | None:
    if step.kind == "sets":
        return averaged(case.halves[step.fold], step.length, case.options.seed)
    return (case.clean_splits if step.kind == "clean" else case.splits)[step.fold]


def _pooled(
    case: Case, outcomes: Mapping[str, Mapping[str, Any]]
) -> list[tuple[Step, ClosedSet, Ints, Ints]]:
    """Each attacker's folds as one, with each probe's row in the features and its fold.

    Attackers of one embedding come first; attacks on sets with fewer sets than people are left out.
    """
    folds: dict[str, list[Step]] = {}
    for step in plan(case):
        if step.kind in ("closed", "clean", "sets") and outcomes[step.key]:
            folds.setdefault(_name(step), []).append(step)
    found = []
    for name, steps in folds.items():
        outcome = [FoldOutcome.model_validate(outcomes[step.key]) for step in steps]
        result = pooled(name, len(case.people), outcome)
        splits = [_split(case, step) for step in steps]
        rows = [_rows(split) for split in splits if split]
        if steps[0].kind != "sets" or len(result.subject) >= len(case.people):
            fold = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
            found.append((steps[0], result, np.concatenate(rows), fold))
    return found


def _rows(split: Split) -> Ints:
    """(P,) where the probes lie in the case's features."""
    assert split.probe_rows is not None
    return split.probe_rows


def _name(step: Step) -> str:
    if step.kind == "sets":
        return f"{step.attacker} x{step.length}"
    return f"{step.attacker}+clean" if step.kind == "clean" else step.attacker


def _emotion(case: Case, rows: Ints) -> Ints | None:
    emotion = case.features.emotion
    return None if emotion is None else np.unique(emotion[rows], return_inverse=True)[1]


def _attacker_result(
    step: Step, result: ClosedSet, p_value: float, bound: float | None
) -> AttackerResult:
    return AttackerResult(
        attacker=result.attacker,
        condition="clean" if step.kind == "clean" else _condition(step),
        embeddings=step.length,
        **result.rate.model_dump(exclude={"level"}),
        bound=bound,
        p_value=p_value,
        identities_predicted=result.identities_predicted,
        bits_leaked=result.bits_leaked,
        converged=result.converged,
        cmc=result.cmc(min(20, result.subjects)).round(6).tolist(),
    )


def _condition(step: Step) -> Literal["", "emotion", "codeword"]:
    if step.attacker.endswith("+emotion"):
        return "emotion"
    return "codeword" if "codeword" in step.attacker else ""


def _plain(result: AttackerRate) -> AttackerRate:
    return AttackerRate(
        attacker=result.attacker, rate=result.rate, low=result.low, high=result.high
    )


def _worst(alone: list[ClosedSet], best: int, seed: int) -> AttackerRate:
    """The best attacker; its interval spans the binomial one and that of the bootstrap."""
    rate = alone[best].rate
    # The bootstrap compares attackers on the same probes, so those with others are left out.
    same = [r for r in alone if np.array_equal(r.subject, alone[best].subject)]
    drawn = cluster_bootstrap_of_maximum(
        np.stack([r.earned for r in same]), alone[best].subject, np.random.default_rng(seed)
    )
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return AttackerRate(
        attacker=alone[best].attacker,
        rate=rate.rate,
        low=min(rate.low, float(low)),
        high=max(rate.high, float(high)),
    )


def _detectable(result: ClosedSet, significance: Significance, index: int) -> float:
    """Smallest true rate that the corrected test finds, had this attacker been the best."""
    total = len(result.subject)
    critical = significance.mean[index] + significance.critical * significance.deviation[index]
    # An attacker that always answers the same has no spread of its own; chance always has.
    least = critical_count(total, 1 / result.subjects)
    return detectable_from(total, max(least, int(np.ceil(critical * total - 1e-9))))


def _subjects(alone: list[ClosedSet], people: list[str]) -> list[SubjectRisk]:
    risks = []
    for code, person in enumerate(people):
        tried = [
            (Rate.of(int(r.earned[own].sum() + 1e-6), int(own.sum())), r.attacker)
            for r in alone
            if (own := r.subject == code).any()
        ]
        if tried:
            rate, attacker = max(tried, key=lambda pair: pair[0].rate)
            figures = rate.model_dump(include={"rate", "low", "high", "total"})
            risks.append(SubjectRisk(subject=person, attacker=attacker, **figures))
    return sorted(risks, key=lambda risk: -risk.rate)


def _confusion(result: ClosedSet) -> list[list[float]]:
    if result.subjects > MOST_CONFUSED:
        return []
    table = np.zeros((result.subjects, result.subjects))
    np.add.at(table, result.subject, result.credit)
    return [row.round(3).tolist() for row in table]


def _optional(model: type[M], outcome: Mapping[str, Any] | None) -> M | None:
    return model.model_validate(outcome) if outcome else None
