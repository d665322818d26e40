"""The audit as a whole: it finds what is there, at the rate at which it is there, and no more."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from faceveil.audit.case import Options, prepare
from faceveil.audit.features import Features
from faceveil.audit.ladder import conclude, plan, run, run_step
from faceveil.audit.result import AuditResult
from tests.audit.planted import clusters, optimal_rate


def audited(features: Features, **options: object) -> AuditResult:
    chosen = Options.model_validate({"quick": True, "folds": 2, "permutations": 99, **options})
    case = prepare(features, chosen)
    return conclude(case, {step.key: outcome for step, outcome in run(case)})


@pytest.mark.parametrize("distance", [1.0, 2.0, 3.5])
def test_a_planted_leak_comes_out_at_its_optimal_rate(distance: float) -> None:
    result = audited(clusters(people=6, samples=120, distance=distance, seed=3))

    assert result.worst.low <= optimal_rate(6, distance) <= result.worst.high
    assert result.worst.high - result.worst.low < 0.15
    assert result.verdict == "re-identifiable"


def test_constant_embeddings_give_every_attacker_exactly_chance() -> None:
    subject = np.repeat(np.arange(8), 10)

    result = audited(Features.of(np.ones((80, 4)), subject))

    assert {attacker.rate for attacker in result.attackers if attacker.embeddings == 1} == {1 / 8}
    assert result.verdict != "re-identifiable"
    assert result.open_set is not None
    assert result.open_set.eer == 0.5


def test_an_embedding_that_is_the_person_is_found_though_all_its_rows_are_copies() -> None:
    subject = np.repeat(np.arange(8), 10)

    result = audited(Features.of(np.eye(8)[subject], subject))

    assert result.verdict == "re-identifiable"
    assert result.worst.rate == 1.0
    assert len(result.data.copies) == 8
    assert result.open_set is not None
    assert result.open_set.eer == 0.0


def test_what_the_emotion_tells_of_a_person_is_no_re_identification() -> None:
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(8), 30)
    emotion = np.where(rng.random(240) < 0.8, subject % 2, rng.integers(2, size=240))
    embedding = 5.0 * emotion[:, None] + rng.normal(size=(240, 6))

    known = audited(Features.of(embedding, subject, emotion))
    unknown = audited(Features.of(embedding, subject))

    assert known.verdict == "not distinguished from chance"
    assert unknown.verdict == "re-identifiable"


def test_a_noise_free_gallery_and_the_emotion_make_attackers_stronger() -> None:
    rng = np.random.default_rng(1)
    subject, emotion = np.repeat(np.arange(8), 21), np.tile(np.arange(7), 24)
    clean = 0.6 * rng.normal(size=(8, 16))[subject] + 4 * rng.normal(size=(7, 16))[emotion]
    noisy = clean + rng.normal(size=clean.shape)
    case = prepare(
        Features.of(noisy, subject, emotion),
        Options(quick=True, folds=4, permutations=99),
        gallery=Features.of(clean + 0.1 * rng.normal(size=clean.shape), subject, emotion),
    )

    result = conclude(case, {step.key: outcome for step, outcome in run(case)})

    rate = {attacker.attacker: attacker.rate for attacker in result.attackers}
    assert case.data.gallery == "same rows"
    assert rate["nearest+emotion"] > rate["nearest"] + 0.05
    assert rate["nearest+emotion+clean"] > rate["nearest+emotion"] + 0.1


def test_steps_survive_json_and_give_the_same_result_in_any_order() -> None:
    case = prepare(
        clusters(people=6, samples=8, distance=2, seed=0),
        Options(quick=True, folds=3, permutations=99),
    )
    now = datetime(2030, 1, 1, tzinfo=UTC)
    steps = plan(case)

    forth = {step.key: run_step(case, step) for step in steps}
    back = {step.key: json.loads(json.dumps(run_step(case, step))) for step in reversed(steps)}

    assert len(forth) == len(steps)
    assert conclude(case, forth, now) == conclude(case, back, now)


def test_a_missing_step_is_an_error_and_no_smaller_audit() -> None:
    case = prepare(clusters(6, 8, 2, 0), Options(quick=True, folds=3, permutations=99))
    outcomes = {step.key: outcome for step, outcome in run(case)}
    del outcomes[plan(case)[-1].key]

    with pytest.raises(KeyError):
        conclude(case, outcomes)


def test_the_emotion_is_read_even_where_each_person_shows_each_but_once() -> None:
    rng = np.random.default_rng(0)
    subject, emotion = np.repeat(np.arange(12), 4), np.tile(["a", "b", "c", "d"], 12)
    embedding = 6 * np.eye(4)[np.tile(np.arange(4), 12)] + rng.normal(size=(48, 4))

    result = audited(Features.of(embedding, subject, emotion))

    assert result.utility is not None
    assert result.utility.rate > 0.9
    assert result.verdict == "not distinguished from chance"


def test_the_result_survives_json() -> None:
    result = audited(clusters(6, 8, 2, 0), limit="2x")

    assert AuditResult.model_validate_json(result.model_dump_json()) == result
    assert "anonymous" not in result.model_dump_json().lower()


def test_an_audit_of_two_people_with_a_few_samples_ends_in_a_verdict() -> None:
    rows = np.random.default_rng(0).normal(size=(6, 16))
    alike = np.vstack([rows[:3], rows[:3]])
    for embedding in (rows, alike):
        features = Features.of(embedding, ["a"] * 3 + ["b"] * 3, ["x", "y", "z"] * 2)
        case = prepare(features, Options(folds=2, permutations=99))
        result = conclude(case, {step.key: outcome for step, outcome in run(case)})
        assert result.verdict == "inconclusive"
        assert not next(one for one in result.attackers if one.attacker == "lda").converged
