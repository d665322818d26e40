"""`/v1/stream` within this process: who may, what is answered, what ends it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.app import create_app
from faceveil.settings import AccessSettings, StreamSettings
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine
from tests.pictures import blank, encoded
from tests.storing import key_maker

HERE = "http://127.0.0.1"
FRAME = encoded(blank())
STREAM = "ws://127.0.0.1/v1/stream"


def started(state: Path, *, is_open: bool = False, **streams: Any) -> TestClient:
    settings = keeping_settings(state, access=AccessSettings(open=is_open))
    settings = settings.model_copy(update={"streams": StreamSettings(**streams)})
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


@contextmanager
def streaming(client: TestClient, path: str, **options: Any) -> Iterator[Any]:
    """A stream; at the end starlette may cancel the application before it has seen the end."""
    with suppress(CancelledError), client.websocket_connect(path, **options) as socket:
        yield socket


def answers(socket: Any, *frames: bytes) -> list[dict[str, Any]]:
    """What is answered to frames that are sent one by one."""
    told = []
    for frame in frames:
        socket.send_bytes(frame)
        told.append(json.loads(socket.receive_text()))
    return told


def refused(client: TestClient, path: str = STREAM, **options: Any) -> dict[str, Any]:
    """The problem that a stream is refused with."""
    with (
        pytest.raises(WebSocketDenialResponse) as denial,
        client.websocket_connect(path, **options),
    ):
        pass
    problem: dict[str, Any] = json.loads(denial.value.content)
    assert problem["status"] == denial.value.status_code
    return problem


def test_a_face_keeps_its_number_and_its_vector_is_told_once(client: TestClient) -> None:
    with streaming(client, STREAM) as socket:
        opened = json.loads(socket.receive_text())
        assert opened["type"] == "opened"
        assert opened["model"]["name"] == "fake"
        assert opened["proved"] is False
        first, *others = answers(socket, *[FRAME] * 5)
    assert first["faces"][0]["mood"]["began"] is True
    assert len(first["faces"][0]["embedding"]) == 4
    for number, told in enumerate([first, *others], 1):
        (face,) = told["faces"]
        assert (told["type"], told["frame"], told["dropped"]) == ("frame", number, 0)
        assert face["track"] == 1
        assert face["released"] == {"vectors": 1, "mu": None, "named": None}
        assert "points" not in face
    assert all(told["faces"][0]["embedding"] is None for told in others)


def test_a_frame_that_is_no_picture_is_refused_and_the_stream_goes_on(client: TestClient) -> None:
    with streaming(client, STREAM) as socket:
        socket.receive_text()
        bad, good = answers(socket, b"no picture", FRAME)
    assert (bad["type"], bad["error"]["type"]) == (
        "refused",
        "urn:faceveil:problem:unreadable-image",
    )
    assert (good["type"], good["frame"]) == ("frame", 2)


def test_whoever_asks_for_the_end_gets_a_summary_without_vectors(client: TestClient) -> None:
    with streaming(client, STREAM) as socket:
        socket.receive_text()
        answers(socket, FRAME, FRAME)
        socket.send_text("end")
        told = json.loads(socket.receive_text())
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1000
    assert set(told) == {"type", "frames", "dropped", "seconds", "tracks", "released", "moods"}
    assert (told["frames"], told["tracks"], told["released"]) == (2, 1, 1)


def test_a_client_may_say_when_a_frame_was_taken(client: TestClient) -> None:
    with streaming(client, STREAM) as socket:
        socket.receive_text()
        told = []
        for at in ("100.0", "100.5", "99", "104"):
            socket.send_text(at)
            told += answers(socket, FRAME)
    assert [one["at"] for one in told] == [100.0, 100.5, 100.5, 104.0]
    assert [one["faces"][0]["track"] for one in told] == [1, 1, 1, 2]


def test_times_in_milliseconds_end_it_before_each_frame_has_a_vector(client: TestClient) -> None:
    with streaming(client, STREAM) as socket:
        socket.receive_text()
        for at in range(8):
            socket.send_text(str(4000 * at))
            answers(socket, FRAME)
        socket.send_text("32000")
        socket.send_bytes(FRAME)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1008
    assert "seconds" in closed.value.reason


@pytest.mark.parametrize("words", ["hello", "nan", "-1", "inf", "1e300", ""])
def test_words_that_mean_nothing_end_it(client: TestClient, words: str) -> None:
    with streaming(client, STREAM) as socket:
        socket.receive_text()
        socket.send_text(words)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1008


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "query.limit"),
        ("limit=1000", "query.limit"),
        ("vectors=5", "query.vectors"),
        ("level=none", "query.level"),
        ("other=1", "query.other"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(client: TestClient, query: str, field: str) -> None:
    problem = refused(client, f"{STREAM}?{query}")
    assert problem["type"] == "urn:faceveil:problem:invalid-parameters"
    assert [error["field"] for error in problem["errors"]] == [field]


def test_who_wants_moods_alone_gets_no_vector(client: TestClient) -> None:
    with streaming(client, f"{STREAM}?vectors=0") as socket:
        assert json.loads(socket.receive_text())["vectors"] == 0
        (told,) = answers(socket, FRAME)
    assert told["faces"][0]["embedding"] is None
    assert told["faces"][0]["released"]["vectors"] == 0


def test_where_there_are_keys_one_with_the_scope_is_needed(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    key, other = make(Scope.anonymize), make(Scope.read)
    assert refused(client)["status"] == 401
    assert refused(client, headers={"X-API-Key": "fv_x_y"})["status"] == 401
    assert refused(client, headers=other)["status"] == 403
    with streaming(client, STREAM, headers=key) as socket:
        assert json.loads(socket.receive_text())["type"] == "opened"


def test_a_page_brings_its_token_as_a_subprotocol(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    made = client.post("/v1/tokens", json={}, headers=make(Scope.anonymize)).json()
    offered = ["faceveil", f"bearer.{made['token']}"]
    page = {"Origin": "https://app.example"}
    with streaming(client, STREAM, subprotocols=offered, headers=page) as socket:
        assert socket.accepted_subprotocol == "faceveil"
        socket.receive_text()
        assert answers(socket, FRAME)[0]["type"] == "frame"
    offered[1] = offered[1][:-3] + "AAA"
    assert refused(client, subprotocols=offered)["status"] == 401


def test_without_keys_a_page_of_another_origin_opens_none(client: TestClient) -> None:
    problem = refused(client, headers={"Origin": "https://app.example"})
    assert problem["status"] == 403
    assert "CORS_ORIGINS" in problem["detail"]


def test_an_open_server_opens_none_for_a_page_of_another_origin_either(tmp_path: Path) -> None:
    """A browser lets any page read a WebSocket, whatever CORS says."""
    with started(tmp_path, is_open=True) as client:
        problem = refused(client, headers={"Origin": "https://app.example"})
        assert problem["status"] == 403
        assert "CORS_ORIGINS" in problem["detail"]
        with streaming(client, STREAM, headers={"Origin": HERE}) as its_own:
            assert json.loads(its_own.receive_text())["type"] == "opened"


def test_a_stream_ends_with_its_key(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    key = make(Scope.anonymize)
    app = client.app
    assert isinstance(app, FastAPI)
    opened = app.state.components.opened
    with streaming(client, STREAM, headers=key) as socket:
        socket.receive_text()
        answers(socket, FRAME)
        with opened.store.database.write() as connection:
            keys.revoke(connection, key["X-API-Key"].split("_")[1])
        opened.door.remember(key["X-API-Key"], None)
        socket.send_bytes(FRAME)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1008
    assert closed.value.reason.startswith("unauthorized")


def test_a_keys_rate_holds_for_its_streams(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    key = make(Scope.anonymize, per_minute=3)
    with streaming(client, STREAM, headers=key) as socket:
        socket.receive_text()
        told = answers(socket, *[FRAME] * 4)
    assert [one["type"] for one in told] == ["frame", "frame", "refused", "refused"]
    assert told[-1]["error"]["type"] == "urn:faceveil:problem:rate-exceeded"


def test_no_more_streams_run_than_may_and_half_of_them_for_one(tmp_path: Path) -> None:
    with started(tmp_path, most=3) as client:
        with streaming(client, STREAM) as one, streaming(client, STREAM) as two:
            one.receive_text()
            two.receive_text()
            problem = refused(client)
            assert (problem["status"], "2 streams" in problem["detail"]) == (429, True)
        with streaming(client, STREAM) as again:
            again.receive_text()
            metrics = client.get("/metrics").text
            assert "faceveil_streams 1.0" in metrics


@pytest.mark.parametrize(
    ("limits", "code", "reason"),
    [({"seconds": 0.1}, 1000, "0.1 s are over"), ({"idle_s": 0.1}, 1008, "no frame came")],
)
def test_a_stream_ends_in_time(
    tmp_path: Path, limits: dict[str, Any], code: int, reason: str
) -> None:
    with started(tmp_path, **limits) as client, streaming(client, STREAM) as socket:
        socket.receive_text()
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == code
    assert closed.value.reason.startswith(reason)


def test_what_came_of_the_frames_is_counted(client: TestClient) -> None:
    with streaming(client, STREAM) as socket:
        socket.receive_text()
        answers(socket, FRAME, b"no picture", FRAME)
    text = client.get("/metrics").text
    assert 'faceveil_stream_frames_total{outcome="read"} 2.0' in text
    assert 'faceveil_stream_frames_total{outcome="refused"} 1.0' in text
    assert 'faceveil_rejections_total{problem="unreadable-image"} 1.0' in text


def test_streams_that_run_are_listed_for_their_tenant_without_vectors(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    key, other = make(Scope.anonymize), make(Scope.metrics, tenant="other")
    watching = make(Scope.metrics)
    with streaming(client, STREAM, headers=key) as socket:
        socket.receive_text()
        answers(socket, FRAME, FRAME)
        (told,) = client.get("/v1/streams", headers=watching).json()["streams"]
        assert client.get("/v1/streams", headers=other).json() == {"streams": []}
        socket.send_text("end")
        socket.receive_text()
    assert told.pop("since") > "2026"
    assert told.pop("seconds") >= 0
    assert told == {
        "key": key["X-API-Key"].split("_")[1],
        "level": "noisy",
        "frames": 2,
        "dropped": 0,
        "tracks": 1,
        "released": 1,
    }
    assert client.get("/v1/streams", headers=watching).json() == {"streams": []}
