"""A service that grows is told from one that does not."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.reliability.attacks import Measured, Observer
from benchmarks.reliability.load import Clients, Mix
from benchmarks.reliability.soak import growth
from benchmarks.reliability.watch import Held, Peak, held
from tests.running import RunningServer

STILL = Held(pss=200.0, descriptors=50, threads=10, processes=4)


def test_a_service_that_stays_as_it_is_does_not_grow() -> None:
    filling = [replace(STILL, pss=100.0 + n) for n in range(100)]  # caches, in the first third
    noisy = [replace(STILL, pss=200.0 + n % 5, descriptors=50 + n % 3) for n in range(200)]
    assert growth(filling + noisy) == []


@pytest.mark.parametrize(
    ("grown", "word"),
    [
        (lambda n: replace(STILL, pss=200 + n / 3), "memory"),
        (lambda n: replace(STILL, descriptors=50 + n), "descriptors"),
        (lambda n: replace(STILL, threads=10 + n), "threads"),
    ],
)
def test_what_grows_is_named(grown: Callable[[int], Held], word: str) -> None:
    (sentence,) = growth([grown(n) for n in range(90)])
    assert word in sentence


def test_too_few_samples_are_no_trial() -> None:
    with pytest.raises(ValueError, match="three"):
        growth([STILL, STILL])


def test_this_process_holds_something() -> None:
    here = held(os.getpid())
    assert here.processes >= 1
    assert here.descriptors > 2
    assert here.threads >= 1
    peak = Peak()
    with peak.of(os.getpid()):
        pass
    assert peak.pss > 1


def test_the_mix_is_answered_and_a_server_under_attack_is_measured(server: RunningServer) -> None:
    observer = Observer()
    with observer(server):
        clients = Clients((server.host, server.port), Mix("none"), connections=2, seed=1)
        clients.run(0.5, pace=40)
        answers = clients.collected()
    assert answers.statuses.total() > 5
    assert answers.faults == 0
    assert clients.collected().statuses.total() == 0
    (one,) = observer.measured
    assert one.peak_mb > 50
    assert "test_the_mix_is_answered" in one.test


def test_a_503_is_no_fault_and_a_500_is() -> None:
    measured = Measured("a", 1.0, Counter({200: 5, 503: 2, 500: 1}), 0)
    assert measured.faults == 1
