"""How the page is served: to whom, with which headers, under which addresses."""

import gzip
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from faceveil.app import create_app
from faceveil.page.site import STATIC, VENDOR, load_site
from faceveil.settings import ServerSettings, Settings
from tests.api.refusals import assert_refused
from tests.fakes import StillDetector, fake_engine

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MODULES = sorted(
    name for name in load_site().files if name.endswith(".js") and not name.startswith(VENDOR)
)


def _files(page: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="(page/[^"]+)"', page))


def test_a_browser_is_shown_the_page(client: TestClient) -> None:
    answer = client.get("/", headers=HTML)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "", "text/html;q=0", "text/html;q=0.0, */*"]
)
def test_whoever_takes_no_html_is_told_of_the_api(client: TestClient, accept: str) -> None:
    told = assert_refused(client.get("/", headers={"Accept": accept}), 404, "not-found")
    assert "openapi.json" in told["detail"]


def test_the_page_lets_nothing_in_from_elsewhere(client: TestClient) -> None:
    page = client.get("/", headers=HTML)
    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert page.headers["content-security-policy"].count("unsafe") == 1
    assert page.headers["permissions-policy"].startswith("camera=(self), microphone=()")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.findall(r"https?:|//", re.sub(r"<!.*?>", "", page.text))


def test_every_file_is_served_as_what_it_is_and_kept_for_ever(client: TestClient) -> None:
    site = load_site()
    for name, file in site.files.items():
        answer = client.get(f"/page/{site.version}/{name}")
        packed = file.encoding == "gzip"
        assert answer.content == (gzip.decompress(file.content) if packed else file.content)
        assert answer.headers["content-type"] == file.media_type
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_itself_is_asked_for_anew_and_sent_once(client: TestClient) -> None:
    first = client.get("/", headers=HTML)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/", headers=HTML | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_what_the_page_loads_is_there(client: TestClient) -> None:
    loaded = _files(client.get("/", headers=HTML).text)
    assert {"main.js", "tokens.css", "icon.svg"} <= {Path(name).name for name in loaded}
    assert {name.split("/", 2)[2] for name in loaded if name.endswith(".js")} == set(MODULES)
    for name in loaded:
        assert client.get(f"/{name}").status_code == 200, name


@pytest.mark.parametrize(
    "path", ["main.js", "0/js/main.js", "{}/js/none.js", "{}/index.html", "{}/../site.py", "{}/"]
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/page/{path.format(load_site().version)}").status_code == 404


def test_the_page_can_be_switched_off(tmp_path: Path) -> None:
    app = create_app(Settings(state_directory=tmp_path, page=False), fake_engine(StillDetector()))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert_refused(client.get("/", headers=HTML), 404, "not-found")
        assert client.get(f"/page/{load_site().version}/js/main.js").status_code == 404


@pytest.mark.parametrize("path", ["/faceveil", "/faceveil/", "/"])
def test_behind_a_prefix_everything_is_below_it(tmp_path: Path, path: str) -> None:
    settings = Settings(state_directory=tmp_path, server=ServerSettings(root_path="/faceveil"))
    app = create_app(settings, fake_engine(StillDetector()))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        page = client.get(path, headers=HTML)
        assert '<base href="/faceveil/">' in page.text
        for name in _files(page.text):
            assert client.get(f"/faceveil/{name}").status_code == 200


def test_the_page_is_no_part_of_the_api(client: TestClient) -> None:
    assert not [path for path in client.get("/openapi.json").json()["paths"] if "page" in path]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1"}, 200),
        ({"Origin": "https://faces.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example", "Host": "evil.example"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_without_keys_its_own_page_may_ask_and_no_other(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert client.get("/v1/models", headers=headers).status_code == status


def test_no_file_names_an_address_elsewhere() -> None:
    # What is vendored may name them in words; the policy lets it load nothing from there.
    own = [file for file in STATIC.rglob("*.*") if VENDOR not in file.as_posix()]
    assert own
    for file in own:
        found = re.findall(r"https?://[^\s'\"`]+", file.read_text(encoding="utf-8"))
        assert {one for one in found if "www.w3.org" not in one} == set(), file


@pytest.mark.parametrize("name", MODULES)
def test_no_module_makes_markup_or_code_of_text(name: str) -> None:
    code = (STATIC / name).read_text(encoding="utf-8")
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert way not in code
    for store in ("localStorage", "sessionStorage", "indexedDB", "document.cookie"):
        assert store not in code
