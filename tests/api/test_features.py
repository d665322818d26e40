"""Features over HTTP: stored once, found, exported, deleted; and refused where they do not fit."""

import base64
import contextlib
import csv
import io
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import numpy as np
import pyarrow as pa
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from starlette.testclient import TestClient

from faceveil import featurefile
from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.api.components import Components
from faceveil.app import create_app
from faceveil.audit.features import load
from faceveil.settings import Settings
from faceveil.store import access_log, features
from faceveil.store.features import Made, NewFeature
from faceveil.store.store import IMPORTS
from faceveil.vision.face import Face, GreyImage
from tests.api.refusals import assert_refused
from tests.conftest import HERE
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine
from tests.pictures import blank, encoded

PATH = "/v1/features"
MODEL = {"model": "fake", "version": "1.2.3", "level": "noisy"}
ROW: dict[str, Any] = {"subject": "Erika Mustermann", "embedding": [0.5, -1.25, 3.0, 0.1]}
PICTURE = encoded(blank(64, 64), "PNG")


@pytest.fixture
def alone(tmp_path: Path) -> Any:
    """An application of a test's own, on SQLite."""
    app = create_app(keeping_settings(tmp_path), fake_engine(StillDetector()))
    with TestClient(app, base_url=HERE) as client:
        yield client


def _import(client: TestClient, *rows: dict[str, Any], **headers: str) -> httpx2.Response:
    return client.post(PATH, json=MODEL | {"features": rows}, headers=headers)


def _listed(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(PATH, params=query).json()["features"]
    return found


def _send(client: TestClient, name: str, data: bytes, **fields: str) -> httpx2.Response:
    return client.post(PATH, files={"file": (name, data)}, data=MODEL | fields)


def test_an_imported_feature_comes_back_as_it_was(keeper: TestClient) -> None:
    more = {"emotion": "surprise", "session": "s1", "captured_at": "2026-01-31T10:30:00+01:00"}
    stored = _import(keeper, ROW | more)
    assert stored.status_code == 201
    (id_,) = stored.json()["ids"]
    (shown,) = _listed(keeper)
    assert shown == keeper.get(f"{PATH}/{id_}").json()
    assert shown["embedding"] == ROW["embedding"]
    assert shown["model"] == {"name": "fake", "version": "1.2.3", "level": "noisy"}
    assert shown["captured_at"] == "2026-01-31T09:30:00Z"
    assert (shown["emotion"], shown["session"]) == ("surprise", "s1")
    assert "Erika" not in keeper.get(PATH).text


def test_an_embedding_can_be_had_as_base64(alone: TestClient) -> None:
    _import(alone, ROW)
    (shown,) = _listed(alone, embedding_format="base64")
    values = np.frombuffer(base64.b64decode(shown["embedding"]), "<f4")
    np.testing.assert_allclose(values, ROW["embedding"])


@pytest.mark.parametrize(
    ("send", "kind"),
    [
        ({"files": {"image": PICTURE}, "data": {"store": "true", "subject": "Zoë"}}, "form"),
        ({"json": {"image": base64.b64encode(PICTURE).decode(), "store": True}}, "json"),
        (
            {
                "content": PICTURE,
                "headers": {"Content-Type": "image/png", "X-Store": "true", "X-Session": "s1"},
            },
            "raw",
        ),
    ],
    ids=["form", "json", "raw"],
)
def test_an_image_is_stored_however_it_comes(
    keeper: TestClient, send: dict[str, Any], kind: str
) -> None:
    if kind == "json":
        send["json"] |= {"subject": "Zoë", "session": "s1"}
    elif kind == "raw":
        send["headers"]["X-Subject"] = "Zoë".encode().decode("latin-1").encode("latin-1")
    else:
        send["data"]["session"] = "s1"
    answer = keeper.post("/v1/anonymize", **send)
    assert answer.status_code == 200, answer.text
    (shown,) = _listed(keeper)
    assert shown["id"] == answer.json()["feature_id"]
    assert shown["embedding"] == answer.json()["faces"][0]["embedding"]
    assert shown["emotion"] == answer.json()["faces"][0]["emotion"]["label"]
    assert shown["session"] == "s1"
    kept = keeper.post("/v1/subjects/lookup", json={"subject": "Zoë"}).json()
    assert kept["features"] == 1
    assert kept["subject"] == shown["subject"]


@pytest.mark.parametrize(
    ("header", "value"),
    [("X-Store", "true"), ("X-Subject", "Erika"), ("X-Session", "s1"), ("X-Store", "perhaps")],
)
def test_what_headers_say_beside_a_form_or_json_is_refused_not_left_out(
    alone: TestClient, header: str, value: str
) -> None:
    image = base64.b64encode(PICTURE).decode()
    for body in ({"files": {"image": PICTURE}}, {"json": {"image": image}}):
        refused = alone.post("/v1/anonymize", headers={header: value}, **body)
        problem = assert_refused(refused, 422, "invalid-parameters", without="Erika")
        assert [error["field"] for error in problem["errors"]] == [f"header.{header}"]
        taken = alone.post("/v1/anonymize", headers={"X-Store": "false"}, **body)
        assert taken.status_code == 200


def test_nothing_is_stored_unless_it_is_asked(keeper: TestClient) -> None:
    answer = keeper.post("/v1/anonymize", files={"image": PICTURE})
    assert "feature_id" not in answer.json()
    assert _listed(keeper) == []


@pytest.mark.parametrize(
    ("fields", "query", "field"),
    [
        ({"store": "true"}, {}, "subject"),
        ({"subject": "Erika"}, {}, "subject"),
        ({"session": "s1"}, {}, "session"),
        ({"store": "true", "subject": " "}, {}, "body.subject"),
        ({"store": "true", "subject": "x" * 257}, {}, "body.subject"),
        ({"store": "true", "subject": "a\nb"}, {}, "body.subject"),
        ({"store": "true", "subject": "a", "session": "a b"}, {}, "body.session"),
        ({"store": "true", "subject": "a", "captured_at": "noon"}, {}, "body.captured_at"),
        (
            {"store": "true", "subject": "a", "captured_at": "2099-01-01T00:00:00Z"},
            {},
            "body.captured_at",
        ),
        (
            {"store": "true", "subject": "a", "captured_at": "2026-01-01T00:00:00"},
            {},
            "body.captured_at",
        ),
        ({"store": "perhaps", "subject": "a"}, {}, "body.store"),
        ({"store": "true", "subject": "a"}, {"faces": "all"}, "query.faces"),
        ({"stor": "true"}, {}, "body.stor"),
    ],
)
def test_what_is_said_of_an_image_must_fit(
    alone: TestClient, fields: dict[str, str], query: dict[str, str], field: str
) -> None:
    response = alone.post("/v1/anonymize", files={"image": PICTURE}, data=fields, params=query)
    problem = assert_refused(response, 422, "invalid-parameters")
    assert problem["errors"][0]["field"] == field
    assert _listed(alone) == []


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"features": []}, 422, "invalid-parameters"),
        ({"model": "other"}, 404, "unknown-model"),
        ({"version": "9.9.9"}, 404, "unknown-model"),
        ({"level": "loud"}, 422, "invalid-parameters"),
        ({"level": "open"}, 403, "level-too-loose"),
        ({"features": [ROW | {"embedding": [1.0]}]}, 422, "unfit-features"),
        ({"features": [ROW, ROW | {"embedding": [1.0] * 5}]}, 422, "unfit-features"),
        ({"features": [ROW | {"embedding": [1e39, 0, 0, 0]}]}, 422, "unfit-features"),
        ({"features": [ROW | {"embedding": ["x", 0, 0, 0]}]}, 422, "invalid-parameters"),
        ({"features": [ROW | {"emotion": "envy"}]}, 422, "unfit-features"),
        ({"features": [ROW | {"subject": ""}]}, 422, "invalid-parameters"),
        ({"features": [ROW | {"name": "x"}]}, 422, "invalid-parameters"),
        ({"extra": 1}, 422, "invalid-parameters"),
    ],
    ids=str,
)
def test_json_that_does_not_fit_is_refused_whole(
    alone: TestClient, change: dict[str, Any], status: int, slug: str
) -> None:
    body = MODEL | {"features": [ROW]} | change
    assert_refused(alone.post(PATH, json=body), status, slug, without="Erika")
    assert _listed(alone) == []


def test_a_number_that_is_not_finite_is_refused(alone: TestClient) -> None:
    data = featurefile.npz({"embedding": [[1.0, 2, 3, np.nan]], "subject": ["a"]})
    problem = assert_refused(_send(alone, "f.npz", data), 422, "unfit-features")
    assert "row 0" in problem["detail"]


def _npz(columns: dict[str, Any]) -> bytes:
    return featurefile.npz(columns)


def _csv(columns: dict[str, Any]) -> bytes:
    labels = [name for name in columns if name != "embedding"]
    embedding = np.asarray(columns["embedding"], np.float32)
    part = ({name: columns[name] for name in labels}, embedding)
    return b"".join(featurefile.write_csv([part], labels))


def _parquet(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "write"), [("f.npz", _npz), ("f.csv", _csv), ("F.PARQUET", _parquet)]
)
def test_files_are_imported_row_by_row(alone: TestClient, name: str, write: Any) -> None:
    columns = {
        "subject": ["ann", "bob", "ann"],
        "emotion": ["surprise", "", "neutral"],
        "captured_at": ["2026-01-31T09:30:00Z", "2026-01-31T09:30:01Z", "2026-01-31T09:30:02Z"],
        "embedding": [[0.5, 1, 2, 3], [0, 0, 0, 1], [9, 8, 7, 6]],
    }
    stored = _send(alone, name, write(columns))
    assert stored.status_code == 201, stored.text
    shown = _listed(alone)
    assert [one["id"] for one in shown] == stored.json()["ids"]
    assert [one["embedding"] for one in shown] == columns["embedding"]
    assert [one["emotion"] for one in shown] == ["surprise", None, "neutral"]
    assert [one["captured_at"] for one in shown] == columns["captured_at"]
    assert shown[0]["subject"] == shown[2]["subject"] != shown[1]["subject"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("f.npz", b"words"),
        ("f.csv", b"\xff\xfe"),
        ("f.parquet", b"words"),
        ("f.exe", b"words"),
        ("", b"words"),
        ("f.npz", _npz({"embedding": [[0.0] * 4]})),
        ("f.npz", _npz({"subject": ["a"]})),
        ("f.npz", _npz({"subject": ["a", "b"], "embedding": [[0.0] * 4]})),
        ("f.npz", _npz({"subject": ["a"], "embedding": [0.0] * 4})),
        ("f.npz", _npz({"subject": ["a"], "embedding": [[0.0] * 3]})),
        ("f.npz", _npz({"subject": ["a"], "embedding": [["x"] * 4]})),
        ("f.npz", _npz({"subject": ["a"], "embedding": [[0.0] * 4], "session": ["a b"]})),
        ("f.npz", _npz({"subject": ["a"], "embedding": [[0.0] * 4], "captured_at": ["x"]})),
    ],
)
def test_files_that_do_not_fit_are_refused_with_a_sentence(
    alone: TestClient, name: str, data: bytes
) -> None:
    response = _send(alone, name, data)
    assert response.status_code == 422
    assert response.json()["detail"].endswith(".")
    assert _listed(alone) == []


def test_a_file_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    settings = keeping_settings(tmp_path, limits={"import_rows": 10, "import_bytes": 65536})
    app = create_app(settings, fake_engine(StillDetector()))
    bomb = io.BytesIO()
    np.savez_compressed(bomb, embedding=np.zeros((8, 2**17)), subject=["a"] * 8)
    many = _npz({"embedding": np.zeros((11, 4), np.float32), "subject": ["a"] * 11})
    table = pa.table({"subject": ["a"] * 11, "embedding": [[0.0] * 4] * 11})
    packed = io.BytesIO()
    parquet.write_table(table, packed)
    with TestClient(app, base_url=HERE) as client:
        for name, data in (
            ("f.npz", bomb.getvalue()),
            ("f.npz", many),
            ("f.csv", b"subject,a,b,c,d\n" + b"x,1,1,1,1\n" * 11),
            ("f.parquet", packed.getvalue()),
        ):
            assert_refused(_send(client, name, data), 422, "unfit-features")


def test_a_long_label_that_occurs_often_is_refused_before_it_is_copied(alone: TestClient) -> None:
    size = 50_000
    name = pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), ["x" * 2**20])
    values = pa.FixedSizeListArray.from_arrays(np.zeros(4 * size, np.float32), 4)
    packed = io.BytesIO()
    table = pa.table({"subject": name, "embedding": values.cast(pa.list_(pa.float32()))})
    parquet.write_table(table, packed)
    problem = assert_refused(_send(alone, "f.parquet", packed.getvalue()), 422, "unfit-features")
    assert "1024 characters" in problem["detail"]


def _wide_labels() -> pa.Table:
    label = pa.array([bytes(200_000)] * 100, pa.binary(200_000))
    return pa.table({"subject": label, "embedding": [[0.0] * 4] * 100})


@pytest.mark.parametrize(
    "table",
    [
        _wide_labels(),
        pa.table({"subject": [["a"]], "embedding": [[0.0] * 4]}),
        pa.table({"subject": ["a"], "embedding": ["0123"]}),
        pa.table({"subject": ["a", "b"], "embedding": [[0.0] * 4, [0.0] * 3]}),
        pa.table({"subject": ["a"], "embedding": pa.array([None], pa.list_(pa.float32()))}),
        pa.table({"subject": ["a"], "embedding": [[0.0, None, 0.0, 0.0]]}),
    ],
    ids=["wide labels", "lists of labels", "text", "ragged", "no row", "no number"],
)
def test_parquet_of_other_things_is_refused(alone: TestClient, table: pa.Table) -> None:
    packed = io.BytesIO()
    parquet.write_table(table, packed)
    assert_refused(_send(alone, "f.parquet", packed.getvalue()), 422, "unfit-features")


def _zipped(name: str, data: bytes, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def _header(shape: str, kind: str = "<f8") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


_GOOD = _npz({"embedding": np.zeros((50, 4), np.float32), "subject": ["a"] * 50})
DAMAGED = {
    "no array": _zipped("embedding", b"words"),
    "words for an array": _zipped("embedding.npy", b"words"),
    "far too large": _zipped("embedding.npy", _header("(10000000000000, 4)")),
    "a wide row": _zipped(
        "embedding.npy",
        _header("(1, 60000000)", "|i1") + bytes(60_000_000),
        compression=zipfile.ZIP_DEFLATED,
    ),
    "nothing, often": _zipped("embedding.npy", _header("(1, 1000000000)", "|V0")),
    "objects": _zipped("embedding.npy", _header("(1, 4)", "|O") + b"cos\nsystem\n."),
    "negative": _zipped("embedding.npy", _header("(-1, 4)")),
    "cut": _GOOD[: len(_GOOD) // 2],
    "turned": _GOOD[:60] + bytes(byte ^ 0xFF for byte in _GOOD[60:200]) + _GOOD[200:],
    "lzma": _zipped("embedding.npy", _GOOD, compression=zipfile.ZIP_LZMA)[:-300],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_with_a_sentence(alone: TestClient, name: str) -> None:
    assert_refused(_send(alone, "f.npz", DAMAGED[name]), 422, "unfit-features")


@given(at=st.integers(0, len(_GOOD) - 1), by=st.integers(1, 255))
def test_a_file_with_a_wrong_byte_is_read_or_refused(at: int, by: int) -> None:
    data = bytearray(_GOOD)
    data[at] ^= by
    with contextlib.suppress(featurefile.FileError):  # and nothing else
        featurefile.read(io.BytesIO(bytes(data)), ".npz", featurefile.Bounds(100, 10_000))


def test_more_imports_at_once_than_there_is_memory_for_are_refused(alone: TestClient) -> None:
    app: Any = alone.app
    store = app.state.components.opened.store
    with contextlib.ExitStack() as taken:
        for _ in range(IMPORTS):
            taken.enter_context(store.importing(None))
        assert _import(alone, ROW).status_code == 201
        large = _npz({"embedding": np.zeros((70_000, 4), np.float32), "subject": ["a"] * 70_000})
        response = _send(alone, "f.npz", large)
        assert_refused(response, 429, "overloaded")
        assert response.headers["retry-after"] == "5"
    assert _send(alone, "f.npz", large).status_code == 201


def test_names_that_no_model_has_are_refused_on_either_database(keeper: TestClient) -> None:
    for name in ("model", "version", "level", "session", "emotion"):
        for value in ("a\0b", "x" * 129, "ä"):
            response = keeper.get(PATH, params={name: value})
            assert_refused(response, 422, "invalid-parameters")
    response = keeper.get("/v1/audits/latest", params={"model": "a\0"})
    assert_refused(response, 422, "invalid-parameters")


def test_embeddings_of_different_lengths_are_not_exported_together(keeper: TestClient) -> None:
    app: Any = keeper.app
    database = app.state.components.opened.store.database
    with database.write() as connection:
        for length in (4, 8):
            new = NewFeature("a" * 32, np.zeros(length, np.float32))
            features.add(connection, "default", Made("fake", f"{length}.0.0", "noisy"), [new])
    assert_refused(keeper.get(f"{PATH}/export"), 422, "unfit-features")
    assert keeper.get(f"{PATH}/export", params={"version": "4.0.0"}).status_code == 200


def test_a_repeat_with_its_key_is_answered_as_the_first(keeper: TestClient) -> None:
    key = {"Idempotency-Key": "a-key"}
    first, again = (_import(keeper, ROW, **key) for _ in range(2))
    assert again.json() == first.json()
    assert len(_listed(keeper)) == 1
    other = _import(keeper, ROW | {"subject": "Otto"}, **key)
    assert_refused(other, 422, "key-reused")
    assert len(_listed(keeper)) == 1


def test_an_image_sent_again_with_its_key_is_stored_once(keeper: TestClient) -> None:
    def post(subject: str) -> httpx2.Response:
        fields = {"store": "true", "subject": subject}
        headers = {"Idempotency-Key": "picture-1"}
        return keeper.post("/v1/anonymize", files={"image": PICTURE}, data=fields, headers=headers)

    first, again = post("ann"), post("ann")
    assert again.json() == first.json()
    assert len(_listed(keeper)) == 1
    assert_refused(post("bob"), 422, "key-reused")


@pytest.mark.parametrize(
    "other", [{"faces": "only"}, {"min_score": 0.5}, {"min_size": 20}, {"max_yaw": 60}], ids=str
)
def test_one_idempotency_key_is_not_for_two_choices_of_a_face(
    keeper: TestClient, other: dict[str, Any]
) -> None:
    def post(query: dict[str, Any]) -> httpx2.Response:
        fields, key = {"store": "true", "subject": "ann"}, {"Idempotency-Key": "one-face"}
        sent = {"image": PICTURE}
        return keeper.post("/v1/anonymize", files=sent, data=fields, headers=key, params=query)

    assert post({"faces": "largest"}).status_code == 200
    assert_refused(post({"faces": "largest"} | other), 422, "key-reused")


class Three(StillDetector):
    """Sees three faces in every picture."""

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        return 3 * super().detect(picture, thorough=thorough)


def test_of_several_people_one_is_stored_only_if_it_is_said_who(kept: Settings) -> None:
    with TestClient(create_app(kept, fake_engine(Three())), base_url=HERE) as client:

        def post(**query: str) -> httpx2.Response:
            fields = {"store": "true", "subject": "ann"}
            sent = {"image": PICTURE}
            return client.post("/v1/anonymize", files=sent, data=fields, params=query)

        refused = assert_refused(post(), 422, "several-faces")
        assert "There are 3 faces" in refused["detail"]
        assert _listed(client) == []
        assert post(faces="largest").json()["found"] == 3
        assert len(_listed(client)) == 1


@pytest.mark.parametrize("key", ["", "x" * 129, "a b", "ä"])
def test_a_key_that_is_none_is_refused(alone: TestClient, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    response = alone.post(PATH, json=MODEL | {"features": [ROW]}, headers=headers)  # type: ignore[arg-type]
    assert_refused(response, 422, "invalid-parameters")
    # Whoever stores nothing yet learns of the mistake too.
    read = alone.post("/v1/anonymize", files={"image": PICTURE}, headers=headers)  # type: ignore[arg-type]
    assert_refused(read, 422, "invalid-parameters")


def test_pages_follow_each_other(keeper: TestClient) -> None:
    ids = _import(keeper, *[ROW | {"subject": str(number)} for number in range(5)]).json()["ids"]
    seen: list[str] = []
    cursor: str | None = ""
    for _ in range(3):
        page = keeper.get(PATH, params={"limit": 2, "cursor": cursor}).json()
        seen += [one["id"] for one in page["features"]]
        cursor = page["next"]
    assert (seen, cursor) == (ids, None)


def test_the_subject_is_filtered_by_pseudonym_and_never_by_name(alone: TestClient) -> None:
    _import(alone, ROW, ROW | {"subject": "Otto"})
    kept = alone.post("/v1/subjects/lookup", json={"subject": "Otto"}).json()
    (shown,) = _listed(alone, subject=kept["subject"])
    assert shown["subject"] == kept["subject"]
    assert_refused(alone.get(PATH, params={"subject": "Otto"}), 422, "invalid-parameters")


def test_an_export_is_a_file_that_the_audit_reads(keeper: TestClient, tmp_path: Path) -> None:
    rows = [ROW | {"subject": name, "emotion": "neutral"} for name in ("ann", "bob", "ann")]
    _import(keeper, *rows)
    for kind in ("csv", "parquet"):
        answer = keeper.get(f"{PATH}/export", params={"format": kind})
        assert answer.headers["content-disposition"].endswith(f'"features.{kind}"')
        file = tmp_path / f"features.{kind}"
        file.write_bytes(answer.content)
        loaded = load(file)
        expected = np.tile(np.asarray(ROW["embedding"], np.float64), (3, 1))
        np.testing.assert_allclose(loaded.embedding, expected, rtol=1e-6)
        assert len(set(loaded.subject.tolist())) == 2
        assert loaded.model == "fake 1.2.3"
    header = next(csv.reader(io.StringIO(keeper.get(f"{PATH}/export").text)))
    assert header[:2] == ["id", "subject"]


def _erased(client: TestClient, name: str) -> int:
    answer = client.post("/v1/subjects/erase", json={"subject": name})
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["features"]
    return count


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_erasure_finds_what_an_export_brought_back_in(keeper: TestClient, kind: str) -> None:
    _import(keeper, *[ROW] * 3, ROW | {"subject": "Otto"})
    export = keeper.get(f"{PATH}/export", params={"format": kind}).content
    assert _send(keeper, f"features.{kind}", export).status_code == 201
    assert len({one["subject"] for one in _listed(keeper)}) == 2
    assert _erased(keeper, ROW["subject"]) == 6
    assert {one["subject"] for one in _listed(keeper)} == {_pseudonym(keeper, "Otto")}


@pytest.mark.parametrize("wrong", [{"level": "exact"}, {"version": "1.2.4"}])
def test_an_export_never_comes_back_as_what_it_is_not(
    alone: TestClient, wrong: dict[str, str]
) -> None:
    _import(alone, ROW)
    export = alone.get(f"{PATH}/export").content
    text = export.replace(b",noisy,", b",exact,") if "level" in wrong else export
    text = text.replace(b"fake 1.2.3", b"fake 1.2.4") if "version" in wrong else text
    detail = assert_refused(_send(alone, "f.csv", text), 422, "unfit-features")["detail"]
    assert "row 0: the file says another than the form" in detail
    assert len(_listed(alone)) == 1


def test_an_import_is_told_all_that_it_lacks_at_once(alone: TestClient) -> None:
    answer = alone.post(PATH, files={"file": ("f.npz", b"")})
    problem = assert_refused(answer, 422, "invalid-parameters")
    lacking = [error["field"] for error in problem["errors"]]
    assert lacking == ["body.level", "body.model", "body.version"]


def test_an_export_of_another_store_is_refused(alone: TestClient, tmp_path: Path) -> None:
    app = create_app(keeping_settings(tmp_path / "other"), fake_engine(StillDetector()))
    with TestClient(app, base_url=HERE) as other:
        _import(other, ROW)
        export = other.get(f"{PATH}/export").content
        shown = _pseudonym(other, ROW["subject"])
    problem = assert_refused(_send(alone, "f.csv", export), 422, "unfit-pseudonym")
    assert "another key" in problem["detail"]
    _refused_everywhere(alone, shown)


def _refused_everywhere(client: TestClient, subject: str) -> None:
    """However a subject comes, for storing, for erasing and for auditing."""
    fields = {"store": "true", "subject": subject}
    raw = {"Content-Type": "image/png", "X-Store": "true", "X-Subject": subject}
    picture = base64.b64encode(PICTURE).decode()
    npz = _npz({"embedding": np.zeros((4, 4), np.float32), "subject": [subject, "a", "b", "c"]})
    for answer in (
        _import(client, ROW | {"subject": subject}),
        _send(client, "f.npz", npz),
        client.post("/v1/anonymize", files={"image": PICTURE}, data=fields),
        client.post("/v1/anonymize", json={"image": picture, "store": True, "subject": subject}),
        client.post("/v1/anonymize", content=PICTURE, headers=raw),
        client.post("/v1/subjects/lookup", json={"subject": subject}),
        client.post("/v1/subjects/erase", json={"subject": subject}),
        client.post("/v1/audits", files={"file": ("f.npz", npz)}),
    ):
        assert_refused(answer, 422, "unfit-pseudonym")
    assert _listed(client) == []


def test_a_name_that_looks_like_a_pseudonym_is_refused(alone: TestClient) -> None:
    _refused_everywhere(alone, "pseudonym:Erika")


def test_a_pseudonym_without_its_mark_is_no_name(alone: TestClient) -> None:
    # What an earlier release exported: hashed once more, no erasure would find it.
    _import(alone, ROW)
    bare = _pseudonym(alone, ROW["subject"]).rpartition(":")[2]
    assert_refused(_import(alone, ROW | {"subject": bare}), 422, "unfit-pseudonym")
    assert _erased(alone, ROW["subject"]) == 1
    _refused_everywhere(alone, bare)
    assert _import(alone, ROW | {"subject": "c0ffee" * 5 + "aa"}).status_code == 201


def test_a_pseudonym_stands_for_its_name_wherever_a_subject_is_told(alone: TestClient) -> None:
    _import(alone, ROW)
    shown = _pseudonym(alone, ROW["subject"])
    assert _import(alone, ROW | {"subject": shown}).status_code == 201
    stored = {"store": "true", "subject": shown}
    answer = alone.post("/v1/anonymize", files={"image": PICTURE}, data=stored)
    assert answer.status_code == 200
    assert _pseudonym(alone, shown) == shown
    for filtered in (shown, shown.rpartition(":")[2]):
        assert len(_listed(alone, subject=filtered)) == 3
    foreign = shown.replace(shown[10:18], "0" * 8)
    assert_refused(alone.get(PATH, params={"subject": foreign}), 422, "unfit-pseudonym")
    assert _erased(alone, shown) == 3


def _pseudonym(client: TestClient, name: str) -> str:
    shown: str = client.post("/v1/subjects/lookup", json={"subject": name}).json()["subject"]
    return shown


def test_an_export_without_its_extra_is_told_what_to_install(
    alone: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    response = alone.get(f"{PATH}/export", params={"format": "parquet"})
    problem = assert_refused(response, 501, "not-installed")
    assert "pip install -e '.[parquet]'" in problem["detail"]


def test_a_deleted_feature_is_gone(keeper: TestClient) -> None:
    one, other = _import(keeper, ROW, ROW).json()["ids"]
    assert keeper.delete(f"{PATH}/{one}").status_code == 204
    assert_refused(keeper.get(f"{PATH}/{one}"), 404, "unknown-feature")
    assert_refused(keeper.delete(f"{PATH}/{one}"), 404, "unknown-feature")
    assert [shown["id"] for shown in _listed(keeper)] == [other]


def test_a_delete_sent_again_with_its_key_is_answered_as_the_first(keeper: TestClient) -> None:
    one, other = _import(keeper, ROW, ROW).json()["ids"]
    key = {"Idempotency-Key": "gone"}
    for _ in range(2):
        assert keeper.delete(f"{PATH}/{one}", headers=key).status_code == 204
    assert_refused(keeper.delete(f"{PATH}/{other}", headers=key), 422, "key-reused")
    assert [shown["id"] for shown in _listed(keeper)] == [other]


def test_nothing_is_stored_before_a_retention_is_chosen(settings: Settings) -> None:
    app = create_app(settings, fake_engine(StillDetector()))
    with TestClient(app, base_url=HERE) as client:
        problem = assert_refused(_import(client, ROW), 403, "storage-off")
        assert "FACEVEIL_STORE__RETENTION_DAYS" in problem["detail"]
        fields = {"store": "true", "subject": "a"}
        stored = client.post("/v1/anonymize", files={"image": PICTURE}, data=fields)
        assert_refused(stored, 403, "storage-off")
        assert client.post("/v1/anonymize", files={"image": PICTURE}).status_code == 200


@pytest.mark.parametrize(
    ("loosest", "wanted", "expected"),
    [
        (None, None, "noisy"),
        (None, "noisy", "noisy"),
        (None, "open", 403),
        ("open", None, "noisy"),
        ("open", "open", "open"),
        ("noisy", "open", 403),
        ("noisy", None, "noisy"),
        (None, "absent", 422),
        ("absent", None, 403),
    ],
)
def test_a_request_gets_the_level_that_its_key_allows(
    alone: TestClient, loosest: str | None, wanted: str | None, expected: str | int
) -> None:
    app: Any = alone.app
    components: Components = app.state.components
    assert components.opened
    with components.opened.store.database.write() as connection:
        scopes = frozenset({Scope.anonymize})
        _, whole = keys.create(connection, name="k", scopes=scopes, level=loosest)
    query = {} if wanted is None else {"level": wanted}
    headers = {"X-API-Key": whole}
    for path in ("/v1/anonymize", "/v1/anonymize/batch"):
        answer = alone.post(path, files={"image": PICTURE}, params=query, headers=headers)
        if isinstance(expected, int):
            assert answer.status_code == expected
        else:
            body = answer.json()
            body = body["items"][0]["answer"] if "items" in body else body
            assert body["model"]["level"] == expected


def test_asking_for_the_head_of_an_export_exports_nothing(keeper: TestClient) -> None:
    assert _import(keeper, {"subject": "ann", "embedding": [0.1, 0.2, 0.3, 0.4]}).is_success
    answer = keeper.head("/v1/features/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert _exported(keeper) == 0
    keeper.get("/v1/features/export")
    assert _exported(keeper) == 1


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_for_the_head_of_an_export_nothing_is_read(
    keeper: TestClient, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    whole = keeper.get("/v1/features/export", params={"format": kind})

    def read(*_: object) -> NoReturn:
        raise AssertionError("the store was read")

    monkeypatch.setattr(features, "pages", read)
    head = keeper.head("/v1/features/export", params={"format": kind})
    assert head.status_code == 200
    assert not head.content
    for name in ("content-type", "content-disposition"):
        assert head.headers[name] == whole.headers[name]


def _exported(keeper: TestClient) -> int:
    app = keeper.app
    assert isinstance(app, FastAPI)
    database = app.state.components.opened.store.database
    return sum(entry.action == "exported" for entry in access_log.entries(database))


def test_a_file_is_refused_for_now_where_no_process_can_be_had_to_read_it(
    alone: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceveil.featurefile.apart._COMMAND", ("/no/such/program",))
    answer = alone.post(PATH, files={"file": ("f.npz", b"words")}, data=MODEL)
    assert_refused(answer, 503, "not-ready")
    assert _listed(alone) == []
