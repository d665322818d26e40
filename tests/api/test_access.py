"""Every route is for whoever has a key of the right scope and tenant, and for nobody else."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
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

NOTHING = "01a20ca4-2f18-7000-8000-b24d08d66b20"
ROUTES: list[tuple[str, str, Scope | None]] = [
    ("POST", "/v1/anonymize", Scope.anonymize),
    ("POST", "/v1/anonymize/batch", Scope.anonymize),
    ("POST", "/v1/features", Scope.write),
    ("GET", "/v1/features", Scope.read),
    ("GET", "/v1/features/export", Scope.read),
    ("GET", "/v1/features/{feature}", Scope.read),
    ("DELETE", "/v1/features/{feature}", Scope.write),
    ("POST", "/v1/subjects/lookup", Scope.read),
    ("POST", "/v1/subjects/erase", Scope.write),
    ("GET", "/v1/subjects/erasures/{receipt}", Scope.read),
    ("POST", "/v1/audits", Scope.audit),
    ("GET", "/v1/audits", Scope.audit),
    ("GET", "/v1/audits/latest?model=fake", Scope.audit),
    ("GET", "/v1/audits/{audit}", Scope.audit),
    ("GET", "/v1/audits/{audit}/report", Scope.audit),
    ("DELETE", "/v1/audits/{audit}", Scope.audit),
    ("POST", "/v1/tokens", None),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/fake", None),
    ("GET", "/v1/models/fake/1.2.3", None),
    ("POST", "/v1/video", Scope.anonymize),
    ("GET", "/v1/streams", Scope.metrics),
    ("GET", "/v1/log", Scope.log),
    ("GET", "/v1/log/check", Scope.log),
    ("GET", "/metrics", Scope.metrics),
]
PUBLIC = {"/healthz", "/readyz"}
ROWS = [
    {"subject": name, "embedding": [float(number), 0.5, 0.25, 1.0]}
    for number, name in enumerate(["ann", "ann", "bob", "bob"])
]
IMPORT = {"model": "fake", "version": "1.2.3", "level": "noisy", "features": ROWS}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = keeping_settings(Path(tmp_path_factory.mktemp("state")))
    return create_app(settings, fake_engine(StillDetector()))


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="module")
def make(app: FastAPI, client: TestClient) -> Callable[..., dict[str, str]]:
    """Makes a key, and the header that shows it."""
    database: Database = app.state.components.opened.store.database

    def make(*scopes: Scope, **members: Any) -> dict[str, str]:
        with database.write() as connection:
            made = keys.create(connection, name="k", scopes=frozenset(scopes), **members)
        return {"Authorization": f"Bearer {made[1]}"}

    return make


@pytest.fixture(scope="module")
def there(client: TestClient, make: Callable[..., dict[str, str]]) -> dict[str, str]:
    """Ids of things that the tenant `default` has, for the places in the paths."""
    admin = make(Scope.admin)
    stored = client.post("/v1/features", json=IMPORT, headers=admin).json()
    erased = client.post("/v1/subjects/erase", json={"subject": "nobody"}, headers=admin).json()
    asked = client.post("/v1/audits", json={"model": "fake"}, headers=admin).json()
    return {"feature": stored["ids"][0], "receipt": erased["id"], "audit": asked["id"]}


def _ask(
    client: TestClient, method: str, path: str, headers: dict[str, str] | None = None
) -> httpx2.Response:
    return client.request(method, path, headers=headers)


def test_the_table_has_every_route(app: FastAPI) -> None:
    document = app.openapi()["paths"]
    known = {(method, path.partition("?")[0]) for method, path, _ in ROUTES}
    for path, operations in document.items():
        if path not in PUBLIC:
            for method in operations:
                plain = path.replace("{name}", "fake").replace("{version}", "1.2.3")
                places = ["feature", "receipt", "audit"]
                tried = {plain.replace("{id}", f"{{{place}}}") for place in places}
                assert {(method.upper(), one) for one in tried} & known, (method, path)


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_nobody_passes_without_a_key_that_counts(
    client: TestClient,
    make: Callable[..., dict[str, str]],
    there: dict[str, str],
    method: str,
    path: str,
    scope: Scope | None,
) -> None:
    del scope
    path = path.format(**there)
    whole = make(Scope.admin)["Authorization"]
    expired = make(Scope.admin, expires=datetime.now(UTC) - timedelta(seconds=1))
    wrong: list[dict[str, str] | None] = [
        None,
        {"Authorization": whole[:-1]},
        {"X-API-Key": "fv_x_y"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer"},
        expired,
    ]
    for headers in wrong:
        response = _ask(client, method, path, headers)
        assert_refused(response, 401, "unauthorized", without=whole[7:])
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_key_without_the_scope_does_not_pass(
    client: TestClient,
    make: Callable[..., dict[str, str]],
    there: dict[str, str],
    method: str,
    path: str,
    scope: Scope | None,
) -> None:
    path = path.format(**there)
    others = [one for one in Scope if one not in (scope, Scope.admin)]
    if scope is None:
        assert _ask(client, method, path, make(Scope.audit)).status_code in (200, 415)
    else:
        problem = assert_refused(_ask(client, method, path, make(*others)), 403, "forbidden")
        assert scope.value in problem["detail"]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_key_with_the_scope_passes_in_either_header(
    client: TestClient,
    make: Callable[..., dict[str, str]],
    there: dict[str, str],
    method: str,
    path: str,
    scope: Scope | None,
) -> None:
    if method == "DELETE":
        path = path.format(feature=NOTHING, audit=NOTHING)
    else:
        path = path.format(**there)
    bearer = make(scope or Scope.read)
    whole = bearer["Authorization"][7:]
    for headers in (
        bearer,
        {"X-API-Key": whole},
        {"X-API-Key": f" \t{whole} \t"},
        {"Authorization": f" bearer  {whole} "},
        {"X-API-Key": whole, "Authorization": "Basic dXNlcjpwYXNz"},
        {"X-API-Key": whole, "Authorization": "Negotiate"},
        {"X-API-Key": whole, "Authorization": ""},
    ):
        assert _ask(client, method, path, headers).status_code not in (401, 403)


@pytest.mark.parametrize(
    "path",
    [*sorted(PUBLIC), *(path for method, path, _ in ROUTES if method == "GET"), "/openapi.json"],
)
def test_head_is_answered_as_get_is_without_the_body(
    client: TestClient, make: Callable[..., dict[str, str]], there: dict[str, str], path: str
) -> None:
    path, key = path.format(**there), make(Scope.admin)
    for headers in (key, {"Authorization": "Bearer fv_x_y"}):
        whole, head = (_ask(client, method, path, headers) for method in ("GET", "HEAD"))
        assert head.content == b""
        assert head.status_code == whole.status_code
        changing = {"x-request-id"} | ({"content-length"} if path == "/metrics" else set())
        told = [
            {name: value for name, value in answer.headers.items() if name not in changing}
            for answer in (head, whole)
        ]
        assert told[0] == told[1]


@pytest.mark.parametrize("level", ["noisy", None])
def test_only_a_key_that_has_a_level_is_said_to_have_one(
    client: TestClient, make: Callable[..., dict[str, str]], level: str | None
) -> None:
    key = make(Scope.anonymize, level=level)
    refused = client.post("/v1/anonymize?level=open", json={"image": "eA=="}, headers=key)
    problem = assert_refused(refused, 403, "level-too-loose")
    assert problem["detail"].startswith("This server" if level is None else "This key")


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path, _ in ROUTES if "{" in path]
)
def test_another_tenant_finds_nothing_there(
    client: TestClient,
    make: Callable[..., dict[str, str]],
    there: dict[str, str],
    method: str,
    path: str,
) -> None:
    other = make(Scope.admin, tenant="other")
    assert _ask(client, method, path.format(**there), other).status_code == 404


def test_another_tenant_sees_none_of_it_in_lists_either(
    client: TestClient, make: Callable[..., dict[str, str]], there: dict[str, str]
) -> None:
    own, other = make(Scope.admin), make(Scope.admin, tenant="other")
    assert there
    assert client.get("/v1/features", headers=own).json()["features"]
    assert client.get("/v1/features", headers=other).json() == {"features": [], "next": None}
    assert len(client.get("/v1/features/export", headers=other).text.splitlines()) == 1
    assert client.get("/v1/audits", headers=other).json() == {"audits": [], "next": None}
    body = {"subject": "ann"}
    kept = [client.post("/v1/subjects/lookup", json=body, headers=h).json() for h in (own, other)]
    assert [one["features"] for one in kept] == [2, 0]
    assert kept[0]["subject"] != kept[1]["subject"]
    assert client.post("/v1/subjects/erase", json=body, headers=other).json()["features"] == 0
    assert client.post("/v1/subjects/lookup", json=body, headers=own).json()["features"] == 2
    refused = client.post("/v1/audits", json={"model": "fake"}, headers=other)
    assert_refused(refused, 422, "unfit-features")


def test_storing_an_image_needs_the_scope_to_write_too(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    body = {"image": "eA==", "store": True, "subject": "ann"}
    response = client.post("/v1/anonymize", json=body, headers=make(Scope.anonymize))
    assert_refused(response, 403, "forbidden")


def test_a_key_that_asks_too_often_is_refused(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    key = make(Scope.read, per_minute=2)
    assert [client.get("/v1/models", headers=key).status_code for _ in range(2)] == [200, 200]
    response = client.get("/v1/models", headers=key)
    assert_refused(response, 429, "rate-exceeded")
    assert response.headers["retry-after"] == "30"


def test_probes_need_no_key(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_a_page_of_another_origin_is_not_answered_for(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    headers = make(Scope.read) | {"Origin": "https://app.example"}
    assert "access-control-allow-origin" not in client.get("/v1/models", headers=headers).headers


def test_a_page_of_another_origin_can_read_what_is_to_be_set(
    client: TestClient, make: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    page = {"Origin": "https://app.example"}
    make(Scope.read)
    locked = client.get("/v1/models", headers=page)
    app = create_app(keeping_settings(tmp_path), fake_engine(StillDetector()))
    with TestClient(app, base_url="http://127.0.0.1") as without_keys:
        unlocked = without_keys.get("/v1/models", headers=page)
    for answer, status, slug in ((locked, 401, "unauthorized"), (unlocked, 403, "forbidden")):
        told = assert_refused(answer, status, slug)
        assert told["detail"].count("FACEVEIL_ACCESS__CORS_ORIGINS") == 1
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in client.get("/v1/models").headers


def test_a_page_of_a_listed_origin_is_answered_for(tmp_path: Path) -> None:
    access = {"cors_origins": "https://app.example, https://other.example"}
    settings = keeping_settings(tmp_path, access=access)
    app = create_app(settings, fake_engine(StillDetector()))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for origin, allowed in (("https://app.example", True), ("https://evil.example", False)):
            answer = client.get("/v1/models", headers={"Origin": origin})
            assert answer.is_success == allowed
            assert (answer.headers.get("access-control-allow-origin") == origin) == allowed


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Prefix",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "Via",
    ],
)
def test_without_keys_nothing_that_a_proxy_passes_on_is_answered(
    tmp_path: Path, header: str
) -> None:
    app = create_app(keeping_settings(tmp_path), fake_engine(StillDetector()))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/v1/models").status_code == 200
        told = assert_refused(client.get("/v1/models", headers={header: "x"}), 403, "forbidden")
        refused = client.post("/v1/anonymize?level=open", json={"image": "eA=="})
        for one in (told, assert_refused(refused, 403, "level-too-loose")):
            for words in ("this key", "the key"):
                assert words not in (one["title"] + one["detail"]).lower()


@pytest.mark.parametrize("path", ["/v1/anonymize", "/v1/anonymize/batch"])
def test_a_full_queue_is_told_to_those_who_may_use_it_and_before_anything_else(
    app: FastAPI,
    client: TestClient,
    make: Callable[..., dict[str, str]],
    request: pytest.FixtureRequest,
    path: str,
) -> None:
    scheduler = app.state.components.engine.scheduler
    places = contextlib.ExitStack()
    request.addfinalizer(places.close)
    for _ in range(scheduler.workers + scheduler.queue):
        places.enter_context(scheduler.admit("somebody"))
    make(Scope.admin)  # from now on, a key is needed
    assert_refused(client.post(path), 401, "unauthorized")
    assert_refused(client.post(path, headers=make(Scope.read)), 403, "forbidden")
    refusal = client.post(f"{path}?faces=wrong", headers=make(Scope.anonymize))
    assert_refused(refusal, 429, "overloaded")
    assert int(refusal.headers["retry-after"]) >= 1
    limited = make(Scope.anonymize, per_minute=1)
    assert_refused(client.post(path, headers=limited), 429, "overloaded")
    assert_refused(client.post(path, headers=limited), 429, "rate-exceeded")


def test_a_rate_counts_the_embeddings_that_are_released(
    client: TestClient, make: Callable[..., dict[str, str]]
) -> None:
    key = make(Scope.anonymize, per_minute=30)
    batch = [("image", encoded(blank(64, 64), "PNG"))] * 60
    assert client.post("/v1/anonymize/batch", files=batch, headers=key).status_code == 200
    refusal = client.post("/v1/anonymize", files=batch[:1], headers=key)
    assert_refused(refusal, 429, "rate-exceeded")
    assert 50 <= int(refusal.headers["retry-after"]) <= 62  # 30 in debt, and one to take
