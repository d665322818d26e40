"""Whatever goes wrong is told in one way, and tells nothing of the image."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from faceveil.api.components import Components
from faceveil.http.openapi import problem_example
from faceveil.problems import Overloaded, Problem, ProblemDetails
from faceveil.telemetry.logs import JsonFormatter
from faceveil.vision.face import Face, GreyImage
from tests.api.refusals import assert_refused
from tests.fakes import fake_engine

PATH = "/v1/anonymize"
SECRET = "Erika Mustermann"


class CrashingDetector:
    """Fails, and quotes what it was working on, as many libraries do."""

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        raise ValueError(f"cannot see {SECRET} in {picture!r}")


@pytest.fixture
def crash(components: Components, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "engine", fake_engine(CrashingDetector()))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the service logs, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("faceveil")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


@pytest.mark.usefixtures("crash")
@pytest.mark.parametrize("path", [PATH, f"{PATH}/batch"])
def test_a_crash_is_told_without_what_it_quotes(
    client: TestClient, log: io.StringIO, face_jpeg: bytes, path: str
) -> None:
    response = client.post(path, files={"image": (f"{SECRET}.jpg", face_jpeg)})
    if path == PATH:
        problem = assert_refused(response, 500, "internal-error", without=SECRET)
    else:
        (problem,) = (item["error"] for item in response.json()["items"])
        assert problem["type"] == "urn:faceveil:problem:internal-error"
        assert SECRET not in response.text
    assert SECRET not in log.getvalue()
    records = [json.loads(line) for line in log.getvalue().splitlines()]
    (failure,) = [record for record in records if record["level"] == "error"]
    assert failure["request_id"] == problem["request_id"]
    assert failure["exception"] == "ValueError"
    assert any("CrashingDetector.detect" in place for place in failure["places"])


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/anonymize", "/v1/models/", "/docs", "/%2e%2e/"])
def test_an_unknown_path_is_not_found(client: TestClient, path: str) -> None:
    assert_refused(client.get(path), 404, "not-found")


def test_a_trailing_slash_is_not_redirected(client: TestClient, face_jpeg: bytes) -> None:
    # A redirect would send the face once more, to a host that the request named.
    headers = {"Content-Type": "image/jpeg", "Host": "elsewhere.example"}
    response = client.post(f"{PATH}/", content=face_jpeg, headers=headers)
    assert_refused(response, 404, "not-found", without="elsewhere")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_not_allowed(client: TestClient, method: str) -> None:
    response = client.request(method, PATH)
    assert_refused(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"


def test_head_is_refused_without_a_body_where_get_is(client: TestClient) -> None:
    response = client.head(PATH)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.content == b""


def test_where_get_is_allowed_head_is_named_too(client: TestClient) -> None:
    for path, allowed in (
        ("/v1/models", "GET, HEAD"),
        ("/v1/features", "GET, HEAD, POST"),
        ("/v1/audits/01a20ca4-2f18-7000-8000-b24d08d66b20", "GET, HEAD, DELETE"),
    ):
        assert client.put(path).headers["allow"] == allowed


def test_a_request_id_of_ours_or_of_the_clients_comes_back(client: TestClient) -> None:
    assert client.get("/", headers={"X-Request-ID": "a-1.b_2"}).json()["request_id"] == "a-1.b_2"
    made = {client.get("/").json()["request_id"] for _ in range(3)}
    assert len(made) == 3


@pytest.mark.parametrize("unfit", ["", "two words", "x" * 65, "<script>", "a\tb"])
def test_a_request_id_that_could_forge_a_log_is_replaced(client: TestClient, unfit: str) -> None:
    response = client.get("/", headers={"X-Request-ID": unfit})
    assert response.json()["request_id"] not in ("", unfit)


def _every(kind: type[Problem]) -> list[type[Problem]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _every(child))]


PROBLEMS = [kind for kind in _every(Problem) if kind is not Problem]


def test_every_kind_of_problem_has_a_type_of_its_own() -> None:
    types = [kind.type_uri() for kind in PROBLEMS]
    assert len(set(types)) == len(types)


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_kind_of_problem_says_what_it_is_in_words(kind: type[Problem]) -> None:
    example: dict[str, Any] = problem_example(kind)
    problem = ProblemDetails.model_validate(example)
    assert 400 <= problem.status < 600
    assert problem.title[0].isupper()
    assert not problem.title.endswith(".")
    assert problem.detail.endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in PROBLEMS if kind.status in (429, 503)])
def test_whoever_may_come_again_is_told_when(kind: type[Problem]) -> None:
    more = [1] if issubclass(kind, Overloaded) else []
    assert int(kind(kind.example, *more).headers["Retry-After"]) >= 1
