"""How bodies come in: multipart form, raw or JSON; bounded, and only ever in memory."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from faceveil.api.deps import components_of
from faceveil.api.intake import Body
from faceveil.problems import (
    BodyTooLarge,
    FieldError,
    InvalidParameters,
    MalformedRequest,
    UnsupportedContentType,
)

Model = TypeVar("Model", bound=BaseModel)

_MOST_FIELDS = 16
_FIELD_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file part of a form.

    Attributes:
        name: the client's name for it; a suffix may tell its kind, nothing else is believed.
        data: its bytes.
    """

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A form's parts by the names of their fields."""

    files: dict[str, list[File]]
    fields: dict[str, str]


class _MemoryParser(MultiPartParser):
    """Starlette's parser, told never to spool a part to disk: a face must not touch it.

    A maximum of 0 means "no maximum" to `SpooledTemporaryFile`; the stream itself is bounded.
    """

    spool_max_size = 0


def content_type(request: Request) -> str:
    """The body's media type, without parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_bytes(request: Request, limit: int) -> bytes:
    """The raw body.

    Raises:
        BodyTooLarge: if it is longer than the limit.
    """
    return b"".join([chunk async for chunk in _bounded(request, limit)])


async def read_form(
    request: Request,
    limit: int,
    files: frozenset[str],
    fields: frozenset[str],
    *,
    needed: str,
    most: int,
) -> Form:
    """Reads a multipart form.

    Args:
        request: whose body it is.
        limit: most bytes.
        files: fields that may hold files.
        fields: fields that may hold text, once each.
        needed: the field of files that must be there.
        most: files, in all.

    Raises:
        BodyTooLarge: if it is longer than the limit.
        MalformedRequest: if it is no form.
        InvalidParameters: if it has too many files, fields that nobody knows, text for a file, or
            not the file that is needed.
    """
    _, options = parse_options_header(request.headers["content-type"])
    if options.get(b"charset", b"utf-8").lower() != b"utf-8":
        # RFC 7578 gives forms no such parameter, and some of Python's codecs fail on any bytes.
        raise MalformedRequest("The form names a character set. Leave it out: names are UTF-8.")
    # One part more than the most is let through, to be refused with our own sentence.
    parser = _MemoryParser(
        request.headers,
        _bounded(request, limit),
        max_files=most + 1,
        max_fields=_MOST_FIELDS,
        max_part_size=_FIELD_BYTES,
    )
    try:
        parsed = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise too_many(most) from None
        if error.message.startswith("Part exceeded"):  # a text part; file parts may be longer
            raise InvalidParameters(
                f"A text part of the form is too long. {_as_file(needed)}",
                errors=[_missing(" or ".join(sorted(files)))],
            ) from None
        raise MalformedRequest(
            "The body is not a well-formed multipart form. Check its boundary and parts."
        ) from None
    form = Form({}, {})
    errors = []
    try:
        for name, part in parsed.multi_items():
            shown = f"body.{name[:64]}"
            if isinstance(part, UploadFile):
                if name in files:
                    data = File(part.filename or "", await part.read())
                    form.files.setdefault(name, []).append(data)
                    await part.close()  # at once: a large batch is not held twice
                else:
                    errors.append(FieldError(field=shown, message="No file is expected here."))
            elif name in files:
                errors.append(_missing(name))
            elif name not in fields:
                message = (
                    f"Unknown. The form's fields are: {', '.join(sorted(files | fields))}. What "
                    "the address tells is told there only, as in ?NAME=VALUE."
                )
                errors.append(FieldError(field=shown, message=message))
            elif name in form.fields:
                errors.append(FieldError(field=shown, message="Given twice."))
            else:
                form.fields[name] = part
    finally:
        await parsed.close()
    if needed not in form.files and _missing(needed) not in errors:
        errors.insert(0, _missing(needed))
    if errors:
        raise InvalidParameters(
            f"The form does not fit. Mend the fields named in 'errors'. {_as_file(needed)}",
            errors=errors,
        )
    if sum(map(len, form.files.values())) > most:
        raise too_many(most)
    return form


def _missing(field: str) -> FieldError:
    return FieldError(
        field=f"body.{field}", message="A file part is required, one with a file name."
    )


def _as_file(needed: str) -> str:
    return f"A file is sent as a file part named '{needed}' (with curl: -F {needed}=@FILE)."


def too_many(most: int) -> InvalidParameters:
    """The refusal of more files than fit in one request."""
    return InvalidParameters(
        f"At most {most} {'file fits' if most == 1 else 'files fit'} in one request here. "
        "Send the others in another.",
        errors=[FieldError(field="body", message=f"More than {most}.")],
    )


def parse_json(model: type[Model], body: bytes, commas: int) -> Model:
    """The model that a JSON body holds.

    Args:
        model: what it must be.
        body: the JSON.
        commas: more than this many are refused unread: they count what a parser would build, and a
            few megabytes of "{}," would become gigabytes, and their errors as much again.

    Raises:
        MalformedRequest: if it is no JSON.
        InvalidParameters: if it is not what the model says.
    """
    if body.count(b",") > commas:
        raise InvalidParameters(
            "The JSON body has more members than this resource knows, or than fit in one request.",
            errors=[FieldError(field="body", message="Too many members.")],
        )
    try:
        return model.model_validate_json(body)
    except ValidationError as problem:
        if problem.errors()[0]["type"] == "json_invalid":
            raise MalformedRequest("The body is not valid JSON. Check it.") from None
        raise refuse_members(problem) from None


def refuse_members(problem: ValidationError) -> InvalidParameters:
    """The refusal of a body whose members or fields do not fit."""
    # Names of unknown members are the client's own words: they are told, cut to a sane length.
    return InvalidParameters(
        "The body does not fit. Mend the members named in 'errors'.",
        errors=[
            FieldError(field=".".join(["body", *map(str, e["loc"])])[:128], message=e["msg"])
            for e in problem.errors(include_url=False, include_input=False, include_context=False)[
                :16
            ]
        ],
    )


async def read_json(request: Request, model: type[Model]) -> Model:
    """The model that a small JSON body holds.

    Raises:
        UnsupportedContentType: if the body is not JSON.
        BodyTooLarge, BodyTimeout, Overloaded, MalformedRequest, InvalidParameters.
    """
    if content_type(request) != "application/json":
        raise UnsupportedContentType("Send JSON, with the content type application/json.")
    async with arriving(request):
        return parse_json(model, await read_bytes(request, _FIELD_BYTES * 4), commas=1024)


@asynccontextmanager
async def arriving(request: Request) -> AsyncIterator[None]:
    """Holds a place for the request's body, in which it has to come in time and at a pace.

    The place, and the room that the body takes, are kept until the request is answered.

    Raises:
        Overloaded: if there is no place, or no room.
        BodyTimeout: if it does not come.
    """
    body: Body = components_of(request).intake.admit(request.state.client)
    request.state.body = body
    async with body.coming():
        yield


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    too_large = BodyTooLarge(f"The body is larger than {limit} bytes. Send less at a time.")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise too_large
    size = 0
    body: Body = request.state.body
    async for chunk in request.stream():
        size += len(chunk)
        body.take(len(chunk))
        if size > limit:
            raise too_large
        yield chunk
