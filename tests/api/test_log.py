"""`/v1/log`: a tenant reads its own entries, and has the whole chain checked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.app import create_app
from faceveil.store import access_log
from faceveil.store.database import Database
from tests.api.refusals import assert_refused
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(keeping_settings(tmp_path), fake_engine(StillDetector()))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def database(app: FastAPI, client: TestClient) -> Database:
    found: Database = app.state.components.opened.store.database
    return found


@pytest.fixture
def reader(database: Database) -> Callable[[str], dict[str, str]]:
    def reader(tenant: str) -> dict[str, str]:
        with database.write() as connection:
            made = keys.create(connection, name="k", scopes=frozenset({Scope.log}), tenant=tenant)
        return {"X-API-Key": made[1]}

    return reader


def _append(database: Database, tenant: str, *actions: str) -> None:
    for action in actions:
        with database.write() as connection:
            access_log.append(connection, tenant, "key1", action, {"features": 3})


def _get(client: TestClient, path: str, key: dict[str, str]) -> Any:
    answer = client.get(path, headers=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_tenants_entries_come_page_by_page_newest_first_and_others_never(
    client: TestClient, database: Database, reader: Callable[[str], dict[str, str]]
) -> None:
    key = reader("mine")
    for number in range(1, 6):
        _append(database, "another", "erased")
        _append(database, "mine", f"done {number}")
    found, cursor = [], ""
    while cursor is not None:
        page = _get(client, f"/v1/log?limit=2{cursor and f'&cursor={cursor}'}", key)
        found += page["entries"]
        cursor = page["next"]
        _append(database, "mine", "meanwhile")
    assert [(one["number"], one["action"]) for one in found] == [
        (number, f"done {number}") for number in range(5, 0, -1)
    ]
    assert found[0]["detail"] == {"features": 3}
    assert "seq" not in found[0]
    assert _get(client, "/v1/log", reader("nobody's")) == {"entries": [], "next": None}
    assert_refused(client.get("/v1/log?limit=0", headers=key), 422, "invalid-parameters")


def test_the_check_says_whether_the_log_holds_and_whether_a_noted_head_is_in_it(
    client: TestClient, database: Database, reader: Callable[[str], dict[str, str]]
) -> None:
    key = reader("mine")
    empty = _get(client, "/v1/log/check", key)
    assert empty == {"holds": True, "entries": 0, "head": None, "noted": None}
    _append(database, "mine", "erased")
    noted = _get(client, "/v1/log/check", key)["head"]
    _append(database, "another", "erased")
    _append(database, "mine", "exported")
    newest = _get(client, "/v1/log?limit=1", key)["entries"][0]["chain"]
    told = _get(client, f"/v1/log/check?head={noted}", key)
    assert told == {"holds": True, "entries": 2, "head": newest, "noted": True}
    assert _get(client, f"/v1/log/check?head={'0' * 63}1", key)["noted"] is False


def test_an_entry_that_was_changed_is_found_whosever_it_is(
    client: TestClient, database: Database, reader: Callable[[str], dict[str, str]]
) -> None:
    key = reader("mine")
    _append(database, "mine", "erased")
    _append(database, "another", "erased")
    with database.write() as connection:
        connection.execute(text("DROP TRIGGER access_log_no_UPDATE"))
        connection.execute(text("UPDATE access_log SET action = 'nothing' WHERE seq = 2"))
    assert _get(client, "/v1/log/check", key)["holds"] is False


def test_while_one_checks_the_log_others_are_told_to_wait_and_imports_are_not_kept(
    app: FastAPI,
    client: TestClient,
    reader: Callable[[str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key, verify = reader("mine"), access_log.verify
    begun, may_end = Event(), Event()

    def slow(*arguments: Any) -> access_log.Verified:
        begun.set()
        assert may_end.wait(10)
        return verify(*arguments)

    monkeypatch.setattr(access_log, "verify", slow)
    with ThreadPoolExecutor(1) as aside:
        first = aside.submit(client.get, "/v1/log/check", headers=key)
        assert begun.wait(10)
        another = client.get("/v1/log/check", headers=key)
        assert client.portal is not None
        imported = client.portal.call(app.state.components.opened.store.read, lambda: "read")
        may_end.set()
    assert_refused(another, 429, "overloaded")
    assert another.headers["Retry-After"] == "5"
    assert imported == "read"
    assert first.result().status_code == 200
    assert _get(client, "/v1/log/check", key)["holds"] is True
