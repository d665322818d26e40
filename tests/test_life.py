"""The life of one person's data: stored, found, exported, audited, erased, and gone for good."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from faceveil.settings import Settings
from tests.databases import bytes_of, environment, traces
from tests.drawn import draw_face
from tests.pictures import encoded
from tests.running import DIMENSION, MADE, PATIENCE_S, RunningServer, running_server

ERIKA = {"subject": "Erika Mustermann"}


def _ended(server: RunningServer, path: str) -> dict[str, Any]:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        audit: dict[str, Any] = server.client.get(path).json()
        if audit["state"] not in ("queued", "running"):
            return audit
        time.sleep(0.1)
    raise TimeoutError(audit)


def _store(server: RunningServer, subject: str, number: int) -> dict[str, Any]:
    side = 200 + 8 * number + len(subject)  # two people have no picture in common
    picture = encoded(draw_face(side), quality=95)
    answer = server.client.post(
        "/v1/anonymize",
        files={"image": picture},
        data={
            "store": "true",
            "subject": subject,
            "captured_at": f"2026-01-0{number + 1}T00:00Z",
        },
        headers={"Idempotency-Key": f"{subject.split()[0]}-{number}"},
    )
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_the_life_of_one_persons_data(kept: Settings) -> None:
    with running_server(kept.state_directory, environment(kept)) as server:
        client = server.client
        stored = [_store(server, ERIKA["subject"], number) for number in range(3)]
        for number in range(3):
            _store(server, "Otto", number)
        ids = [answer["feature_id"] for answer in stored]
        embeddings = [np.asarray(answer["faces"][0]["embedding"], np.float32) for answer in stored]

        found = client.post("/v1/subjects/lookup", json=ERIKA).json()
        assert found["features"] == 3
        listed = client.get("/v1/features", params={"subject": found["subject"]}).json()["features"]
        assert [one["id"] for one in listed] == ids
        export = client.get("/v1/features/export", params={"subject": found["subject"]}).text
        pseudonym = found["subject"].rpartition(":")[2]
        assert all(id_ in export for id_ in ids)

        body = {"model": "faceveil", "quick": True, "folds": 2}
        created = client.post("/v1/audits", json=body)
        audit = _ended(server, created.headers["location"])
        assert audit["state"] == "done", audit["failure"]
        assert pseudonym in client.get(created.headers["location"]).text
        assert "float32" in traces(kept, embeddings[0], pseudonym)
        assert "ascii" in traces(kept, embeddings[0], pseudonym)

        receipt = client.post("/v1/subjects/erase", json=ERIKA).json()
        assert (receipt["features"], receipt["audits"]) == (3, 1)
        assert client.get(f"/v1/subjects/erasures/{receipt['id']}").json() == receipt

        assert client.post("/v1/subjects/lookup", json=ERIKA).json()["features"] == 0
        assert all(client.get(f"/v1/features/{id_}").status_code == 404 for id_ in ids)
        assert client.get("/v1/features", params={"subject": pseudonym}).json()["features"] == []
        assert not any(id_ in client.get("/v1/features/export").text for id_ in ids)
        audit = client.get(created.headers["location"]).json()
        assert audit["erased_subjects"] == 1
        report = client.get(f"{created.headers['location']}/report").text
        assert pseudonym not in str(audit)
        assert pseudonym[:8] not in report
        assert "Somebody in it was erased since" in report

        assert len(client.get("/v1/features").json()["features"]) == 3  # Otto's
        for embedding in embeddings:
            assert traces(kept, embedding, pseudonym) == []
        assert ERIKA["subject"].encode() not in bytes_of(kept)
    log = "\n".join(server.output)
    assert "Erika" not in log
    assert pseudonym not in log


def test_an_erasure_stops_an_audit_that_is_at_work_on_the_person(kept: Settings) -> None:
    with running_server(kept.state_directory, environment(kept)) as server:
        client = server.client
        rng = np.random.default_rng(0)
        rows = [
            {"subject": f"person {n % 20}", "embedding": rng.normal(size=DIMENSION).tolist()}
            for n in range(400)
        ]
        body = MADE | {"features": rows}
        assert client.post("/v1/features", json=body).status_code == 201
        path = client.post("/v1/audits", json={"model": "faceveil"}).headers["location"]
        while client.get(path).json()["progress"]["done"] < 2:
            time.sleep(0.05)
        receipt = client.post("/v1/subjects/erase", json={"subject": "person 3"}).json()
        assert (receipt["features"], receipt["audits"]) == (20, 1)
        audit = client.get(path).json()
        assert audit["state"] == "failed"
        assert "erased" in audit["failure"]
        who = client.post("/v1/subjects/lookup", json={"subject": "person 3"}).json()["subject"]
        who = who.rpartition(":")[2]
        assert traces(kept, np.asarray(rows[3]["embedding"], np.float32), who) == []


def test_nothing_of_a_picture_is_in_the_files(tmp_path: Path, face_jpeg: bytes) -> None:
    with running_server(tmp_path, {"FACEVEIL_STORE__RETENTION_DAYS": "1"}) as server:
        fields = {"store": "true", "subject": "Erika"}
        answer = server.client.post("/v1/anonymize", files={"image": face_jpeg}, data=fields)
        assert answer.status_code == 200
        files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert face_jpeg[200:264] not in files
    assert b"JFIF" not in files
