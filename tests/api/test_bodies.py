"""Bodies that are not what they should be, over TCP."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.api.refusals import assert_refused
from tests.conftest import BODY_LIMIT, BODY_SECONDS
from tests.running import RunningServer

PATH = "/v1/anonymize"
BATCH = f"{PATH}/batch"
SECRET = b"Erika Mustermann"
HEAD = b"POST /v1/anonymize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"


def _post(server: RunningServer, content: bytes, kind: str, path: str = PATH) -> httpx2.Response:
    headers = {"Content-Type": kind} if kind else {}
    return server.client.post(path, content=content, headers=headers)


def _part(disposition: str, content: bytes = b"words") -> bytes:
    head = f"--cut\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode()
    return head + content + b"\r\n"


FORM = "multipart/form-data; boundary=cut"
IMAGE_PART = _part('name="image"; filename="Erika Mustermann.jpg"')


def _raw_answer(server: RunningServer, *pieces: bytes) -> httpx2.Response:
    """Sends these bytes over a bare connection and reads one answer, which must end it."""
    with server.connect() as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return httpx2.Response(int(status.split()[1]), headers=headers, content=body)


@pytest.mark.parametrize(
    ("kind", "status", "slug"),
    [
        ("image/jpeg", 400, "malformed-request"),
        ("application/json", 400, "malformed-request"),
        (FORM, 422, "invalid-parameters"),
        ("", 415, "unsupported-content-type"),
    ],
)
def test_an_empty_body_is_refused(server: RunningServer, kind: str, status: int, slug: str) -> None:
    assert_refused(_post(server, b"", kind), status, slug)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "nonsense"],
)
@pytest.mark.parametrize("path", [PATH, BATCH])
def test_another_content_type_is_refused(server: RunningServer, path: str, kind: str) -> None:
    response = _post(server, SECRET, kind, path)
    problem = assert_refused(response, 415, "unsupported-content-type", without=SECRET.decode())
    assert "multipart" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"Erika Mustermann",
        b'{"image": "Erika Mustermann',
        b'{"image": "\xff\xfe"}',
        b'{"image": "\\ud800"}',
        b"[" * 100_000,
        b'{"image": ' * 50_000,
        b"\xef\xbb\xbf{}",
        b"\x00",
    ],
    ids=["cut", "words", "open", "utf8", "surrogate", "deep", "deep image", "mark", "nul"],
)
@pytest.mark.parametrize("path", [PATH, BATCH])
def test_broken_json_is_refused(server: RunningServer, path: str, body: bytes) -> None:
    response = _post(server, body, "application/json", path)
    assert_refused(response, 400, "malformed-request", without=SECRET.decode())


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body.image"]),
        ({"image": None}, ["body.image"]),
        ({"image": ""}, ["body.image"]),
        ({"image": 7}, ["body.image"]),
        ({"image": ["eA=="]}, ["body.image"]),
        ({"picture": "eA=="}, ["body.image", "body.picture"]),
        ({"image": "eA==", "url": "file:///etc/passwd"}, ["body.url"]),
        ([], ["body"]),
        (None, ["body"]),
    ],
    ids=str,
)
def test_json_that_does_not_fit_is_refused_by_member(
    server: RunningServer, body: Any, fields: list[str]
) -> None:
    response = _post(server, json.dumps(body).encode(), "application/json")
    problem = assert_refused(response, 422, "invalid-parameters", without="passwd")
    assert [error["field"] for error in problem["errors"]] == fields


@pytest.mark.parametrize("text", ["Erika Mustermann!", "eA=", "====", "ä", "e A ="])
def test_base64_that_is_none_is_refused(server: RunningServer, text: str) -> None:
    response = _post(server, json.dumps({"image": text}).encode(), "application/json")
    problem = assert_refused(response, 422, "unreadable-image", without="Erika")
    assert "base64" in problem["detail"]


@pytest.mark.parametrize("path", [PATH, BATCH])
def test_a_url_is_told_that_none_is_fetched(server: RunningServer, path: str) -> None:
    image = {"image": "http://127.0.0.1/Erika.jpg"}
    body = json.dumps(image if path == PATH else {"images": [image]}).encode()
    response = _post(server, body, "application/json", path)
    problem = response.json() if path == PATH else response.json()["items"][0]["error"]
    assert (problem["status"], problem["type"]) == (422, "urn:faceveil:problem:unreadable-image")
    assert "is a URL. None is ever fetched" in problem["detail"]
    assert "Erika" not in response.text


@pytest.mark.parametrize(
    ("path", "field"),
    [(PATH, "image"), (BATCH, "image"), ("/v1/audits", "file")],
)
def test_a_form_with_a_wrong_field_is_told_which_one_is_missing(
    server: RunningServer, path: str, field: str
) -> None:
    response = _post(server, _part('name="photo"; filename="a"') + b"--cut--\r\n", FORM, path)
    problem = assert_refused(response, 422, "invalid-parameters")
    assert [error["field"] for error in problem["errors"]] == [f"body.{field}", "body.photo"]
    assert f"-F {field}=@" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        IMAGE_PART.replace(b"--cut", b"--other") + b"--other--\r\n",
        b"Erika Mustermann",
        b"--cut\r\n\r\nno name\r\n--cut--\r\n",
        b"--cut\r\n" + b"X: y\r\n" * 10_000 + b"\r\nmany headers\r\n--cut--\r\n",
        b"--cut\r\nX\x00Y: z\r\n\r\nbad header\r\n--cut--\r\n",
        b"".join(_part(f'name="field{index}"') for index in range(100)) + b"--cut--\r\n",
    ],
    ids=["wrong boundary", "words", "no name", "many headers", "bad header", "many fields"],
)
@pytest.mark.parametrize("path", [PATH, BATCH])
def test_a_broken_form_is_refused(server: RunningServer, path: str, body: bytes) -> None:
    response = _post(server, body, FORM, path)
    assert_refused(response, 400, "malformed-request", without=SECRET.decode())


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
def test_a_form_without_a_boundary_is_refused(server: RunningServer, kind: str) -> None:
    assert_refused(_post(server, IMAGE_PART, kind), 400, "malformed-request")


@pytest.mark.parametrize("charset", ["undefined", "utf-7", "unicode_escape", "idna", "nonsense"])
def test_a_form_that_names_a_character_set_is_refused(server: RunningServer, charset: str) -> None:
    body = _part('name="im+2AA-age\\ud800"; filename="a"') + b"--cut--\r\n"
    assert_refused(_post(server, body, f"{FORM}; charset={charset}"), 400, "malformed-request")


@pytest.mark.parametrize(
    "body",
    [
        b"--cut--\r\n",
        _part('name="image"') + b"--cut--\r\n",
        _part('name="image"', bytes(2 * 2**20)) + b"--cut--\r\n",
        IMAGE_PART[:-2],
    ],
    ids=["no parts", "text instead of a file", "long text instead of a file", "no end"],
)
def test_a_form_without_an_image_file_is_refused(server: RunningServer, body: bytes) -> None:
    problem = assert_refused(_post(server, body, FORM), 422, "invalid-parameters")
    assert problem["errors"][0]["field"] == "body.image"


def test_an_unknown_form_field_is_refused_by_name(server: RunningServer) -> None:
    body = IMAGE_PART + _part('name="imgae"') + b"--cut--\r\n"
    problem = assert_refused(_post(server, body, FORM), 422, "invalid-parameters")
    (error,) = problem["errors"]
    assert error["field"] == "body.imgae"
    assert "image, session, store, subject" in error["message"]


def test_a_choice_in_the_form_is_told_that_its_place_is_the_address(server: RunningServer) -> None:
    body = IMAGE_PART + _part('name="level"') + b"--cut--\r\n"
    (error,) = assert_refused(_post(server, body, FORM), 422, "invalid-parameters")["errors"]
    assert error["field"] == "body.level"
    assert "?NAME=VALUE" in error["message"]


def test_two_images_are_too_many_for_one_answer(server: RunningServer) -> None:
    for count in (2, 3):
        response = _post(server, IMAGE_PART * count + b"--cut--\r\n", FORM)
        problem = assert_refused(response, 422, "invalid-parameters")
        assert "At most 1 file" in problem["detail"]


def test_an_announced_body_above_the_limit_is_refused_before_it_is_sent(
    server: RunningServer,
) -> None:
    response = _raw_answer(server, HEAD + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1))
    assert_refused(response, 413, "body-too-large")
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("kind", ["image/jpeg", "application/json", FORM])
def test_a_chunked_body_above_the_limit_is_refused_while_it_is_read(
    server: RunningServer, kind: str
) -> None:
    start = _part('name="image"; filename="a"') if kind == FORM else b""

    def pieces() -> Iterator[bytes]:
        yield HEAD.replace(b"image/jpeg", kind.encode()) + b"Transfer-Encoding: chunked\r\n\r\n"
        data = start + bytes(BODY_LIMIT + 1 - len(start))
        for at in range(0, len(data), 65536):
            piece = data[at : at + 65536]
            yield b"%x\r\n" % len(piece) + piece + b"\r\n"
        # The end never comes: whoever waited for it would be timed out, not told that it is large.

    assert_refused(_raw_answer(server, *pieces()), 413, "body-too-large")


def test_a_body_of_the_largest_size_is_read(server: RunningServer) -> None:
    response = _post(server, bytes(BODY_LIMIT), "image/jpeg")
    assert_refused(response, 422, "unreadable-image")


def test_a_body_that_does_not_arrive_in_time_is_given_up(server: RunningServer) -> None:
    response = _raw_answer(server, HEAD + b"Content-Length: 100\r\n\r\nslow")
    problem = assert_refused(response, 408, "body-timeout")
    assert f"{BODY_SECONDS:g} seconds" in problem["detail"]
    assert response.headers["connection"] == "close"


def test_a_body_shorter_than_announced_harms_nobody(
    server: RunningServer, face_jpeg: bytes
) -> None:
    with server.connect() as connection:
        connection.sendall(HEAD + b"X-Request-ID: short\r\nContent-Length: 1000\r\n\r\nshort")
    assert server.log_of("short")[-1]["status"] == 499
    assert _post(server, face_jpeg, "image/jpeg").status_code == 200


def test_a_body_longer_than_announced_harms_nobody(server: RunningServer, face_jpeg: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 20\r\n\r\n" + face_jpeg)
        answer = connection.recv(65536)
    assert re.match(rb"HTTP/1.1 4\d\d ", answer)
    assert _post(server, face_jpeg, "image/jpeg").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (BATCH, b'{"images": [' + b"{}," * 2_000_000 + b"{}]}"),
        (PATH, b'{"image": "eA=="' + b',"a":1' * 900_000 + b"}"),
    ],
)
def test_json_of_very_many_members_is_refused_before_it_is_parsed(
    server: RunningServer, path: str, body: bytes
) -> None:
    response = _post(server, body, "application/json", path)
    problem = assert_refused(response, 422, "invalid-parameters")
    assert problem["errors"] == [{"field": "body", "message": "Too many members."}]
