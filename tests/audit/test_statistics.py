import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from faceveil.audit.statistics import (
    cluster_bootstrap_of_maximum,
    critical_count,
    detectable_from,
)
from faceveil.rate import Rate


@given(total=st.integers(1, 300), share=st.floats(0, 1))
def test_an_interval_is_scipys_exact_one(total: int, share: float) -> None:
    correct = round(share * total)
    expected = binomtest(correct, total).proportion_ci(0.95, method="exact")
    rate = Rate.of(correct, total)
    assert rate.low == pytest.approx(expected.low)
    assert rate.high == pytest.approx(expected.high)


@given(total=st.integers(1, 200), chance=st.floats(0.01, 0.99))
def test_the_critical_count_is_the_smallest_that_luck_seldom_reaches(
    total: int, chance: float
) -> None:
    tails = [binom.sf(count - 1, total, chance) for count in range(total + 2)]
    assert critical_count(total, chance, 0.05) == next(c for c, p in enumerate(tails) if p <= 0.05)


@given(total=st.integers(5, 200), critical=st.integers(1, 200))
def test_what_is_detectable_is_detected_four_times_in_five(total: int, critical: int) -> None:
    rate = detectable_from(total, critical)
    if critical > total:
        assert rate == 1.0
    else:
        assert binom.sf(critical - 1, total, rate) == pytest.approx(0.8)


def test_the_bootstrap_of_one_person_each_is_the_ordinary_one() -> None:
    rng = np.random.default_rng(0)
    earned = (rng.random(400) < 0.3).astype(float)
    rates = cluster_bootstrap_of_maximum(earned[None], np.arange(400), rng, 4000)
    assert rates.mean() == pytest.approx(earned.mean(), abs=0.003)
    assert rates.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 400), rel=0.1)


def test_samples_of_one_person_that_stand_and_fall_together_widen_the_bootstrap() -> None:
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(20), 20)
    alike = (person % 2).astype(float)
    apart = np.tile([0.0, 1.0], 200)
    wide, narrow = (
        cluster_bootstrap_of_maximum(earned[None], person, rng).std() for earned in (alike, apart)
    )
    assert wide > 0.08
    assert narrow == pytest.approx(0)


def test_the_maximum_is_taken_anew_in_every_resample() -> None:
    rng = np.random.default_rng(0)
    half = (np.arange(50) % 2).astype(float)
    rates = cluster_bootstrap_of_maximum(np.stack([half, 1 - half]), np.arange(50), rng)
    assert rates.min() >= 0.5
