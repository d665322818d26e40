"""A token may what its key may, or less, for a while."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.app import create_app
from faceveil.store.database import Database
from tests.api.refusals import assert_refused
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine
from tests.pictures import blank, encoded
from tests.storing import key_maker

Make = Callable[..., dict[str, str]]
IMAGE = encoded(blank())


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = keeping_settings(Path(tmp_path_factory.mktemp("state")))
    return create_app(settings, fake_engine(StillDetector()))


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def database(app: FastAPI, client: TestClient) -> Database:
    found: Database = app.state.components.opened.store.database
    return found


@pytest.fixture(scope="module")
def make(database: Database) -> Make:
    return key_maker(database)


def shown(client: TestClient, key: dict[str, str], **body: Any) -> dict[str, str]:
    """The header that shows a new token."""
    answer = client.post("/v1/tokens", json=body, headers=key)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def read(client: TestClient, headers: dict[str, str], query: str = "") -> Any:
    return client.post(
        f"/v1/anonymize{query}",
        content=IMAGE,
        headers={"Content-Type": "image/jpeg", **headers},
    )


def test_a_token_reads_pictures_and_nothing_else(client: TestClient, make: Make) -> None:
    token = shown(client, make(Scope.admin))
    assert read(client, token).status_code == 200
    assert_refused(client.get("/v1/features", headers=token), 403, "forbidden")
    assert_refused(client.post("/v1/tokens", json={}, headers=token), 403, "forbidden")


def test_it_says_when_it_ends(client: TestClient, make: Make) -> None:
    before = datetime.now(UTC)
    told = client.post("/v1/tokens", json={"seconds": 60}, headers=make(Scope.anonymize)).json()
    left = datetime.fromisoformat(told["expires_at"]) - before
    assert 58 <= left.total_seconds() <= 61


def test_a_key_cannot_give_what_it_has_not(client: TestClient, make: Make) -> None:
    key, body = make(Scope.read), {"scopes": ["anonymize"]}
    assert_refused(client.post("/v1/tokens", json=body, headers=key), 403, "forbidden")


def test_whoever_does_not_know_what_a_key_may_asks_for_fewer_scopes(
    client: TestClient, make: Make
) -> None:
    wanted = ["log", "anonymize", "features:read"]
    key = make(Scope.read, Scope.anonymize)
    for body in ({"scopes": wanted}, {"scopes": ["log"], "fewer": True}):
        assert_refused(client.post("/v1/tokens", json=body, headers=key), 403, "forbidden")
    fewer = {"scopes": wanted, "fewer": True}
    told = client.post("/v1/tokens", json=fewer, headers=key).json()
    assert told["scopes"] == ["anonymize", "features:read"]
    assert read(client, {"X-API-Key": told["token"]}).status_code == 200
    told = client.post("/v1/tokens", json=fewer, headers=make(Scope.admin)).json()
    assert told["scopes"] == wanted


@pytest.mark.parametrize(
    "body", [{"scopes": []}, {"scopes": ["admin"]}, {"seconds": 3601}, {"seconds": 0}, {"x": 1}]
)
def test_what_no_token_can_be_is_refused(
    client: TestClient, make: Make, body: dict[str, Any]
) -> None:
    refused = client.post("/v1/tokens", json=body, headers=make(Scope.admin))
    assert_refused(refused, 422, "invalid-parameters")


def test_a_token_may_be_bound_to_a_stricter_level(client: TestClient, make: Make) -> None:
    token = shown(client, make(Scope.anonymize, level="open"), level="noisy")
    assert read(client, token).json()["model"]["level"] == "noisy"
    assert_refused(read(client, token, "?level=open"), 403, "level-too-loose")
    looser = client.post(
        "/v1/tokens", json={"level": "open"}, headers=make(Scope.anonymize, level="noisy")
    )
    assert_refused(looser, 403, "level-too-loose")


def test_it_shares_its_keys_rate(client: TestClient, make: Make) -> None:
    key = make(Scope.anonymize, per_minute=2)
    token = shown(client, key)
    assert read(client, token).status_code == 200
    assert_refused(read(client, token), 429, "rate-exceeded")
    assert_refused(read(client, key), 429, "rate-exceeded")


def test_it_ends_with_its_key(client: TestClient, make: Make, database: Database) -> None:
    key = make(Scope.anonymize)
    token = shown(client, key)
    with database.write() as connection:
        keys.revoke(connection, key["X-API-Key"].split("_")[1])
    assert_refused(read(client, token), 401, "unauthorized")


def test_where_nobody_needs_a_key_nobody_needs_a_token(tmp_path: Path) -> None:
    app = create_app(keeping_settings(tmp_path), fake_engine(StillDetector()))
    with TestClient(app, base_url="http://127.0.0.1") as open_door:
        assert_refused(open_door.post("/v1/tokens", json={}), 403, "forbidden")
