"""Proof from above, attack from below: an audit of a model with a guarantee."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from faceveil import cli
from faceveil.audit import ladder
from faceveil.audit.attackers import LDA, NEAREST, Attacker, Gallery
from faceveil.audit.case import Case, Options, prepare
from faceveil.audit.codebook import CodewordAlone, KnowingCodeword
from faceveil.audit.features import Features, FeaturesError
from faceveil.audit.ladder import Step, conclude, run
from faceveil.audit.mechanism import misfits
from faceveil.audit.promises import promise_of
from faceveil.audit.report import render
from faceveil.audit.result import AuditResult
from faceveil.guarantee import Guarantee, Promise, beyond, most_named, nearest
from faceveil.installation import MODELS
from faceveil.model.bundle import find_bundle, read_card

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
    case = prepare(features, Options(quick=True, folds=2, permutations=99, promise=promise))
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
    (most,) = ladder._bounds(case, [Step(kind="closed", attacker=attacker)])
    return most


def test_each_fold_may_have_a_rule_of_its_own() -> None:
    features = released()
    promise = PROMISE.model_copy(update={"radius": 0.001})  # next to nothing but the codeword
    case = prepare(features, Options(folds=5, promise=promise))
    # Names in each fold whoever shows each codeword most there, and looks at nothing else.
    hits = sum(
        int(np.unique(split.probe_subjects[code == word], return_counts=True)[1].max())
        for split in case.splits
        for code in [nearest(split.probe, promise.codewords)]
        for word in np.unique(code)
    )
    assert bound(case, "lda") == pytest.approx(hits / len(features), abs=0.001)


def test_who_knows_emotions_may_have_a_rule_for_each() -> None:
    subject = np.repeat(np.arange(PEOPLE), SAMPLES)
    features = Features.of(released().embedding, subject, emotion=subject)
    case = prepare(features, Options(folds=2, promise=PROMISE))
    assert bound(case, "lda") < 0.6
    assert bound(case, "lda+emotion") == 1  # here an emotion is a person


def test_who_sees_the_rest_alone_has_one_rule_for_all_codewords() -> None:
    case = prepare(released(), Options(folds=2, promise=PROMISE))
    balanced = most_named(1 / PEOPLE, PROMISE.radius, PROMISE.sigma)
    rest = bound(case, "beyond the codeword, lda")
    assert balanced <= rest < bound(case, "lda") < 1
    assert rest == pytest.approx(balanced, abs=0.02)


def test_each_attacker_has_its_bound_in_the_table() -> None:
    result = audited(released())
    proved = {one.attacker: one.bound for one in result.attackers}
    assert result.bound is not None
    assert proved[result.worst.attacker] == result.bound.named
    assert {one.embeddings for one in result.attackers if one.bound is None} == {1, 2, 4, 8}
    assert "Proved at most" in render(result)
    assert "Proved at most" not in render(audited(released(), None))


def test_an_attack_above_the_bound_is_a_verdict_of_its_own() -> None:
    result = audited(released(sigma=0.5))  # a quarter of the noise that is promised
    assert result.verdict == "above its bound"
    assert result.bound is not None
    assert result.bound.exceeded_by
    assert all("the noise key has leaked" in reason for reason in result.reasons)
    page = render(result)
    assert "Stop releasing" in page
    assert "Exceeded by" in page


def test_without_anybody_to_be_named_noise_that_is_missing_is_noticed() -> None:
    features, part = released(), np.arange(PEOPLE * SAMPLES) % 8 == 0
    subject = np.random.default_rng(1).permutation(features.subject)  # of whom nothing is told
    embedding = features.embedding.copy()
    embedding[part] -= beyond(embedding[part], WORDS) * 0.95
    result = audited(Features.of(embedding, subject))
    assert result.bound is not None
    assert result.bound.exceeded_by == []
    assert result.verdict == "above its bound"
    assert "lie nearer to the standard expressions" in result.reasons[0]
    page = render(result)
    assert "Stop releasing" in page
    assert result.reasons[0] in page


def test_embeddings_of_a_second_model_among_them_are_noticed() -> None:
    features, part = released(), np.arange(PEOPLE * SAMPLES) % 8 == 0
    embedding = features.embedding + 40.0 * part[:, None] * np.eye(DIMENSION)[-1]
    result = audited(Features.of(embedding, features.subject))
    assert result.verdict == "above its bound"
    assert any("lie further from the standard expressions" in one for one in result.reasons)


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.sampled_from([(2.0,), (4.0,), (2.0, 4.0)]))
@settings(max_examples=30, deadline=None)
def test_what_the_mechanism_releases_is_let_pass(
    seed: int, length: float, sigmas: tuple[float, ...]
) -> None:
    rng = np.random.default_rng(seed)
    rest = rng.normal(size=(200, DIMENSION))
    rest *= length / np.linalg.norm(rest, axis=1, keepdims=True)
    noise = rng.choice(sigmas, size=(200, 1)) * rng.normal(size=rest.shape)
    embedding = WORDS[rng.integers(len(WORDS), size=200)] + rest + noise
    assert misfits(embedding, GUARANTEE.promise(*sigmas)) == []


def test_a_picture_that_was_read_twice_is_no_attack_above_the_bound() -> None:
    once = released()[np.arange(0, PEOPLE * SAMPLES, SAMPLES // 5)]
    twice = np.repeat(np.arange(len(once)), 2)  # the same noise, in the gallery and in the probe
    result = audited(Features.of(once.embedding[twice], twice))
    assert result.worst.rate == 1
    assert result.bound is not None
    assert result.bound.exceeded_by == []


def test_many_who_share_a_codeword_are_no_copies_of_a_picture() -> None:
    far = 1000 * WORDS  # beside it, all that share a codeword are near
    promise = PROMISE.model_copy(update={"codewords": far.tolist()})
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(PEOPLE), SAMPLES)
    noise = 2.0 * rng.normal(size=(len(subject), DIMENSION))
    embedding = far[rng.integers(len(far), size=len(subject))] + noise
    embedding[1] = embedding[0]
    case = prepare(Features.of(embedding, subject), Options(promise=promise))
    assert case.data.copies == [[0, 1]]
    assert case.data.shared == []
    assert case.alone.sum() == len(subject) - 1


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
    gallery = Gallery(WORDS[code], subject, 2, np.arange(16), codewords=WORDS)
    fitted = CodewordAlone().fit(gallery, 0)
    scores = fitted.log_scores(WORDS)
    assert scores.argmax(axis=1)[:2].tolist() == [0, 1]
    assert np.allclose(np.exp(scores).sum(axis=1), 1)
    assert scores[2, 0] == scores[2, 1]  # nobody ever showed it


@pytest.mark.parametrize("attacker", [LDA, NEAREST])
def test_the_codebook_costs_an_attacker_nothing_where_the_codeword_tells_nothing(
    attacker: Attacker,
) -> None:
    features = released(0.3)
    subject = features.subject.astype(int)
    rows = np.arange(len(subject))
    gallery = Gallery(features.embedding, subject, PEOPLE, rows, codewords=WORDS)
    fitted = KnowingCodeword(attacker).fit(gallery, 0)
    probes = released(0.3, seed=1).embedding
    assert (fitted.log_scores(probes).argmax(axis=1) == subject).mean() > 0.9


def _card_in(folder: Path) -> Path:
    """The card of a model with the guarantee, as far as audits read it."""
    folder.mkdir(parents=True, exist_ok=True)
    card = folder / "card.json"
    levels = {name: {"sigma": sigma} for name, sigma in SIGMAS.items()}
    card.write_text(json.dumps({"levels": levels, "guarantee": GUARANTEE.model_dump()}))
    return card


def test_the_command_finds_the_bound_in_the_card(tmp_path: Path) -> None:
    card, file, out = _card_in(tmp_path), tmp_path / "f.npz", tmp_path / "out.json"
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


def test_the_command_finds_the_card_of_a_model_that_the_user_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, out = tmp_path / "f.npz", tmp_path / "out.json"
    _card_in(tmp_path / "models" / "mine" / "1.0.0")
    features = released()
    np.savez(
        file,
        embedding=features.embedding,
        subject=features.subject,
        level=np.array(["balanced"] * len(features)),
        model="mine 1.0.0",
    )
    monkeypatch.setenv("FACEVEIL_MODEL__DIRECTORY", str(tmp_path / "models"))
    done = CliRunner().invoke(cli.app, ["audit", str(file), "--quick", "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["bound"]["mu"] == 1.0


def test_what_came_with_faceveil_is_still_found_beside_installed_models(tmp_path: Path) -> None:
    card = read_card(find_bundle(MODELS, "faceveil"))
    named = f"{card.name} {card.version}"
    features = replace(released(), model=named, levels=frozenset({card.default_level}))
    assert promise_of(features, [tmp_path, MODELS]) is not None


def test_the_promise_is_that_of_the_model_and_the_levels_that_features_name(tmp_path: Path) -> None:
    _card_in(tmp_path / "mine" / "1.0.0")
    features = replace(released(), model="mine 1.0.0", levels=frozenset({"strict"}))
    assert promise_of(features, [tmp_path]) == GUARANTEE.promise(4.0)
    assert promise_of(replace(features, levels=frozenset()), [tmp_path]) == GUARANTEE.promise(2, 4)
    for other in (None, "mine", "mine 1.0.1", "../mine 1.0.0", "* *", ". ."):
        assert promise_of(replace(features, model=other), [tmp_path]) is None
    with pytest.raises(FeaturesError, match="no level 'none'"):
        promise_of(replace(features, levels=frozenset({"none"})), [tmp_path])
