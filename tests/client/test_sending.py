"""What a client does with refusals, broken connections, pictures and files."""

import inspect
import io
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from faceveil import AsyncClient, Client, problems
from faceveil.client import Retries
from faceveil.client.answers import ProblemDetails, Progress
from faceveil.client.errors import (
    AuditEnded,
    FaceVeilError,
    TimedOut,
    UnexpectedAnswer,
    Unreachable,
)
from faceveil.client.pictures import file_of
from faceveil.client.problems import Overloaded, Problem, RateExceeded, problem_of
from tests.client.document import OPERATIONS, Documented
from tests.pictures import encoded, wide_face

URL = "http://server"
Answer = Callable[[httpx2.Request], httpx2.Response]


def _client(answer: Answer, **options: Any) -> Client:
    return Client(
        http=httpx2.Client(base_url=URL, transport=httpx2.MockTransport(answer)), **options
    )


def _refused(slug: str, status: int, **headers: str) -> httpx2.Response:
    details = ProblemDetails(
        type=f"urn:faceveil:problem:{slug}",
        title="No",
        status=status,
        detail="Not now.",
        request_id="5f1d7a84c3b2e690",
    )
    content = details.model_dump_json()
    return httpx2.Response(
        status, content=content, headers={"Content-Type": "application/problem+json"} | headers
    )


def _after(*first: httpx2.Response | Exception) -> tuple[Answer, list[httpx2.Request]]:
    """What answers so first, then as the document says; and the requests that came."""
    waiting, came = list(first), list[httpx2.Request]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        came.append(request)
        if not waiting:
            return Documented()(request)
        one = waiting.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return answer, came


def _tree(root: type[Exception], names: Callable[[type], bool]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in root.__subclasses__():
        if names(kind):
            found |= {kind.__name__: root.__name__} | _tree(kind, names)
    return found


def test_the_exceptions_are_the_servers_problems_in_the_same_tree() -> None:
    ours = _tree(Problem, lambda kind: kind.__module__ == Problem.__module__)
    theirs = _tree(problems.Problem, lambda kind: kind.__module__ == problems.__name__)
    assert len(ours) > 30
    assert ours == theirs


def test_each_refusal_of_the_document_is_an_exception_of_its_name() -> None:
    for operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            if status[0] == "2":
                continue
            for slug, example in response["content"]["application/problem+json"][
                "examples"
            ].items():
                raised = problem_of(ProblemDetails.model_validate(example["value"]))
                name = "".join(part.capitalize() for part in slug.split("-"))
                assert type(raised).__name__ == name
                assert raised.details.detail in str(raised)


def test_a_refusal_of_a_kind_that_is_new_is_the_nearest_of_its_status() -> None:
    answer, _ = _after(_refused("brand-new", 422))
    with pytest.raises(Problem, match="Not now") as raised:
        _client(answer).anonymize(b"a picture")
    assert type(raised.value).__name__ == "Unprocessable"


def test_a_busy_server_is_asked_again_after_as_long_as_it_says() -> None:
    answer, came = _after(
        _refused("rate-exceeded", 429, **{"Retry-After": "0"}),
        _refused("store-busy", 503, **{"Retry-After": "0"}),
    )
    stored = _client(answer).store(b"a picture", "ann")
    assert stored.face.emotion.label == "happiness"
    assert len(came) == 3
    assert len({request.headers["Idempotency-Key"] for request in came}) == 1


def test_it_is_given_up_after_so_many_tries() -> None:
    answer, came = _after(*[_refused("overloaded", 429, **{"Retry-After": "0"})] * 9)
    with pytest.raises(Overloaded) as raised:
        _client(answer, retries=Retries(most=2)).anonymize(b"a picture")
    assert len(came) == 3
    assert raised.value.retry_after == 0


def test_longer_than_the_longest_wait_is_not_waited() -> None:
    answer, came = _after(_refused("rate-exceeded", 429, **{"Retry-After": "3600"}))
    with pytest.raises(RateExceeded) as raised:
        _client(answer).anonymize(b"a picture")
    assert raised.value.retry_after == 3600
    assert len(came) == 1


def test_a_moment_may_say_how_long_to_wait() -> None:
    answer, _ = _after(
        _refused("not-ready", 503, **{"Retry-After": formatdate(time.time() + 90, usegmt=True)})
    )
    with pytest.raises(Problem) as raised:
        _client(answer, retries=Retries(longest_wait=1)).list_models()
    assert raised.value.retry_after == pytest.approx(90, abs=5)


def test_without_word_of_it_waits_grow_and_end() -> None:
    retries, failure = Retries(most=4, longest_wait=30), Unreachable("gone")
    waits = [retries.wait(tries, failure) for tries in range(1, 6)]
    assert waits.pop() is None
    for tries, wait in enumerate(waits, 1):
        assert wait is not None
        assert 0.125 * 2**tries <= wait <= 0.25 * 2**tries


@pytest.mark.parametrize(
    ("slug", "status"), [("no-face", 422), ("internal-error", 500), ("forbidden", 403)]
)
def test_what_would_be_refused_again_is_not_sent_again(slug: str, status: int) -> None:
    answer, came = _after(*[_refused(slug, status, **{"Retry-After": "0"})] * 2)
    with pytest.raises(Problem):
        _client(answer).anonymize(b"a picture")
    assert len(came) == 1


def test_whether_it_is_ready_is_asked_once() -> None:
    answer, came = _after(*[_refused("not-ready", 503, **{"Retry-After": "0"})] * 2)
    with pytest.raises(Problem):
        _client(answer).ready()
    assert len(came) == 1


def test_a_timeout_is_told_and_not_tried_again() -> None:
    answer, came = _after(httpx2.ReadTimeout("slow"))
    with pytest.raises(TimedOut, match=URL):
        _client(answer).anonymize(b"a picture")
    assert len(came) == 1


def test_a_broken_connection_is_told_by_its_address() -> None:
    answer, came = _after(httpx2.ConnectError("refused"))
    with pytest.raises(Unreachable, match=URL):
        _client(answer, retries=Retries(most=0)).anonymize(b"a picture")
    assert len(came) == 1


@pytest.mark.anyio
async def test_the_asynchronous_client_tries_again_too() -> None:
    answer, came = _after(_refused("overloaded", 429, **{"Retry-After": "0"}))
    http = httpx2.AsyncClient(base_url=URL, transport=httpx2.MockTransport(answer))
    async with AsyncClient(http=http) as client:
        assert (await client.anonymize(b"a picture")).face.score == 0.93
    assert len(came) == 2


def test_what_is_no_answer_of_faceveils_is_told_as_such() -> None:
    page = httpx2.Response(404, html="<h1>nginx</h1>")
    with pytest.raises(UnexpectedAnswer, match="404 with text/html"):
        _client(_after(page)[0]).list_models()
    with pytest.raises(UnexpectedAnswer, match="no ModelList"):
        _client(_after(httpx2.Response(200, json={"hello": 1}))[0]).list_models()


def test_every_exception_is_a_faceveil_error() -> None:
    for kind in (Unreachable, TimedOut, UnexpectedAnswer, AuditEnded, Problem):
        assert issubclass(kind, FaceVeilError)


def test_a_picture_is_sent_without_the_name_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "erika mustermann.jpg"
    file.write_bytes(b"a picture")
    answer, came = _after()
    client = _client(answer)
    client.store(file, "ann")
    client.anonymize_batch([str(file)])
    for request in came:
        assert b"a picture" in request.read()
        assert b"erika" not in request.content


def test_a_picture_of_pillows_is_sent_upright_and_without_what_a_camera_wrote() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    lying = Image.open(
        io.BytesIO(encoded(wide_face().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif))
    )
    sent = Image.open(io.BytesIO(file_of(lying)))
    assert sent.size == wide_face().size
    assert not sent.getexif()
    assert sent.tobytes() == wide_face().tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_pictures_of_every_mode_can_be_sent(mode: str) -> None:
    assert Image.open(io.BytesIO(file_of(Image.new(mode, (4, 4))))).size == (4, 4)


def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    class Broken(httpx2.SyncByteStream):
        def __iter__(self) -> Any:
            yield b"id,subject\r\n"
            raise httpx2.ReadError("cut")

    answer, _ = _after(httpx2.Response(200, stream=Broken()))
    to = tmp_path / "features.csv"
    with pytest.raises(Unreachable):
        _client(answer, retries=Retries(most=0)).export_features(to)
    assert not list(tmp_path.iterdir())


def test_an_audit_is_waited_for_and_tells_how_far_it_is() -> None:
    told: list[Progress] = []
    audit = OPERATIONS["getAudit"]["responses"]["200"]["content"]["application/json"]["example"]
    answer, _ = _after(
        httpx2.Response(200, json=audit), httpx2.Response(200, json=audit | {"state": "done"})
    )
    client = _client(answer)
    assert client.wait_for_audit(audit["id"], progress=told.append, every=0).state == "done"
    assert [(one.done, one.steps) for one in told] == [(17, 120)] * 2


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_an_audit_without_a_result_is_an_exception_that_says_why(state: str) -> None:
    audit = OPERATIONS["getAudit"]["responses"]["200"]["content"]["application/json"]["example"]
    answer, _ = _after(httpx2.Response(200, json=audit | {"state": state, "failure": "Too few."}))
    with pytest.raises(AuditEnded, match=rf"{state}: Too few\."):
        _client(answer).wait_for_audit(audit["id"])


def test_waiting_for_an_audit_has_an_end() -> None:
    audit = OPERATIONS["getAudit"]["responses"]["200"]["content"]["application/json"]["example"]
    with pytest.raises(TimedOut, match="it goes on"):
        _client(Documented()).wait_for_audit(audit["id"], timeout=0)


def test_a_key_is_shown_to_the_server_and_in_no_repr() -> None:
    client = Client(URL, key="fv_secret")
    assert "fv_secret" not in repr(client) + repr(vars(client))
    assert inspect.signature(client.anonymize).parameters["picture"]
    client.close()


def test_an_address_without_its_scheme_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="http://"):
        Client("127.0.0.1:8000")
