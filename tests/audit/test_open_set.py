import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from faceveil.audit.open_set import d_sys, det, eer, open_set, tar_at_far

pairs = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=4, max_size=80).filter(
    lambda rows: 0 < sum(mated for _, mated in rows) < len(rows)
)


@given(pairs)
def test_the_error_trade_off_is_scikit_learns(rows: list[tuple[int, bool]]) -> None:
    scores, mated = np.array([float(s) for s, _ in rows]), np.array([m for _, m in rows])
    accepted, rejected = det(scores, mated)
    far, tar, _ = roc_curve(mated, scores, drop_intermediate=False)
    assert accepted == pytest.approx(far)
    assert rejected == pytest.approx(1 - tar)


@given(pairs)
def test_the_equal_error_rate_lies_between_the_rates_of_two_thresholds(
    rows: list[tuple[int, bool]],
) -> None:
    scores, mated = np.array([float(s) for s, _ in rows]), np.array([m for _, m in rows])
    accepted, rejected = det(scores, mated)
    after = int(np.argmax(accepted >= rejected))
    assert accepted[after - 1] - 1e-9 <= eer(scores, mated) <= accepted[after] + 1e-9


def test_equal_scores_favour_nobody() -> None:
    scores, mated = np.zeros(100), np.arange(100) < 30
    assert eer(scores, mated) == 0.5
    assert tar_at_far(scores, mated, 0.1) == 0.0
    assert d_sys(scores, mated) == 0.0


def test_accept_rates_need_enough_strangers() -> None:
    scores, mated = np.arange(100.0), np.arange(100) >= 90
    assert tar_at_far(scores, mated, 0.1) == 1.0
    assert tar_at_far(scores, mated, 0.001) is None


def test_d_sys_is_one_for_scores_that_never_overlap_and_in_between_for_others() -> None:
    rng = np.random.default_rng(0)
    mated = np.arange(40_000) < 20_000
    apart = rng.random(40_000) + 5 * mated
    shifted = rng.normal(size=40_000) + mated
    assert d_sys(apart, mated) == pytest.approx(1)
    # E over mated of max(0, tanh(log LR / 2)), with log LR = s - 1/2, by quadrature: 0.2865.
    assert d_sys(shifted, mated) == pytest.approx(expected_d_sys(), abs=0.02)


def expected_d_sys() -> float:
    s = np.linspace(0.5, 12, 100_001)
    density = np.exp(-((s - 1) ** 2) / 2) / np.sqrt(2 * np.pi)
    return float(np.trapezoid(density * np.tanh((s - 0.5) / 2), s))


def strangers(leak: float, samples: int = 10) -> dict[str, object]:
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(20), samples)
    embedding = leak * rng.normal(size=(20, 6))[subject] + rng.normal(size=(len(subject), 6))
    return {
        "embedding": embedding,
        "subject": subject,
        "groups": np.arange(len(subject)),
        "emotion": None,
        "seed": 0,
        "resamples": 50,
    }


def test_people_never_seen_are_linked_where_embeddings_leak_and_not_otherwise() -> None:
    leaking, silent = open_set(**strangers(3.0)), open_set(**strangers(0.0))  # type: ignore[arg-type]
    assert leaking is not None
    assert silent is not None
    assert leaking.eer_high < 0.3 < silent.eer_low
    assert leaking.d_sys > 2 * leaking.d_sys_null_high
    assert silent.d_sys < 1.5 * silent.d_sys_null_high
    assert leaking.linkability[10] > 0.4
    assert silent.linkability[10] == pytest.approx(0.1, abs=0.03)
    assert leaking.singling_out > silent.singling_out + 0.1
    assert silent.singling_out == pytest.approx(silent.singling_out_trivial, abs=0.05)


def test_five_people_are_too_few_to_hold_some_out() -> None:
    subject = np.repeat(np.arange(5), 4)
    assert open_set(np.ones((20, 2)), subject, np.arange(20), None, 0) is None
