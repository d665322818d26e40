"""Proof from above, attack from below: an audit of a model with a guarantee."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from faceveil import cli
from faceveil.audit import ladder
from faceveil.audit.attackers import LDA, NEAREST, PRIOR, Gallery
from faceveil.audit.case import Case, Options, prepare
from faceveil.audit.closed_set import attack, pooled
from faceveil.audit.codebook import CodewordAlone, KnowingCodeword
from faceveil.audit.features import Features, FeaturesError
from faceveil.audit.ladder import Step, conclude, run
from faceveil.audit.promises import promise_of
from faceveil.audit.report import render
from faceveil.audit.result import AuditResult
from faceveil.guarantee import Guarantee, Promise

PEOPLE, SAMPLES, DIMENSION = 6, 60, 6
WORDS = 80.0 * np.eye(3, DIMENSION)
SIGMAS = {"balanced": 2.0, "strict": 4.0}
GUARANTEE = Guarantee.of(WORDS, 1.0, SIGMAS)
PROMISE = GUARANTEE.promise(2.0)


def released(sigma: float = 2.0, seed: int = 0) -> Features:
    """What a model with this codebook releases: each person's rest points a way of its own."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(PEOPLE), SAMPLES)
    rest = np.eye(PEOPLE, DIMENSION)[subject]
    word = WORDS[rng.integers(len(WORDS), size=len(subject))]
    embedding = word + rest + sigma * rng.normal(size=rest.shape)
    return Features.of(embedding, subject)


def audited(features: Features, promise: Promise | None = PROMISE) -> AuditResult:
    case = prepare(features, Options(quick=True, folds=5, permutations=199, promise=promise))
    return conclude(case, {step.key: outcome for step, outcome in run(case)})


def test_the_bound_stands_beside_the_attackers_and_holds() -> None:
    result = audited(released())
    assert result.bound is not None
    assert result.bound.mu == 1.0
    assert result.bound.codewords == 3
    assert result.bound.exceeded_by == []
    assert result.worst.low <= result.bound.named < 0.5
    assert result.verdict != "above its bound"
    assert "Proved: nobody names more than" in render(result)


def test_who_knows_the_codebook_finds_the_rest_that_others_overlook() -> None:
    names = {one.attacker: one for one in audited(released(0.5), GUARANTEE.promise(0.5)).attackers}
    assert names["lda+codeword"].rate > 0.7
    assert names["lda+codeword"].condition == "codeword"
    assert names["codeword"].rate < 0.35


def bound(case: Case, attacker: str) -> float:
    """What is proved for an attacker of single embeddings, who need not attack for that."""
    outcomes = [attack(split, PRIOR, case.people.tolist(), 0) for split in case.splits]
    rows = np.concatenate([split.probe_rows for split in case.splits])
    fold = np.repeat(np.arange(len(case.splits)), [len(split.probe) for split in case.splits])
    tried = pooled(attacker, len(case.people), outcomes)
    (proved,) = ladder._bounds(case, [(Step(kind="closed", attacker=attacker), tried, rows, fold)])
    return proved


def test_each_fold_may_have_a_rule_of_its_own() -> None:
    features = released()
    promise = PROMISE.model_copy(update={"radius": 0.001})  # next to nothing but the codeword
    case = prepare(features, Options(folds=5, promise=promise))
    # Names in each fold whoever shows each codeword most there, and looks at nothing else.
    hits = sum(
        int(np.unique(split.probe_subjects[code == word], return_counts=True)[1].max())
        for split in case.splits
        for code in [promise.codes(split.probe)]
        for word in np.unique(code)
    )
    assert bound(case, "lda") == pytest.approx(hits / len(features), abs=0.001)


def test_who_knows_emotions_may_have_a_rule_for_each() -> None:
    subject = np.repeat(np.arange(PEOPLE), SAMPLES)
    features = Features.of(released().embedding, subject, emotion=subject)
    case = prepare(features, Options(folds=2, promise=PROMISE))
    assert bound(case, "lda") < 0.6
    assert bound(case, "lda+emotion") == 1  # here an emotion is a person


def test_an_attack_above_the_bound_is_a_verdict_of_its_own() -> None:
    result = audited(released(sigma=0.5))  # a quarter of the noise that is promised
    assert result.verdict == "above its bound"
    assert result.bound is not None
    assert result.bound.exceeded_by
    assert "the noise key has leaked" in result.reasons[0]
    page = render(result)
    assert "Stop releasing" in page
    assert "Exceeded by" in page


def test_a_picture_that_was_read_twice_is_no_attack_above_the_bound() -> None:
    once = released()[np.arange(0, PEOPLE * SAMPLES, SAMPLES // 5)]
    twice = np.repeat(np.arange(len(once)), 2)  # the same noise, in the gallery and in the probe
    result = audited(Features.of(once.embedding[twice], twice))
    assert result.worst.rate == 1
    assert result.bound is not None
    assert result.bound.exceeded_by == []


def test_copies_of_a_picture_are_one_trial() -> None:
    rng = np.random.default_rng(0)
    subject, copies = np.repeat(np.arange(PEOPLE), 4), 20
    embedding = WORDS[0] + 2.0 * rng.normal(size=(len(subject), DIMENSION))
    case = prepare(Features.of(np.repeat(embedding, copies, axis=0), np.repeat(subject, copies)))
    assert case.alone.sum() == len(subject)
    assert np.unique(case.features.embedding[case.alone], axis=0).shape == embedding.shape


def test_features_of_models_without_a_guarantee_have_no_bound_and_the_report_says_so() -> None:
    result = audited(released(), None)
    assert result.bound is None
    assert "nothing is proved of this model" in render(result)


def test_embeddings_of_another_length_than_the_codewords_are_refused() -> None:
    features = Features.of(np.random.default_rng(0).normal(size=(40, 5)), np.arange(40) % 4)
    with pytest.raises(FeaturesError, match="have 5 values"):
        prepare(features, Options(promise=PROMISE))


def test_the_codeword_alone_names_whoever_shows_it_most() -> None:
    subject = np.array([0] * 8 + [1] * 8)
    code = np.array([0] * 7 + [1] + [1] * 7 + [0])
    gallery = Gallery(WORDS[code], subject, 2, np.arange(16))
    fitted = CodewordAlone(PROMISE).fit(gallery, 0)
    scores = fitted.log_scores(WORDS)
    assert scores.argmax(axis=1)[:2].tolist() == [0, 1]
    assert np.allclose(np.exp(scores).sum(axis=1), 1)
    assert scores[2, 0] == scores[2, 1]  # nobody ever showed it


@pytest.mark.parametrize("attacker", [LDA, NEAREST])
def test_the_codebook_costs_an_attacker_nothing_where_the_codeword_tells_nothing(
    attacker: object,
) -> None:
    features = released(0.3)
    subject = features.subject.astype(int)
    gallery = Gallery(features.embedding, subject, PEOPLE, np.arange(len(subject)))
    fitted = KnowingCodeword(attacker, PROMISE).fit(gallery, 0)  # type: ignore[arg-type]
    probes = released(0.3, seed=1).embedding
    assert (fitted.log_scores(probes).argmax(axis=1) == subject).mean() > 0.9


def test_the_command_finds_the_bound_in_the_card(tmp_path: Path) -> None:
    card, file, out = tmp_path / "card.json", tmp_path / "f.npz", tmp_path / "out.json"
    levels = {name: {"sigma": sigma} for name, sigma in SIGMAS.items()}
    card.write_text(json.dumps({"levels": levels, "guarantee": GUARANTEE.model_dump()}))
    features = released()
    level = np.array(["balanced"] * len(features))
    np.savez(file, embedding=features.embedding, subject=features.subject, level=level)
    asked = ["audit", str(file), "--quick", "--card", str(card), "--json", str(out)]
    done = CliRunner().invoke(cli.app, asked)
    assert done.exit_code == 0, done.output
    assert "nobody names more than" in done.output
    assert json.loads(out.read_text())["bound"]["mu"] == 1.0
    level[0] = "none"
    np.savez(file, embedding=features.embedding, subject=features.subject, level=level)
    refused = CliRunner().invoke(cli.app, asked)
    assert refused.exit_code == 2
    assert "no level 'none'" in " ".join(refused.output.split())


def test_the_promise_is_that_of_the_model_and_the_levels_that_features_name(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "1.0.0"
    folder.mkdir(parents=True)
    levels = {name: {"sigma": sigma} for name, sigma in SIGMAS.items()}
    card = json.dumps({"levels": levels, "guarantee": GUARANTEE.model_dump()})
    (folder / "card.json").write_text(card)
    features = replace(released(), model="mine 1.0.0", levels=frozenset({"strict"}))
    assert promise_of(features, tmp_path) == GUARANTEE.promise(4.0)
    assert promise_of(replace(features, levels=frozenset()), tmp_path) == PROMISE
    for other in (None, "mine", "mine 1.0.1", "../mine 1.0.0", "* *", ". ."):
        assert promise_of(replace(features, model=other), tmp_path) is None
    with pytest.raises(FeaturesError, match="no level 'none'"):
        promise_of(replace(features, levels=frozenset({"none"})), tmp_path)
