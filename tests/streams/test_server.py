"""A made clip through the real server, by a real client: who is who, which mood, what is lost."""

import json
import os
import signal
import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from faceveil import Client
from faceveil.client.answers import Ended
from faceveil.client.problems import ClipTooCostly
from tests.clips.made import clip_of_shots
from tests.pictures import blank, encoded
from tests.running import RunningServer, running_server
from tests.streams.following import Following, follow
from tests.streams.scene import shots

LIMITS = {"FACEVEIL_STREAMS__FRAME_BYTES": "100000", "FACEVEIL_ENGINE__WORKERS": "1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server"), LIMITS) as running:
        yield running


@contextmanager
def streaming(server: RunningServer, query: str = "") -> Iterator[ClientConnection]:
    """A stream that is open."""
    address = f"ws://{server.host}:{server.port}/v1/stream{query}"
    with connect(address, compression=None, max_size=None) as socket:
        assert json.loads(socket.recv())["type"] == "opened"
        yield socket


def test_two_who_cross_keep_their_numbers_and_their_moods_are_told(server: RunningServer) -> None:
    clip = list(shots())
    told: list[dict[str, Any]] = []
    with streaming(server) as socket:
        for shot in clip:
            socket.send(str(shot.at))
            socket.send(shot.jpeg)
            told.append(json.loads(socket.recv()))
        socket.send("end")
        summary = json.loads(socket.recv())
    seen: Following = follow(clip, told)
    assert seen.people == {1: {0}, 2: {1}} or seen.people == {1: {1}, 2: {0}}
    assert seen.flicker >= 5
    assert seen.flicker >= 5 * seen.flicker_of_moods
    assert seen.right >= 0.9
    assert seen.delay <= 1.0
    assert summary["tracks"] == 2
    assert summary["dropped"] == 0
    assert summary["released"] <= 8
    for frame in told:
        for face in frame["faces"]:
            assert face["released"]["mu"] == pytest.approx(face["released"]["vectors"] ** 0.5)


def test_the_same_holds_for_a_clip_that_is_sent_whole(server: RunningServer) -> None:
    clip = list(shots())
    with Client(f"http://{server.host}:{server.port}") as client:
        opened, *frames, ended = client.video(clip_of_shots(clip))
    assert opened.type == "opened"
    seen = follow(clip, [frame.model_dump() for frame in frames])
    assert seen.people in ({1: {0}, 2: {1}}, {1: {1}, 2: {0}})
    assert seen.flicker >= 5
    assert seen.flicker >= 5 * seen.flicker_of_moods
    assert seen.right >= 0.9
    assert seen.delay <= 1.0
    assert isinstance(ended, Ended)
    assert (ended.frames, ended.tracks, ended.dropped) == (len(clip), 2, 0)
    assert ended.released <= 8


def test_frames_that_come_too_fast_are_dropped_and_counted(server: RunningServer) -> None:
    frame = next(shots()).jpeg
    with streaming(server) as socket:
        for _ in range(60):
            socket.send(frame)
        told = [json.loads(socket.recv())]
        while told[-1]["frame"] < 60:
            told.append(json.loads(socket.recv()))
    assert len(told) + told[-1]["dropped"] == 60
    assert told[-1]["dropped"] > 30
    numbers = [one["frame"] for one in told]
    assert numbers == sorted(set(numbers))


def test_a_reader_that_is_killed_costs_a_frame_at_most(server: RunningServer) -> None:
    frame = next(shots()).jpeg
    told = []
    with streaming(server) as socket:
        for number in range(12):
            socket.send(frame)
            if number == 5:
                os.kill(_reader(server).pid, signal.SIGKILL)
            told.append(json.loads(socket.recv()))
    kinds = [one["type"] for one in told]
    assert kinds.count("frame") >= 11
    tracks = [sorted(face["track"] for face in one.get("faces", ())) for one in told]
    assert [each for each in tracks if each] == [[1, 2]] * kinds.count("frame")


def test_a_reader_that_is_killed_costs_a_clip_a_frame_at_most(server: RunningServer) -> None:
    lines = []
    with Client(f"http://{server.host}:{server.port}") as client:
        for line in client.video(clip_of_shots(shots(seconds=1.0))):
            lines.append(line.type)
            if len(lines) == 5:
                os.kill(_reader(server).pid, signal.SIGKILL)
    assert lines.count("frame") >= 24
    assert lines[-1] == "ended"


def test_a_decoder_that_is_killed_ends_its_clip_and_nothing_else(server: RunningServer) -> None:
    with Client(f"http://{server.host}:{server.port}") as client:
        told = client.video(clip_of_shots(shots()))
        assert [next(told).type for _ in range(3)] == ["opened", "frame", "frame"]
        os.kill(_child(server, "clips.reader").pid, signal.SIGKILL)
        with pytest.raises(ClipTooCostly):
            list(told)
        assert client.ready().status == "ready"


def test_a_client_that_goes_away_ends_the_work_on_its_clip(server: RunningServer) -> None:
    clip = clip_of_shots(3 * list(shots()))  # longer than anybody is away here
    with server.client.stream(
        "POST", "/v1/video", content=clip, headers={"Content-Type": "video/mp4"}
    ) as answer:
        lines = answer.iter_lines()
        assert [json.loads(next(lines))["type"] for _ in range(2)] == ["opened", "frame"]
        decoder = _child(server, "clips.reader")
    decoder.wait(30)
    record = json.loads(server.said('"status": 499'))
    assert record["operation"] == "video"


def _reader(server: RunningServer) -> psutil.Process:
    """The one process that reads; its parent is the fork server."""
    [reader] = _child(server, "forkserver").children()
    return reader


def _child(server: RunningServer, module: str) -> psutil.Process:
    """The server's one child that runs a module."""
    children = psutil.Process(server.process.pid).children()
    [child] = [each for each in children if module in " ".join(each.cmdline())]
    return child


def test_a_frame_that_is_too_large_ends_the_stream(server: RunningServer) -> None:
    with streaming(server) as socket:
        socket.send(bytes(100_001))
        with pytest.raises(ConnectionClosed):
            socket.recv()
        assert socket.close_code == 1009


def test_a_message_in_very_many_pieces_ends_the_stream(server: RunningServer) -> None:
    with streaming(server) as socket:
        with suppress(ConnectionClosed):
            socket.send(b"" for _ in range(5000))
        with pytest.raises(ConnectionClosed):
            socket.recv()


def test_what_is_no_stream_is_not_upgraded(server: RunningServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{server.host}:{server.port}/healthz")
    assert refused.value.response.status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Content-Length: 1", "Transfer-Encoding: chunked", f"Cookie: {'x' * 9000}"],
    ids=["body", "chunks", "long-line"],
)
def test_a_head_that_begins_no_stream_frees_its_place(server: RunningServer, header: str) -> None:
    """Websockets reads no such head, and uvicorn would wait for another one for ever."""
    head = (
        "GET /v1/stream HTTP/1.1",
        f"Host: {server.host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        header,
    )
    with sockets.create_connection((server.host, server.port), timeout=20) as raw:
        raw.sendall("\r\n".join((*head, "", "")).encode())
        assert raw.recv(1) == b""


def test_a_refusal_before_the_stream_is_a_problem(server: RunningServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{server.host}:{server.port}/v1/stream?limit=x")
    response = refused.value.response
    assert response.status_code == 422
    assert json.loads(response.body or b"")["type"] == "urn:faceveil:problem:invalid-parameters"


def test_nothing_of_a_stream_is_in_the_log_but_that_it_was(server: RunningServer) -> None:
    with streaming(server, "?limit=3") as socket:
        socket.send(encoded(blank()))
        socket.recv()
    server.said('"frames": 1')
    assert not any("limit=3" in line or "/v1/stream" in line for line in server.output)


def test_a_stopping_server_tells_its_streams(tmp_path: Path) -> None:
    with running_server(tmp_path, LIMITS) as server, streaming(server) as socket:
        socket.send(encoded(blank()))
        socket.recv()
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
        assert socket.close_code == 1012
        server.process.wait(30)
