"""Broken inputs are made again from their seed, and what is no proper refusal is found out."""

import itertools
import json
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.progress import Progress

from benchmarks.reliability.fuzz import Fuzzer, numbered
from benchmarks.reliability.inputs import KINDS, kinds_in_turn, make, with_sums
from benchmarks.reliability.mutator import MOST_BYTES, Mutator
from benchmarks.reliability.served import keyed_server
from benchmarks.reliability.wire import PROBLEM_TYPE, Answer, HangError, Wire, request
from tests.running import RunningServer

EACH = 20
SEED = 5


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, list[str]]]:
    short = {"FACEVEIL_LIMITS__BODY_SECONDS": "1", "FACEVEIL_LIMITS__HEAD_SECONDS": "1"}
    with keyed_server(tmp_path_factory.mktemp("tried"), 20, short) as server:
        yield server


@pytest.mark.parametrize("kind", KINDS)
def test_broken_inputs_of_every_kind_are_answered_or_refused(
    tried: tuple[RunningServer, list[str]], tmp_path: Path, kind: str
) -> None:
    server, keys = tried
    fuzzer = Fuzzer(server, keys, SEED, tmp_path)
    with Progress(disable=True) as progress:
        inputs = numbered(itertools.repeat(kind), max(4, EACH * KINDS[kind].weight // 10), 0)
        fuzzer.run(inputs, 4, progress)
    assert fuzzer.findings.faults == []
    assert kind in fuzzer.findings.table()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "http"])
def test_whole_inputs_get_further_than_their_parser(
    tried: tuple[RunningServer, list[str]], kind: str
) -> None:
    server, keys = tried
    wire = Wire(server.host, server.port, 60)
    answers = set()
    for whole in KINDS[kind].whole():
        sent = KINDS[kind].sent(whole, random.Random(0))
        answer = wire.ask(sent.written(keys[0]), sent.method)
        answers.add(answer.slug or answer.status)
    wire.close()
    assert answers & {200, 201, 202, "not-aligned"}
    assert not answers & {"unreadable-image", "malformed-request", "unfit-features"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_and_a_number_make_an_input_again(kind: str) -> None:
    again = [make(kind, SEED, number).written("key") for number in range(10)]
    assert [make(kind, SEED, number).written("key") for number in range(10)] == again
    assert [make(kind, SEED + 1, number).written("key") for number in range(10)] != again


def test_kinds_are_numbered_each_for_itself() -> None:
    inputs = list(numbered(iter(["png", "csv", "png"]), 3, 7))
    assert inputs == [("png", 7), ("csv", 7), ("png", 8)]
    assert set(itertools.islice(kinds_in_turn(SEED, list(KINDS)), 2000)) == set(KINDS)


def test_breaking_stays_within_bounds() -> None:
    mutator = Mutator(random.Random(0))
    for _ in range(500):
        assert len(mutator.broken(bytes(5000), b"other" * 900)) <= MOST_BYTES
    assert mutator.broken(b"", b"") is not None


def test_checksums_are_put_right_again() -> None:
    (whole, *_) = KINDS["png"].whole()
    at = whole.index(b"IHDR")
    broken = bytearray(whole)
    broken[at + 20] ^= 1  # in the checksum
    assert with_sums(bytes(broken)) == whole


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(200, "application/json"), None),
        (Answer(500, PROBLEM_TYPE, b"{}"), "status 500"),
        (Answer(307), "status 307"),
        (Answer(), "status 0"),
        (Answer(404, "text/plain", b"gone"), "404 without a problem"),
        (Answer(404, PROBLEM_TYPE, b"gone"), "404 without a problem"),
        (
            Answer(
                404, PROBLEM_TYPE, json.dumps({"type": "a", "title": "b", "status": 404}).encode()
            ),
            None,
        ),
        (Answer(404, PROBLEM_TYPE, bodiless=True), None),
    ],
)
def test_what_is_no_success_and_no_problem_is_a_fault(answer: Answer, fault: str | None) -> None:
    assert answer.fault() == fault


def test_a_server_that_never_answers_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        wire = Wire("127.0.0.1", silent.getsockname()[1], 0.05)
        with pytest.raises(HangError):
            wire.ask(request("GET", "/", {}), "GET")


def test_a_server_that_closes_without_a_word_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as curt:

        def close() -> None:
            connection, _ = curt.accept()
            with connection:
                connection.recv(1000)

        closing = threading.Thread(target=close)
        closing.start()
        assert Wire("127.0.0.1", curt.getsockname()[1], 60).ask(request("GET", "/", {})) == Answer()
        closing.join()
