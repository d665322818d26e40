"""`/v1/video` within this process: who may, what is answered, what is refused."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from faceveil.access.keys import Scope
from faceveil.api.video import answering, routes
from faceveil.app import create_app
from faceveil.http.room import Body, BodyRoom
from faceveil.pool.scheduler import Scheduler
from faceveil.problems import Overloaded, WorkerLost
from faceveil.settings import ClipSettings, LimitSettings, StreamSettings
from tests.clips.made import clip_of, grey
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine
from tests.storing import key_maker

HERE = "http://127.0.0.1"
CLIP = clip_of(grey(6))
RAW = {"Content-Type": "video/mp4"}


def started(state: Path, **clips: Any) -> TestClient:
    settings = keeping_settings(state).model_copy(
        update={"clips": ClipSettings(**clips), "limits": LimitSettings(clip_bytes=100_000)}
    )
    return TestClient(create_app(settings, fake_engine(StillDetector())), base_url=HERE)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with started(tmp_path) as client:
        yield client


@pytest.fixture
def make(client: TestClient) -> Callable[..., dict[str, str]]:
    app = client.app
    assert isinstance(app, FastAPI)
    return key_maker(app.state.components.opened.store.database)


def told(
    client: TestClient, query: str = "", clip: bytes = CLIP, headers: Mapping[str, str] = RAW
) -> list[dict[str, Any]]:
    """The lines of an answer."""
    answer = client.post(f"/v1/video{query}", content=clip, headers={**RAW, **headers})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def refusal(
    client: TestClient, query: str = "", clip: bytes = CLIP, headers: Mapping[str, str] = RAW
) -> Any:
    """The problem that a clip is refused with."""
    answer = client.post(f"/v1/video{query}", content=clip, headers={**RAW, **headers})
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return problem


def test_a_clip_is_answered_as_a_stream_is(client: TestClient) -> None:
    opened, *frames, ended = told(client)
    assert (opened["type"], opened["model"]["name"]) == ("opened", "fake")
    assert [one["at"] for one in frames] == [0.0, 0.04, 0.08, 0.12, 0.16, 0.2]
    assert [one["faces"][0]["track"] for one in frames] == [1] * 6
    assert [one["faces"][0]["embedding"] is not None for one in frames] == [True] + [False] * 5
    assert (ended["type"], ended["frames"], ended["released"]) == ("ended", 6, 1)


def test_a_clip_may_come_as_a_form_under_any_name(client: TestClient) -> None:
    answer = client.post("/v1/video?every=3", files={"video": ("clip.txt", CLIP)})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["type"] for line in lines] == ["opened", "frame", "frame", "ended"]


@pytest.mark.parametrize(
    ("clip", "status", "slug"),
    [
        (b"", 400, "malformed-request"),
        (b"words", 422, "unreadable-clip"),
        (bytes(100_001), 413, "body-too-large"),
        (clip_of(grey(2), rate=1) + bytes(8), 200, ""),
    ],
)
def test_a_bad_clip_is_refused_before_the_first_line(
    client: TestClient, clip: bytes, status: int, slug: str
) -> None:
    answer = client.post("/v1/video", content=clip, headers=RAW)
    assert answer.status_code == status
    assert not slug or answer.json()["type"] == f"urn:faceveil:problem:{slug}"


def test_other_content_is_told_what_to_send(client: TestClient) -> None:
    answer = client.post("/v1/video", content=CLIP, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert "-F video=@clip.mp4" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "query.limit"),
        ("limit=1000", "query.limit"),
        ("vectors=5", "query.vectors"),
        ("every=0", "query.every"),
        ("level=none", "query.level"),
        ("other=1", "query.other"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(client: TestClient, query: str, field: str) -> None:
    assert [error["field"] for error in refusal(client, f"?{query}")["errors"]] == [field]


def test_a_clip_without_an_end_is_told_where_it_ends(tmp_path: Path) -> None:
    endless = clip_of(grey(20), kind="webm", codec="libvpx", live="1")
    with started(tmp_path, frames=4) as client:
        lines = told(client, clip=endless)
    assert [line["type"] for line in lines] == ["opened", *["frame"] * 4, "failed"]
    assert lines[-1]["error"]["type"] == "urn:faceveil:problem:clip-too-large"


def test_frames_too_far_apart_to_follow_have_no_embeddings_of_their_own(client: TestClient) -> None:
    clip = clip_of(grey(400), kind="webm", codec="libvpx")
    lines = told(client, "?every=100", clip)
    assert lines[-1]["type"] == "ended"
    slow = clip_of(grey(300), rate=1, kind="webm", codec="libvpx")
    lines = told(client, "?every=4", slow)
    assert [line["type"] for line in lines] == ["opened", *["frame"] * 8, "failed"]
    assert lines[-1]["error"]["type"] == "urn:faceveil:problem:invalid-parameters"
    assert told(client, "?every=4&vectors=0", slow)[-1]["type"] == "ended"


def test_where_there_are_keys_one_with_the_scope_is_needed(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    key, other = make(Scope.anonymize), make(Scope.read)
    assert refusal(client)["status"] == 401
    assert refusal(client, headers=other)["status"] == 403
    token = client.post("/v1/tokens", json={}, headers=key).json()["token"]
    assert told(client, headers={"Authorization": f"Bearer {token}"})[-1]["type"] == "ended"


def test_a_keys_rate_holds_for_its_clips(
    client: TestClient,
    make: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answering, "PATIENCE_S", 0)
    lines = told(client, headers=make(Scope.anonymize, per_minute=3))
    assert [line["type"] for line in lines] == ["opened", "frame", "frame", "failed"]
    assert lines[-1]["error"]["type"] == "urn:faceveil:problem:rate-exceeded"


def test_no_more_clips_are_read_than_may(tmp_path: Path) -> None:
    with started(tmp_path, most=1) as client:
        app = client.app
        assert isinstance(app, FastAPI)
        with app.state.components.clips.take("somebody"):
            answer = client.post("/v1/video", content=CLIP, headers=RAW)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert "clips" in answer.json()["detail"]


def test_where_no_clip_is_ever_read_nobody_is_told_to_try_again(tmp_path: Path) -> None:
    with started(tmp_path, most=0) as client:
        answer = client.post("/v1/video", content=CLIP, headers=RAW)
    assert answer.status_code == 501
    assert "Retry-After" not in answer.headers


def _failing(monkeypatch: pytest.MonkeyPatch, *problems: Exception | None) -> None:
    """Has the reading of frames, one after the other, fail so."""
    run, ahead = Scheduler.run, list(problems)

    async def failing(self: Any, *arguments: Any) -> Any:
        problem = ahead.pop(0) if ahead else None
        if problem is not None:
            raise problem
        return await run(self, *arguments)

    monkeypatch.setattr(Scheduler, "run", failing)


def test_a_frame_waits_for_its_turn_where_there_is_none(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing(monkeypatch, None, Overloaded("busy", 0), Overloaded("busy", 0))
    assert [line["type"] for line in told(client)] == ["opened", *["frame"] * 6, "ended"]


def test_a_frame_whose_reader_dies_is_refused_and_the_clip_goes_on(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing(monkeypatch, None, WorkerLost(WorkerLost.example))
    lines = told(client)
    assert [line["type"] for line in lines[1:]] == [
        *("frame", "refused", "frame", "frame", "frame", "frame", "ended"),
    ]
    assert lines[2]["error"]["type"] == "urn:faceveil:problem:worker-lost"
    assert lines[-1]["frames"] == 5


def test_a_clip_takes_no_room_from_other_bodies_while_its_frames_are_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: list[BodyRoom] = []
    admit, run, held = BodyRoom.admit, Scheduler.run, list[tuple[int, int]]()

    def admitting(self: BodyRoom, of: str) -> Body:
        rooms.append(self)
        return admit(self, of)

    async def looking(self: Any, *arguments: Any) -> Any:
        held.append((rooms[0].here, rooms[0].held))
        return await run(self, *arguments)

    monkeypatch.setattr(BodyRoom, "admit", admitting)
    monkeypatch.setattr(Scheduler, "run", looking)
    assert told(client)[-1]["type"] == "ended"
    assert held == [(0, 0)] * 6
    assert (rooms[0].here, rooms[0].held) == (0, 0)


def test_who_reads_no_answer_is_left(tmp_path: Path) -> None:
    settings = keeping_settings(tmp_path).model_copy(update={"streams": StreamSettings(idle_s=0.1)})
    app = create_app(settings, fake_engine(StillDetector()))
    sent: list[str] = []

    async def ask() -> None:
        asked = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if asked.is_set():
                await asyncio.Event().wait()
            asked.set()
            return {"type": "http.request", "body": CLIP}

        async def send(message: Any) -> None:
            sent.append(message["type"])
            if len(sent) == 3:
                await asyncio.Event().wait()

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"video/mp4")]
        scope = {"type": "http", "method": "POST", "path": "/v1/video", "headers": headers}
        here = {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http"}
        await app({**scope, **here, "query_string": b""}, receive, send)

    with TestClient(app, base_url=HERE) as client:
        assert client.portal is not None
        client.portal.call(ask)
        assert "faceveil_clips 0.0" in client.get("/metrics").text
    assert sent == ["http.response.start", *["http.response.body"] * 2]


def test_a_server_that_stops_says_so(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    app.state.components.stopping = True
    assert refusal(client)["reason"] == "stopping"


def test_a_server_that_cannot_decode_says_what_to_install(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "can_decode", lambda: False)
    problem = refusal(client)
    assert problem["status"] == 501
    assert "extra `video`" in problem["detail"]


def test_clips_are_counted(client: TestClient) -> None:
    told(client)
    text = client.get("/metrics").text
    assert 'faceveil_stream_frames_total{outcome="read"} 6.0' in text
    assert "faceveil_clips 0.0" in text
