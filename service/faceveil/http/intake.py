"""What a route takes as its body, declared once: read by it, and documented by it.

FastAPI would read a body whole before it knew who asks and how much of it there may be.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from faceveil.http.openapi import RequestBody
from faceveil.http.room import arriving, read_bytes
from faceveil.problems import (
    FieldError,
    InvalidParameters,
    MalformedRequest,
    UnsupportedContentType,
)
from faceveil.settings import LimitSettings

B_co = TypeVar("B_co", covariant=True)
M = TypeVar("M", bound=BaseModel)

Contents = Mapping[str, type[BaseModel] | dict[str, Any]]
Limit = Callable[[LimitSettings], int]
JSON = "application/json"


class Way(Generic[B_co]):
    """One way in which a body may come: here as raw bytes or JSON, in `forms` as a form."""

    def __init__(self, contents: Contents, most_bytes: Limit, example: Any = None) -> None:
        """Declares it.

        Args:
            contents: by media type, the model or the schema of a body.
            most_bytes: of a body.
            example: a body that is taken, for the document.
        """
        self.contents, self.example = contents, example
        self._most_bytes = most_bytes

    def takes(self, kind: str) -> bool:
        """Whether bodies of this media type come this way."""
        return kind in self.contents

    async def read(self, request: Request, limits: LimitSettings) -> B_co:
        """Reads a body that is arriving."""
        raise NotImplementedError


class Intake(Generic[B_co]):
    """The ways in which the bodies of a route may come."""

    def __init__(self, *ways: Way[B_co], otherwise: str) -> None:
        """Declares them.

        Args:
            ways: in the document's order.
            otherwise: says what to send, to whoever sends anything else.
        """
        self._ways = ways
        self._otherwise = otherwise

    def documented(self, *parameters: dict[str, Any]) -> dict[str, Any]:
        """The `openapi_extra` of a route with this intake.

        Args:
            parameters: headers that the route reads itself.
        """
        body = RequestBody(
            (kind, content, way.example)
            for way in self._ways
            for kind, content in way.contents.items()
        )
        headers = {"parameters": list(parameters)} if parameters else {}
        return {**headers, "requestBody": body}

    async def read(self, request: Request, limits: LimitSettings) -> B_co:
        """Reads the body of a request.

        Raises:
            UnsupportedContentType: if it comes in none of the ways.
            BodyTooLarge, BodyTimeout, Overloaded, MalformedRequest, InvalidParameters: as the body
                deserves.
        """
        kind = content_type(request)
        for way in self._ways:
            if way.takes(kind):
                async with arriving(request):
                    return await way.read(request, limits)
        raise UnsupportedContentType(self._otherwise)


class Raw(Way[bytes]):
    """A body that is taken as the bytes that it is."""

    def __init__(
        self, contents: Contents, most_bytes: Limit, example: Any = None, family: str | None = None
    ) -> None:
        """Declares it; all media types are taken that begin as `family` does, such as `image/`."""
        super().__init__(contents, most_bytes, example)
        self._family = family

    def takes(self, kind: str) -> bool:
        """Whether bodies of this media type come this way."""
        return super().takes(kind) or (self._family is not None and kind.startswith(self._family))

    async def read(self, request: Request, limits: LimitSettings) -> bytes:
        """Reads all of it; raises BodyTooLarge if it is longer than the limit."""
        return await read_bytes(request, self._most_bytes(limits))


class Json(Way[M]):
    """A body that is JSON, of one model."""

    def __init__(self, model: type[M], most_bytes: Limit, most_commas: Limit, example: Any) -> None:
        """Declares it; `parse_json` says what the commas are counted for."""
        super().__init__({JSON: model}, most_bytes, example)
        self._model, self._most_commas = model, most_commas

    async def read(self, request: Request, limits: LimitSettings) -> M:
        """Reads and parses it; raises BodyTooLarge, and what `parse_json` does."""
        data = await read_bytes(request, self._most_bytes(limits))
        return parse_json(self._model, data, self._most_commas(limits))


def content_type(request: Request) -> str:
    """The body's media type, without parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def parse_json(model: type[M], body: bytes, commas: int) -> M:
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
