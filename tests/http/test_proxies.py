"""Behind a proxy: addresses as the client sees them, and whom a proxy names, if it is trusted."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from faceveil.app import create_app
from faceveil.http.proxies import ProxyMiddleware
from faceveil.settings import ServerSettings
from tests.databases import keeping_settings
from tests.fakes import StillDetector, fake_engine

PROXY = "10.1.2.3"
ROWS = [{"subject": name, "embedding": [float(number)] * 4} for number, name in enumerate("abcdef")]
IMPORT = {"model": "fake", "version": "1.2.3", "level": "noisy", "features": ROWS}


def _location(state: Path, *, peer: str, prefix: str | None, root_path: str = "") -> str:
    """Where an audit that is asked for is said to be."""
    server = ServerSettings(root_path=root_path, trusted_proxies="10.1.0.0/16, ::1")
    access = {"open": True}  # otherwise nothing that a proxy passes on is answered
    settings = keeping_settings(state, server=server, access=access)
    app = create_app(settings, fake_engine(StillDetector()))
    headers = {} if prefix is None else {"X-Forwarded-Prefix": prefix}
    with TestClient(app, client=(peer, 1234)) as client:
        assert client.post("/v1/features", json=IMPORT).status_code == 201
        location: str = client.post("/v1/audits", json={"model": "fake"}, headers=headers).headers[
            "location"
        ]
        path = location.removeprefix(root_path)
        if prefix is None:
            assert client.get(location).status_code == 200  # also where the proxy leaves it there
            assert client.get(path).status_code == 200
    return location.rpartition("/")[0]


def test_the_location_has_the_path_under_which_a_proxy_shows_us(tmp_path: Path) -> None:
    location = _location(tmp_path, peer=PROXY, prefix=None, root_path="/faceveil")
    assert location == "/faceveil/v1/audits"


@pytest.mark.parametrize("peer", [PROXY, "::1"])
def test_a_trusted_proxy_is_believed_where_it_shows_us(tmp_path: Path, peer: str) -> None:
    location = _location(tmp_path, peer=peer, prefix="/a/face.veil/", root_path="/set")
    assert location == "/a/face.veil/v1/audits"


@pytest.mark.parametrize("peer", ["10.2.0.1", "192.168.0.1", "testclient", "::ffff:10.1.2.3"])
def test_nobody_else_is(tmp_path: Path, peer: str) -> None:
    location = _location(tmp_path, peer=peer, prefix="/evil", root_path="/set")
    assert location == "/set/v1/audits"


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", "https://evil.example", "/a, /b", "/../a", "/a b", "/%2e", "evil", "/" * 9],
)
def test_a_prefix_that_is_no_path_is_passed_over(tmp_path: Path, prefix: str) -> None:
    location = _location(tmp_path, peer=PROXY, prefix=prefix, root_path="/set")
    assert location == "/set/v1/audits"


def test_a_prefix_is_told_in_the_document_to_who_asks_through_it(tmp_path: Path) -> None:
    settings = keeping_settings(tmp_path, server=ServerSettings(trusted_proxies=PROXY))
    app = create_app(settings, fake_engine(StillDetector()))
    with TestClient(app, client=(PROXY, 1234)) as client:
        headers = {"X-Forwarded-Prefix": "/faceveil"}
        first, *_ = client.get("/openapi.json", headers=headers).json()["servers"]
        assert first == {"url": "/faceveil"}
        twice = [("X-Forwarded-Prefix", "/evil"), ("X-Forwarded-Prefix", "/faceveil")]
        for nothing in ([], twice):
            (only,) = client.get("/openapi.json", headers=nothing).json()["servers"]
            assert only["url"] == "/"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "198.51.100.1, 203.0.113.9, 10.1.0.1", "203.0.113.9"),
        (PROXY, None, PROXY),
        ("10.2.0.1", "203.0.113.9", "10.2.0.1"),
    ],
)
async def test_the_client_is_whom_the_last_trusted_proxy_names(
    peer: str, forwarded: str | None, client: str
) -> None:
    seen: list[Scope] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def nothing(*_: object) -> None:
        """Is never called."""

    middleware = ProxyMiddleware(application, ServerSettings(trusted_proxies="10.1.0.0/16"))
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    headers += [(b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    await middleware(scope, nothing, nothing)  # type: ignore[arg-type]
    (one,) = seen
    assert one["client"][0] == client
    assert one["scheme"] == ("http" if peer == "10.2.0.1" else "https")
