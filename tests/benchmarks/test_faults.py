"""What the fault injection counts as broken is broken, and what is not, is not."""

import random
from pathlib import Path

import httpx2

from benchmarks.reliability.faults import inject
from benchmarks.reliability.kills import kill_readers
from benchmarks.reliability.ledger import Verdict
from benchmarks.reliability.stage import BrokenError, NotPossibleError, Stage
from tests.storing import bring, erase, store


def _stage(state: Path) -> Stage:
    return Stage(state, None, moments=1, amount=3, chance=random.Random(0))


def _promised(stage: Stage, client: httpx2.Client) -> None:
    for number in range(4):
        stage.ledger.stored[stage.ledger.next_of(stage.ledger.stored)] = store(client, number)
    stage.ledger.next_of(stage.ledger.stored)  # one that was never acknowledged
    number = stage.ledger.next_of(stage.ledger.imported)
    stage.ledger.imported[number] = bring(client, number, 40)
    erase(client, 3)
    stage.ledger.erasing.add(3)
    stage.ledger.erased.add(3)


def test_promises_that_are_kept_count_as_kept(tmp_path: Path) -> None:
    stage = _stage(tmp_path)
    with stage.server() as server:
        _promised(stage, server.client)
        assert stage.ledger.settle(server.client) == Verdict(44, 1, 0, 0, 0, 0, 0)


def test_promises_that_are_broken_are_found_out(tmp_path: Path) -> None:
    stage = _stage(tmp_path)
    with stage.server() as server, stage.ledger.counted(str(server.client.base_url)) as client:
        _promised(stage, client)
        client.delete(f"/v1/features/{stage.ledger.stored[0]}").raise_for_status()
        stage.ledger.erased.add(1)  # an erasure that never was
        stage.ledger.erasing.add(1)
        bring(client, 7, 2)  # two that nobody was promised
        stage.ledger.statuses.update({500: 1, 503: 2})
        verdict = stage.ledger.settle(client)
    assert (verdict.lost, verdict.undone, verdict.wrong, verdict.unavailable) == (1, 1, 1, 2)
    assert verdict.doubled >= 1
    assert not verdict.kept


def test_a_reader_may_be_killed(tmp_path: Path) -> None:
    outcome = inject(kill_readers, _stage(tmp_path / "state"))
    assert not outcome.broken, outcome.row
    assert outcome.verdict
    assert outcome.verdict.acknowledged > 0


def test_a_fault_that_cannot_be_injected_is_told_and_a_broken_promise_too(tmp_path: Path) -> None:
    def impossible(_: Stage) -> str:
        raise NotPossibleError("no such library")

    def broken(_: Stage) -> str:
        raise BrokenError("it never ended")

    outcome = inject(impossible, _stage(tmp_path))
    assert (outcome.broken, outcome.row[0]) == (False, "impossible")
    assert "no such library" in outcome.note
    assert inject(broken, _stage(tmp_path)).broken
