"""What is proved: the figures of the proof, and that no attacker gets past them."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from faceveil.guarantee import (
    Bounds,
    Guarantee,
    Shared,
    least_equal_error,
    misread,
    most_named,
    most_named_among,
    most_true_positives,
    nearest,
    promise_in,
    trade,
)

SIGMAS = {"utility": 0.5, "balanced": 2.0, "strict": 4.0}
WORDS = 60.0 * np.eye(4, 6)


def spread(people: int, radius: float, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    """Faces on the sphere of the longest rests, as far from each other as they get by pushing."""
    points: np.ndarray = rng.normal(size=(people, dimensions))
    for _ in range(500):
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        apart = points[:, None] - points[None]
        distance = np.linalg.norm(apart, axis=2, keepdims=True) + np.eye(people)[..., None]
        points = points + 0.1 * (apart / distance**3).sum(axis=1)
    faces: np.ndarray = radius * points / np.linalg.norm(points, axis=1, keepdims=True)
    return faces


def named_by_the_best(faces: np.ndarray, sigma: float, rng: np.random.Generator) -> float:
    """How often whoever knows every candidate's exact face names the right one: the likeliest."""
    trials = 40_000
    who = rng.integers(len(faces), size=trials)
    released = faces[who] + sigma * rng.normal(size=(trials, faces.shape[1]))
    closest = np.argmin((faces**2).sum(1) - 2 * released @ faces.T, axis=1)
    return float((closest == who).mean())


@pytest.mark.parametrize(
    ("mu", "true_positives", "equal_error", "of_10", "of_100"),
    [
        (0.5, 0.034, 0.40, 0.15, 0.019),
        (1.0, 0.092, 0.31, 0.22, 0.034),
        (2.0, 0.37, 0.16, 0.39, 0.092),
    ],
)
def test_the_figures_are_those_of_the_gaussian_mechanism(
    mu: float, true_positives: float, equal_error: float, of_10: float, of_100: float
) -> None:
    bounds = Bounds.of(radius=mu / 2, sigma=1)
    assert bounds.mu == mu
    assert bounds.true_positives == pytest.approx(true_positives, rel=0.03)
    assert bounds.equal_error == pytest.approx(equal_error, abs=0.005)
    assert bounds.named[10] == pytest.approx(of_10, abs=0.005)
    assert bounds.named[100] == pytest.approx(of_100, rel=0.03)


@pytest.mark.parametrize("ratio", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("people", [2, 10, 40])
def test_nobody_names_more_than_the_bound_and_the_bound_is_no_idle_one(
    ratio: float, people: int
) -> None:
    rng = np.random.default_rng(0)
    named = named_by_the_best(spread(people, ratio, 12, rng), 1.0, rng)
    bound = most_named(1 / people, ratio, 1.0)
    slack = 3 * np.sqrt(bound * (1 - bound) / 40_000)
    assert named <= bound + slack
    assert named >= 0.85 * bound


def test_several_pictures_count_as_less_noise() -> None:
    rng = np.random.default_rng(0)
    faces = spread(10, 0.5, 12, rng)
    named = named_by_the_best(faces, 1 / np.sqrt(4), rng)  # the mean of four is a sufficient one
    assert named <= most_named(0.1, 0.5, 1.0, pictures=4) + 0.01
    assert named > most_named(0.1, 0.5, 1.0)


@given(st.floats(0.001, 0.999), st.floats(0.01, 6))
def test_verification_and_telling_apart_lie_on_one_curve(share: float, mu: float) -> None:
    error = least_equal_error(mu)
    assert most_true_positives(error, mu) == pytest.approx(1 - error, abs=1e-9)
    assert share <= trade(share, mu) <= 1
    assert trade(share, mu) == pytest.approx(norm.cdf(norm.ppf(share) + mu), abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 2))
def test_no_rule_names_probes_beyond_their_bound(seed: int, ratio: float) -> None:
    """The rule that knows each probe's exact density, summed over people, is the best one."""
    rng = np.random.default_rng(seed)
    code, subject = rng.integers(3, size=30), rng.integers(5, size=30)
    rest = rng.normal(size=(30, 4))
    rest *= ratio / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), ratio)
    hits, rounds = 0, 60
    for _ in range(rounds):
        released = rest + rng.normal(size=rest.shape)
        density = np.exp(-((released[:, None] - rest[None]) ** 2).sum(axis=2) / 2)
        density *= code[:, None] == code[None]
        likely = np.stack([density[:, subject == s].sum(axis=1) for s in range(5)], axis=1)
        hits += int((likely.argmax(axis=1) == subject).sum())
    bound = most_named_among(subject, code, ratio, 1.0)
    assert hits / (30 * rounds) <= bound + 4 * np.sqrt(bound * (1 - bound) / (30 * rounds)) + 1e-9


def test_a_codeword_is_read_back_through_the_noise() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(4, size=20_000)
    rest = rng.normal(size=(20_000, 6))
    rest /= np.linalg.norm(rest, axis=1, keepdims=True)
    words = 12 * np.eye(4, 6)
    released = words[code] + rest + 2 * rng.normal(size=rest.shape)
    wrong = float((nearest(released, words.tolist()) != code).mean())
    assert 0 < wrong <= misread(words.tolist(), 1.0, 2.0)


def test_a_guarantee_that_its_noise_does_not_bear_out_is_refused() -> None:
    guarantee = Guarantee.of(WORDS, 1.0, SIGMAS)
    guarantee.check(SIGMAS)
    with pytest.raises(ValueError, match="balanced"):
        guarantee.check(SIGMAS | {"balanced": 1.9})
    with pytest.raises(ValueError, match="adds no noise"):
        guarantee.check(SIGMAS | {"balanced": 0.0})
    with pytest.raises(ValueError, match="other levels"):
        guarantee.check({"utility": 0.5})
    with pytest.raises(ValueError, match="another codeword"):
        Guarantee.of(WORDS / 10, 1.0, SIGMAS).check(SIGMAS)


def test_a_cards_promise_is_that_of_its_level_or_of_the_loosest(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    levels = {name: {"sigma": sigma, "summary": ""} for name, sigma in SIGMAS.items()}
    shared = [Shared(data="a set", people=100, fewest=50, median=60)]
    guarantee = Guarantee.of(WORDS, 1.0, SIGMAS, shared)
    card.write_text(json.dumps({"levels": levels, "guarantee": guarantee.model_dump()}))
    assert promise_in(card, ["balanced", "strict"]) == guarantee.promise(2.0, 4.0)
    assert promise_in(card) == guarantee.promise(0.5, 4.0)
    with pytest.raises(ValueError, match="no level 'absent'"):
        promise_in(card, ["absent"])
    card.write_text(json.dumps({"levels": levels}))
    assert promise_in(card, ["balanced"]) is None
    card.write_text("[]")
    with pytest.raises(ValueError, match="no card of a model"):
        promise_in(card)


def test_the_documents_table_holds_the_figures_of_the_formulas() -> None:
    page = (Path(__file__).parents[1] / "docs" / "guarantee.md").read_text(encoding="utf-8")
    rows = [
        [float(cell.strip(" %")) for cell in line.strip("| ").split("|")[2:]]
        for line in page.splitlines()
        if line.startswith(("| naming", "| telling", "| verification"))
    ]
    bounds = [Bounds.of(mu / 2, 1) for mu in (0.5, 1, 2, 4)]
    expected = [[one.named[people] for one in bounds] for people in (10, 100, 1000)]
    expected += [[one.true_positives for one in bounds], [one.equal_error for one in bounds]]
    assert rows == [[round(100 * share, 1) for share in row] for row in expected]


def test_the_documents_price_of_random_codewords_is_that_of_randomised_response() -> None:
    page = (Path(__file__).parents[1] / "docs" / "guarantee.md").read_text(encoding="utf-8")
    section = page[page.index("## Why no level answers") :]
    (card,) = (Path(__file__).parents[1] / "models" / "faceveil").glob("*/card.json")
    codewords = len(json.loads(card.read_text(encoding="utf-8"))["guarantee"]["codewords"])
    people = 10
    assert f"K = {codewords}" in section
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) % \| ([\d.]+) % \|$", section, re.MULTILINE)
    assert len(rows) == 4
    for epsilon, true, named in rows:
        odds = math.exp(float(epsilon))
        assert float(true) == round(100 * odds / (odds + codewords - 1), 1)
        assert float(named) == round(100 * odds / (odds + people - 1), 1)


@given(st.integers(2, 40), st.integers(2, 40), st.floats(0, 8))
def test_randomised_response_names_no_more_than_its_bound(
    codewords: int, people: int, epsilon: float
) -> None:
    """People have codewords in turn; the best rule names the likeliest one of each answer."""
    odds = math.exp(epsilon)
    answered = np.full((people, codewords), 1.0)
    answered[np.arange(people), np.arange(people) % codewords] = odds
    named = (answered / (odds + codewords - 1)).max(axis=0).sum() / people
    bound = odds / (odds + people - 1)
    assert named <= bound * (1 + 1e-12)
    if people == codewords:
        assert named == pytest.approx(bound)
