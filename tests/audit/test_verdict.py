import numpy as np
import pytest

from faceveil.audit.attackers import LDA, NEAREST, PRIOR
from faceveil.audit.closed_set import ClosedSet, closed_set
from faceveil.audit.features import FeaturesError
from faceveil.audit.limit import parse_limit
from faceveil.audit.protocol import make_splits
from faceveil.audit.result import AttackerRate, Controls, Planted, Shuffled
from faceveil.audit.statistics import ALPHA
from faceveil.audit.verdict import better_than_chance, decide, judge, units
from faceveil.rate import Rate

GOOD = Rate.of(100, 100)
LUCK = Rate.of(10, 100)


def controls(*, found: bool = True, quiet: bool = True) -> Controls:
    return Controls(
        planted=Planted(rate=GOOD, passed=found),
        shuffled=Shuffled(rate=LUCK, p_value=0.5, passed=quiet),
        reference=None,
    )


def p_value_of_noise(seed: int) -> float:
    rng = np.random.default_rng(seed)
    subject, emotion = np.repeat(np.arange(6), 12), np.tile(np.arange(3), 24)
    embedding = 3 * rng.normal(size=(3, 5))[emotion] + rng.normal(size=(72, 5))
    splits = make_splits(embedding, subject, emotions=emotion, folds=2, seed=seed)
    probes = [s.probe_rows for s in splits if s.probe_rows is not None]
    rows, fold = np.concatenate(probes), np.repeat(range(len(probes)), [len(a) for a in probes])
    results = closed_set(splits, (PRIOR, LDA, NEAREST), seed)
    what = [(r, *units(r.subject, rows, emotion[rows], fold)) for r in results.values()]
    return better_than_chance(what, permutations=199, seed=seed).p_value


def test_shuffled_labels_are_told_from_chance_in_at_most_seven_of_a_hundred_repeats() -> None:
    p_values = np.array([p_value_of_noise(seed) for seed in range(100)])

    assert (p_values > ALPHA).sum() >= 93
    assert p_values.mean() < 0.7  # the test does not merely always say no


def test_only_whole_units_change_hands_and_only_within_an_emotion() -> None:
    unit, stratum = units(np.array([0, 0, 1, 1]), np.array([5, 5, 6, 7]), np.array([0, 0, 1, 1]))
    assert unit[0] == unit[1] != unit[2] != unit[3]
    assert stratum.tolist() == [0, 0, 1, 1]


def test_a_unit_of_several_emotions_is_shuffled_among_all() -> None:
    _, stratum = units(np.array([0, 0, 1]), np.array([5, 5, 6]), np.array([0, 1, 1]))
    assert stratum.tolist() == [0, 0, 0]


def noise_results() -> list[ClosedSet]:
    rng = np.random.default_rng(0)
    splits = make_splits(rng.normal(size=(60, 4)), np.repeat(np.arange(6), 10), folds=5)
    return list(closed_set(splits, (PRIOR, LDA)).values())


WORST = AttackerRate(attacker="lda", rate=0.2, low=0.1, high=0.3)


@pytest.mark.parametrize(
    ("p_value", "detectable", "checks", "verdict"),
    [
        (0.001, 0.3, controls(), "re-identifiable"),
        (0.5, 0.3, controls(), "not distinguished from chance"),
        (0.5, 0.7, controls(), "inconclusive"),
        (0.5, 0.3, controls(found=False), "inconclusive"),
        (0.001, 0.3, controls(found=False), "re-identifiable"),
        (0.001, 0.3, controls(quiet=False), "inconclusive"),
    ],
)
def test_the_verdict_follows_the_test_and_the_controls(
    p_value: float, detectable: float, checks: Controls, verdict: str
) -> None:
    singles = noise_results()
    found, reasons = decide(singles, WORST, p_value, detectable, checks)
    assert found == verdict
    assert reasons


def test_an_attacker_clearly_below_chance_is_a_warning_and_no_success() -> None:
    # Gallery and probe names are exchanged between two people each, so nobody is named rightly.
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(6), 20)
    splits = make_splits(10 * np.eye(6)[subject] + rng.normal(size=(120, 6)), subject, folds=5)
    misled = [type(s)(s.gallery, s.gallery_subjects, s.probe, s.probe_subjects ^ 1) for s in splits]
    results = list(closed_set(misled, (LDA,)).values())

    verdict, reasons = decide(results, WORST, 1.0, 0.3, controls())

    assert verdict == "inconclusive"
    assert "below chance" in reasons[0]


@pytest.mark.parametrize(
    ("text", "what", "allowed"),
    [
        ("2x", "rank1", 0.2),
        ("rank1<=1.5x", "rank1", 0.15),
        ("hybrid2face <= 20%", "hybrid2face", 0.2),
        ("sets<0.5", "sets", 0.5),
    ],
)
def test_a_limit_is_a_multiple_of_chance_or_a_rate(text: str, what: str, allowed: float) -> None:
    limited, rate = parse_limit(text, 0.1)
    assert limited == what
    assert rate == pytest.approx(allowed)


@pytest.mark.parametrize("text", ["", "twice", "2", "rank2<=2x", "-1x"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(FeaturesError):
        parse_limit(text, 0.1)


def test_a_limit_is_judged_on_the_upper_end_of_the_interval() -> None:
    rates: dict[str, AttackerRate | None] = {"rank1": WORST, "sets": None}
    assert judge("30%", 0.1, rates).passed
    assert not judge("29%", 0.1, rates).passed
    with pytest.raises(FeaturesError):
        judge("sets<=30%", 0.1, rates)
