"""Whatever way a name comes in, its erasure by the plain name finds it."""

import base64
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from starlette.testclient import TestClient

from faceveil import featurefile
from faceveil.app import create_app
from tests.conftest import HERE
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine
from tests.pictures import blank, encoded

MODEL = {"model": "fake", "version": "1.2.3", "level": "noisy"}
PICTURE = encoded(blank(64, 64), "PNG")
ROW = [0.5, 1.0, 2.0, 3.0]


@pytest.fixture
def alone(tmp_path: Path) -> Any:
    app = create_app(keeping_settings(tmp_path), fake_engine(StillDetector()))
    with TestClient(app, base_url=HERE) as client:
        yield client


def _file(client: TestClient, name: str, data: bytes) -> int:
    files = {"file": (name, data)}
    return int(client.post("/v1/features", files=files, data=MODEL).status_code)


def _form(client: TestClient, name: str) -> int:
    fields = {"store": "true", "subject": name, "session": "", "captured_at": ""}
    return int(client.post("/v1/anonymize", files={"image": PICTURE}, data=fields).status_code + 1)


def _json(client: TestClient, name: str) -> int:
    body = {"image": base64.b64encode(PICTURE).decode(), "store": True, "subject": name}
    return int(client.post("/v1/anonymize", json=body).status_code + 1)


def _header(client: TestClient, name: str) -> int:
    headers: Any = {"Content-Type": "image/png", "X-Store": "true", "X-Subject": name.encode()}
    return int(client.post("/v1/anonymize", content=PICTURE, headers=headers).status_code + 1)


def _list(client: TestClient, name: str) -> int:
    row = {"subject": name, "embedding": ROW, "session": "", "emotion": "nan"}
    return int(client.post("/v1/features", json=MODEL | {"features": [row]}).status_code)


def _npz(client: TestClient, name: str) -> int:
    return _file(client, "f.npz", featurefile.npz({"embedding": [ROW], "subject": [name]}))


def _npz_of_bytes(client: TestClient, name: str) -> int:
    subject = np.array([name.encode()])
    return _file(client, "f.npz", featurefile.npz({"embedding": [ROW], "subject": subject}))


def _csv(client: TestClient, name: str) -> int:
    text = io.StringIO()
    csv.writer(text).writerows([["subject", "e0", "e1", "e2", "e3"], [name, *ROW]])
    return _file(client, "f.csv", text.getvalue().encode())


def _parquet(client: TestClient, name: str) -> int:
    sink = io.BytesIO()
    parquet.write_table(pa.table({"subject": [name], "embedding": [ROW]}), sink)
    return _file(client, "f.parquet", sink.getvalue())


WAYS: list[Callable[[TestClient, str], int]] = [
    _form,
    _json,
    _header,
    _list,
    _npz,
    _npz_of_bytes,
    _csv,
    _parquet,
]


@pytest.mark.parametrize(
    "variants",
    [("anna", " anna ", "anna\u00a0"), ("Zo\u00eb", " Zoe\u0308", "Zo\u00eb  "), ("17", " 17")],
)
def test_an_erasure_finds_a_name_whatever_way_it_came(
    alone: TestClient, variants: tuple[str, ...]
) -> None:
    for way in WAYS:
        for name in variants:
            assert way(alone, name) == 201, (way, name)
    stored = len(WAYS) * len(variants)
    for name in variants:
        kept = alone.post("/v1/subjects/lookup", json={"subject": name}).json()
        assert kept["features"] == stored
    receipt = alone.post("/v1/subjects/erase", json={"subject": variants[0]}).json()
    assert receipt["features"] == stored
    assert alone.get("/v1/features").json()["features"] == []


def test_numbers_that_pandas_made_floats_are_the_same_person(alone: TestClient) -> None:
    sink = io.BytesIO()
    parquet.write_table(pa.table({"subject": [17.0], "embedding": [ROW]}), sink)
    assert _file(alone, "f.parquet", sink.getvalue()) == 201
    floats = featurefile.npz({"embedding": [ROW], "subject": np.array([17.0])})
    assert _file(alone, "f.npz", floats) == 201
    assert alone.post("/v1/subjects/erase", json={"subject": "17"}).json()["features"] == 2


def test_what_is_absent_is_stored_as_unknown(alone: TestClient) -> None:
    nothing = ["", "nan", "NaT"]
    columns = {
        "embedding": [ROW] * 3,
        "subject": ["a", "b", "c"],
        **dict.fromkeys(("session", "emotion", "captured_at"), nothing),
    }
    assert _file(alone, "f.npz", featurefile.npz(columns)) == 201
    assert _list(alone, "d") == 201
    for shown in alone.get("/v1/features").json()["features"]:
        assert (shown["session"], shown["emotion"]) == (None, None)


def test_nobody_is_refused(alone: TestClient) -> None:
    for name in ("", "nan", "None"):
        data = featurefile.npz({"embedding": [ROW], "subject": [name]})
        assert _file(alone, "f.npz", data) == 422
