"""The model's files are handed out to whom the operator lets have them."""

from pathlib import Path
from typing import Literal

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.app import create_app
from faceveil.installation import MODELS
from faceveil.model.bundle import find_bundle, read_card
from faceveil.settings import AccessSettings, ModelSettings, Settings
from tests.api.refusals import assert_refused
from tests.fakes import StillDetector, fake_engine

HandOut = Literal["here", "keys", "never"]


def _client(
    folder: Path, hand_out: HandOut, *, everywhere: bool = False, name: str = "open"
) -> TestClient:
    settings = Settings(
        state_directory=folder,
        model=ModelSettings(hand_out=hand_out),
        access=AccessSettings(open=everywhere),
    )
    engine = fake_engine(StillDetector(), card=read_card(find_bundle(MODELS, name)))
    return TestClient(create_app(settings, engine), base_url="http://127.0.0.1")


@pytest.mark.parametrize(("name", "number"), [("open", 4), ("faceveil", 5)])
def test_who_sits_at_the_machine_is_handed_what_lies_on_it(
    tmp_path: Path, name: str, number: int
) -> None:
    with _client(tmp_path, "here", name=name) as client:
        files = client.get("/v1/device").json()
        assert len(files) == number
        assert ("model/verifier.json" in files) == (number == 5)
        for name, size in files.items():
            assert len(client.get(f"/v1/device/{name}").content) == size
        assert_refused(client.get("/v1/device/model/../../LICENSE"), 404, "not-found")
        assert_refused(client.get("/v1/device/model/CARD.md"), 404, "not-found")


@pytest.mark.parametrize(
    ("hand_out", "everywhere"), [("never", False), ("never", True), ("here", True), ("keys", True)]
)
def test_nobody_else_is_unless_the_operator_says_so(
    tmp_path: Path, hand_out: HandOut, everywhere: bool
) -> None:
    with _client(tmp_path, hand_out, everywhere=everywhere) as client:
        told = assert_refused(client.get("/v1/device"), 403, "forbidden")
        assert "FACEVEIL_MODEL__HAND_OUT=keys" in told["detail"]
        assert_refused(client.get("/v1/device/model/model.onnx"), 403, "forbidden")


def test_a_key_gets_it_where_keys_may(tmp_path: Path) -> None:
    with _client(tmp_path, "keys", everywhere=True) as client:
        app = client.app
        assert isinstance(app, FastAPI)
        with app.state.components.opened.store.database.write() as connection:
            _, key = keys.create(connection, name="k", scopes=frozenset({Scope.anonymize}))
        assert client.get("/v1/device", headers={"X-API-Key": key}).status_code == 200
