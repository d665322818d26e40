"""Audits over HTTP: asked for, refused where they cannot be made, cancelled, removed."""

from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from starlette.testclient import TestClient

from faceveil import featurefile
from faceveil.api.audits import creating
from faceveil.api.audits.bodies import AuditOptions
from faceveil.api.components import Components
from faceveil.app import create_app
from faceveil.audit.case import Options, prepare
from faceveil.audit.features import Features, load
from faceveil.audit.ladder import conclude, plan, run_step
from faceveil.audit.report import render
from faceveil.audit.snapshot import AUDITED, GALLERY, REFERENCE, features_of
from faceveil.jobs.snapshots import of_store
from faceveil.store import audits
from faceveil.store.features import Selection
from tests.api.refusals import assert_refused
from tests.audit.planted import clusters
from tests.conftest import HERE
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine

PATH = "/v1/audits"
MODEL = {"model": "fake", "version": "1.2.3", "level": "noisy"}


def _rows(people: int = 3, samples: int = 2, **members: Any) -> list[dict[str, Any]]:
    return [
        {"subject": f"person {number}", "embedding": [number, sample, 1, 2], **members}
        for number in range(people)
        for sample in range(samples)
    ]


def _store(client: TestClient, rows: list[dict[str, Any]]) -> None:
    assert client.post("/v1/features", json=MODEL | {"features": rows}).status_code == 201


def _ask(client: TestClient, **body: Any) -> httpx2.Response:
    return client.post(PATH, json={"model": "fake"} | body)


def _upload(client: TestClient, features: Features, **fields: Any) -> httpx2.Response:
    data = featurefile.npz(
        {"embedding": features.embedding, "subject": features.subject, "model": "other 2.0.0"}
    )
    return client.post(PATH, files={"file": ("f.npz", data)}, data=fields)


def _components(client: TestClient) -> Components:
    app: Any = client.app
    components: Components = app.state.components
    return components


def _inputs(client: TestClient, id_: str) -> dict[str, bytes]:
    opened = _components(client).opened
    assert opened
    with opened.store.database.read() as connection:
        return audits.inputs(connection, id_)


def _finish(client: TestClient, id_: str) -> None:
    """Does what a worker does, without one."""
    opened = _components(client).opened
    assert opened
    features = features_of(_inputs(client, id_), AUDITED)
    assert features
    case = prepare(features, Options(folds=2, quick=True, permutations=99))
    result = conclude(case, {step.key: run_step(case, step) for step in plan(case)})
    with opened.store.database.write() as connection:
        assert audits.finish(connection, id_, result.model_dump_json(), render(result))


def test_an_audit_of_what_is_stored_is_queued(keeper: TestClient) -> None:
    _store(keeper, _rows())
    asked = _ask(keeper, limit="rank1<=2x", seed=3)
    assert asked.status_code == 202
    state = asked.json()
    assert asked.headers["location"] == f"{PATH}/{state['id']}"
    assert (state["state"], state["source"], state["model"]) == ("queued", "store", "fake 1.2.3")
    assert state["options"] == {"seed": 3, "folds": 10, "quick": False, "limit": "rank1<=2x"}
    shown = keeper.get(asked.headers["location"]).json()
    assert shown == state | {"result": None}
    assert keeper.get(PATH).json()["audits"] == [state]
    assert_refused(keeper.get(f"{PATH}/{state['id']}/report"), 409, "not-finished")


def test_what_is_audited_is_what_was_selected_with_pseudonyms(keeper: TestClient) -> None:
    _store(keeper, _rows(emotion="neutral", session="s"))
    id_ = _ask(keeper, subjects=["person 0", "person 2", "nobody"]).json()["id"]
    features = features_of(_inputs(keeper, id_), AUDITED)
    assert features is not None
    shown = [
        keeper.post("/v1/subjects/lookup", json={"subject": f"person {n}"}).json()["subject"]
        for n in (0, 2)
    ]
    names = {name.rpartition(":")[2] for name in shown}
    assert set(features.subject.tolist()) == names
    assert features.embedding[:, 0].tolist() == [0, 0, 2, 2]
    assert features.emotion is not None
    assert features.session is not None
    assert features.session.tolist() == ["s"] * 4


def test_an_upload_is_audited_without_its_names(keeper: TestClient) -> None:
    asked = _upload(keeper, clusters(people=3, samples=4, distance=3, seed=0), folds="2")
    assert asked.status_code == 202, asked.text
    state = asked.json()
    assert (state["source"], state["model"]) == ("upload", "other 2.0.0")
    features = features_of(_inputs(keeper, state["id"]), AUDITED)
    assert features is not None
    assert all(len(name) == 32 for name in features.subject.tolist())
    assert len(set(features.subject.tolist())) == 3


def test_a_gallery_and_a_reference_may_come_along(keeper: TestClient) -> None:
    features = clusters(people=3, samples=4, distance=3, seed=0)
    data = featurefile.npz({"embedding": features.embedding, "subject": features.subject})
    names = {"file": AUDITED, "gallery": GALLERY, "reference": REFERENCE}
    files = {name: (f"{name}.npz", data) for name in names}
    asked = keeper.post(PATH, files=files)
    assert asked.status_code == 202, asked.text
    assert set(_inputs(keeper, asked.json()["id"])) == set(names.values())


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"model": "nobody"}, "unfit-features"),
        ({"level": "open"}, "unfit-features"),
        ({"subjects": ["person 0"]}, "invalid-parameters"),
        ({"subjects": ["person 0", "nobody"]}, "unfit-features"),
        ({"limit": "little"}, "unfit-features"),
        ({"folds": 1}, "invalid-parameters"),
        ({"since": "yesterday"}, "invalid-parameters"),
        ({"people": 3}, "invalid-parameters"),
    ],
    ids=str,
)
def test_an_audit_that_cannot_be_made_is_refused(
    keeper: TestClient, body: dict[str, Any], slug: str
) -> None:
    _store(keeper, _rows())
    assert_refused(_ask(keeper, **body), 422, slug, without="person 0")
    assert keeper.get(PATH).json()["audits"] == []


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"file": ("f.npz", b"words")},
        {"file": ("f.txt", b"words")},
        {"file": ("f.npz", featurefile.npz({"embedding": np.zeros((3, 2))}))},
        {"file": ("f.npz", featurefile.npz({"embedding": [[np.nan]], "subject": ["a"]}))},
        {"file": ("f.npz", featurefile.npz({"embedding": [[0.0]] * 2, "subject": ["a"] * 2}))},
    ],
)
def test_a_file_that_cannot_be_audited_is_refused(
    keeper: TestClient, files: dict[str, Any]
) -> None:
    response = keeper.post(PATH, files=files or {"other": ("f.npz", b"")})
    assert response.status_code == 422
    assert keeper.get(PATH).json()["audits"] == []


def test_a_repeat_with_its_key_asks_for_nothing_new(keeper: TestClient) -> None:
    _store(keeper, _rows())
    headers = {"Idempotency-Key": "k"}
    body = {"model": "fake"}
    first, again = (keeper.post(PATH, json=body, headers=headers) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert len(keeper.get(PATH).json()["audits"]) == 1
    other = keeper.post(PATH, json=body | {"seed": 1}, headers=headers)
    assert_refused(other, 422, "key-reused")


def test_deleting_cancels_first_and_removes_then(keeper: TestClient) -> None:
    _store(keeper, _rows())
    path = _ask(keeper).headers["location"]
    assert keeper.delete(path).status_code == 204
    assert keeper.get(path).json()["state"] == "cancelled"
    assert _inputs(keeper, path.rpartition("/")[2]) == {}
    assert keeper.delete(path).status_code == 204
    assert_refused(keeper.get(path), 404, "unknown-audit")


def test_a_finished_audit_shows_its_result_and_its_report(keeper: TestClient) -> None:
    assert_refused(keeper.get(f"{PATH}/latest?model=other"), 404, "unknown-audit")
    asked = _upload(keeper, clusters(people=4, samples=8, distance=6, seed=0)).json()
    _finish(keeper, asked["id"])

    shown = keeper.get(f"{PATH}/{asked['id']}").json()
    assert shown["state"] == "done"
    result = shown["result"]
    assert {"verdict", "chance", "hybrid2face", "worst", "detectable_from"} < set(result)
    assert {"attackers", "open_set", "controls", "data"} < set(result)
    assert _inputs(keeper, asked["id"]) == {}

    report = keeper.get(f"{PATH}/{asked['id']}/report")
    assert report.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in report.headers["content-security-policy"]
    assert result["verdict"] in report.text

    for model in ("other", "other 2.0.0"):
        latest = keeper.get(f"{PATH}/latest", params={"model": model}).json()
        for name in ("verdict", "chance", "hybrid2face", "worst"):
            assert latest[name] == result[name]
    none = keeper.get(f"{PATH}/latest", params={"model": "other", "source": "store"})
    assert_refused(none, 404, "unknown-audit")
    assert_refused(keeper.get(f"{PATH}/latest", params={"model": "oth"}), 404, "unknown-audit")

    # Anybody may name an upload after a model: gauges are of what is stored.
    assert "other 2.0.0" not in keeper.get("/metrics").text

    assert keeper.delete(f"{PATH}/{asked['id']}").status_code == 204
    assert_refused(keeper.get(f"{PATH}/{asked['id']}"), 404, "unknown-audit")


def test_gauges_are_those_of_the_newest_audit_of_what_is_stored(keeper: TestClient) -> None:
    _store(keeper, _rows(people=4, samples=8))
    asked = _ask(keeper).json()
    _finish(keeper, asked["id"])
    result = keeper.get(f"{PATH}/{asked['id']}").json()["result"]
    metrics = keeper.get("/metrics").text
    for name in ("worst", "hybrid2face"):
        rate = result[name]["rate"]
        assert f'faceveil_audit_{name}{{model="fake 1.2.3"}} {rate}' in metrics


def test_a_delete_sent_again_with_its_key_does_not_remove_what_it_cancelled(
    keeper: TestClient,
) -> None:
    _store(keeper, _rows())
    path = _ask(keeper).headers["location"]
    for _ in range(2):
        assert keeper.delete(path, headers={"Idempotency-Key": "k"}).status_code == 204
        assert keeper.get(path).json()["state"] == "cancelled"


def test_nobody_is_brought_back_by_an_audit_that_was_asked_for_before_an_erasure(
    keeper: TestClient,
) -> None:
    _store(keeper, _rows())
    opened = _components(keeper).opened
    assert opened
    database = opened.store.database
    snapshot = of_store(database, "default", Selection(model="fake"))
    with database.write() as connection:
        assert snapshot.holds(connection, "default")
    keeper.post("/v1/subjects/erase", json={"subject": "person 1"})
    with database.write() as connection:
        assert not snapshot.holds(connection, "default")
    id_ = _ask(keeper).json()["id"]
    features = features_of(_inputs(keeper, id_), AUDITED)
    assert features is not None
    assert len(set(features.subject.tolist())) == 2


def test_an_upload_whose_model_is_no_name_is_refused(keeper: TestClient) -> None:
    features = clusters(people=3, samples=4, distance=3, seed=0)
    columns = {"embedding": features.embedding, "subject": features.subject}
    for model in ("a\0b", "x" * 200, "a b c"):
        data = featurefile.npz(columns | {"model": model})
        response = keeper.post(PATH, files={"file": ("f.npz", data)})
        assert response.status_code == 422


def test_a_server_without_the_extra_says_so(
    keeper: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store(keeper, _rows())
    monkeypatch.setattr(creating, "find_spec", lambda name: None)
    problem = assert_refused(_ask(keeper), 501, "not-installed")
    assert "pip install -e '.[audit]'" in problem["detail"]


def test_the_options_are_those_of_the_audit() -> None:
    assert Options.model_validate(AuditOptions().model_dump()) == Options()
    limits = AuditOptions(seed=2**31 - 1, folds=50, quick=True, limit="2x")
    assert Options.model_validate(limits.model_dump()).folds == 50


@pytest.mark.parametrize("session", [None, "s1"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_gives_the_result_of_the_stores_own_audit(
    keeper: TestClient, tmp_path: Path, kind: str, session: str | None
) -> None:
    rng = np.random.default_rng(0)
    rows = [
        {"subject": f"person {n % 4}", "embedding": (rng.normal(size=4) + n % 4).tolist()}
        for n in range(32)
    ]
    _store(keeper, rows[:16])
    _store(keeper, [row | {"session": session, "emotion": "neutral"} for row in rows[16:]])
    file = tmp_path / f"features.{kind}"
    file.write_bytes(keeper.get("/v1/features/export", params={"format": kind}).content)
    own = features_of(_inputs(keeper, _ask(keeper).json()["id"]), AUDITED)
    assert own
    results = []
    for features in (own, load(file)):
        case = prepare(features, Options(folds=2, quick=True, permutations=99))
        result = conclude(case, {step.key: run_step(case, step) for step in plan(case)})
        results.append((case.groups.tolist(), result.verdict, result.worst))
    assert results[0] == results[1]


def test_a_tenant_may_have_so_many_audits_unended(tmp_path: Path) -> None:
    settings = keeping_settings(tmp_path, audit={"own_worker": False, "waiting": 2})
    with TestClient(create_app(settings, fake_engine(StillDetector())), base_url=HERE) as client:
        _store(client, _rows())
        headers = {"Idempotency-Key": "k"}
        first = client.post(PATH, json={"model": "fake"}, headers=headers)
        assert _ask(client).status_code == 202
        full = _ask(client)
        assert_refused(full, 429, "overloaded")
        assert full.headers["retry-after"] == "60"
        again = client.post(PATH, json={"model": "fake"}, headers=headers)
        assert again.json()["id"] == first.json()["id"]
        client.delete(first.headers["location"])
        assert _ask(client).status_code == 202


def test_columns_are_chosen_by_a_field_and_the_others_are_told(keeper: TestClient) -> None:
    lines = [f"{n},p{n % 3},{n * n % 7},{n % 5}.5" for n in range(24)]
    data = "\n".join(["row,subject,e0,e1", *lines]).encode()
    files = {"file": ("f.csv", data)}
    problem = assert_refused(keeper.post(PATH, files=files), 422, "unfit-features")
    assert "`row`" in problem["detail"]
    asked = keeper.post(PATH, files=files, data={"columns": "e*"})
    assert asked.status_code == 202, asked.text
    features = features_of(_inputs(keeper, asked.json()["id"]), AUDITED)
    assert features
    assert (features.dimensions, features.ignored) == (("e0", "e1"), ("row",))
