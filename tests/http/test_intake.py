"""A body that is declared once is read and documented as it was declared."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.types import Message

from faceveil.http.forms import FORM, File, FileField, Form, Multipart
from faceveil.http.intake import Intake, Json, Raw
from faceveil.http.openapi import BINARY
from faceveil.http.room import BodyRoom
from faceveil.problems import (
    BodyTooLarge,
    InvalidParameters,
    MalformedRequest,
    Overloaded,
    UnsupportedContentType,
)
from faceveil.settings import LimitSettings

pytestmark = pytest.mark.anyio

LIMITS = LimitSettings(body_bytes=1024)


class Note(BaseModel):
    text: str


class NoteForm(BaseModel):
    model_config = FORM

    page: Annotated[FileField, Field(description="The note.")]
    cover: Annotated[FileField | None, Field(description="Before it.")] = None
    text: str = ""


class PagesForm(BaseModel):
    model_config = FORM

    page: list[FileField] = Field(min_length=1)


NOTE = Intake[Form | Note | bytes](
    Multipart(NoteForm, lambda limits: limits.body_bytes),
    Raw({"text/plain": BINARY}, lambda limits: limits.body_bytes, family="text/"),
    Json(Note, lambda limits: limits.body_bytes, lambda _: 2, {"text": "hello"}),
    otherwise="Send a note.",
)
PAGES = Intake[Form](
    Multipart(PagesForm, lambda limits: limits.body_bytes, lambda _: 2), otherwise="Send pages."
)


def _request(kind: str, body: bytes, room: BodyRoom | None = None) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    scope: dict[str, Any] = {
        "type": "http",
        "headers": [(b"content-type", kind.encode())],
        "state": {"room": room or BodyRoom(LIMITS), "client": "somebody"},
    }
    return Request(scope, receive)


def _form(*parts: tuple[str, str]) -> tuple[str, bytes]:
    """Parts by their names; those whose text begins with a dot are files."""
    lines = []
    for name, text in parts:
        file = '; filename="a.txt"' if text.startswith(".") else ""
        lines += ["--b", f'Content-Disposition: form-data; name="{name}"{file}', "", text]
    return "multipart/form-data; boundary=b", "\r\n".join([*lines, "--b--", ""]).encode()


async def test_each_way_is_read_as_what_it_was_declared_to_be() -> None:
    assert await NOTE.read(_request("application/json", b'{"text": "a"}'), LIMITS) == Note(text="a")
    assert await NOTE.read(_request("Text/Markdown; charset=utf-8", b"# a"), LIMITS) == b"# a"
    form = await NOTE.read(_request(*_form(("page", ".one"), ("text", "a"))), LIMITS)
    assert form == Form({"page": [File("a.txt", b".one")]}, {"text": "a"})


async def test_the_document_says_what_is_read() -> None:
    documented = NOTE.documented({"name": "X-Of"})
    assert documented["parameters"] == [{"name": "X-Of"}]
    assert documented["requestBody"]["content"] == {
        "multipart/form-data": {"schema": {"$ref": "#/components/schemas/NoteForm"}},
        "text/plain": {"schema": BINARY},
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Note"},
            "example": {"text": "hello"},
        },
    }
    assert documented["requestBody"].models == [NoteForm, Note]
    assert "parameters" not in PAGES.documented()


@pytest.mark.parametrize("kind", ["", "image/png", "application/jsonp", "multipart/mixed"])
async def test_what_comes_in_no_declared_way_takes_no_place(kind: str) -> None:
    room = BodyRoom(LIMITS)
    with pytest.raises(UnsupportedContentType, match="Send a note"):
        await NOTE.read(_request(kind, b"a", room), LIMITS)
    assert room.here == 0


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ([("text", "a")], ["body.page"]),
        ([("page", "no file")], ["body.page"]),
        ([("page", ".a"), ("text", ".a")], ["body.text"]),
        ([("page", ".a"), ("title", "a")], ["body.title"]),
        ([("page", ".a"), ("text", "a"), ("text", "a")], ["body.text"]),
        ([("cover", ".a"), ("title", "a")], ["body.page", "body.title"]),
        ([("page", ".a"), ("page", ".a"), ("cover", ".a")], ["body"]),
    ],
)
async def test_a_form_has_the_parts_that_its_model_has(
    parts: list[tuple[str, str]], fields: list[str]
) -> None:
    with pytest.raises(InvalidParameters) as refusal:
        await NOTE.read(_request(*_form(*parts)), LIMITS)
    assert [error.field for error in refusal.value.errors or ()] == fields


async def test_a_list_of_files_may_be_as_long_as_was_declared() -> None:
    form = await PAGES.read(_request(*_form(("page", ".one"), ("page", ".two"))), LIMITS)
    assert [file.data for file in form.files["page"]] == [b".one", b".two"]
    with pytest.raises(InvalidParameters, match="At most 2 files fit"):
        await PAGES.read(_request(*_form(*[("page", ".a")] * 3)), LIMITS)


@pytest.mark.parametrize(
    ("kind", "body", "refusal"),
    [
        ("text/plain", b"a" * 1025, BodyTooLarge),
        ("application/json", b'"' + b"a" * 1025, BodyTooLarge),
        ("application/json", b'{"text"', MalformedRequest),
        ("application/json", b"{}", InvalidParameters),
        ("application/json", b'{"text": ",,,"}', InvalidParameters),
        ("multipart/form-data", b"", MalformedRequest),
        ("multipart/form-data; boundary=b", b"--b--" + b" " * 1025, BodyTooLarge),
    ],
)
async def test_each_way_has_its_bounds(kind: str, body: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        await NOTE.read(_request(kind, body), LIMITS)


async def test_a_body_keeps_its_place_until_it_is_answered() -> None:
    room = BodyRoom(LimitSettings(body_bytes=1024, bodies=2))
    first = _request("text/plain", b"a", room)
    await NOTE.read(first, LIMITS)
    assert (room.here, room.held) == (1, 1)
    with pytest.raises(Overloaded):
        await NOTE.read(_request("text/plain", b"a", room), LIMITS)
    first.state.body.leave()
    assert (room.here, room.held) == (0, 0)
