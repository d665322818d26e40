"""What is said beside an image: whether it is to be stored, whose it is, when it was taken."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import SkipJsonSchema
from starlette.datastructures import Headers

from faceveil.api.fields import Captured, SessionLabel, SubjectName, Unknown
from faceveil.http.errors import unfit
from faceveil.http.openapi import never_null
from faceveil.problems import FieldError, InvalidParameters

_HEADERS = {
    "X-Store": "store",
    "X-Subject": "subject",
    "X-Session": "session",
    "X-Captured-At": "captured_at",
}


class StoreFields(BaseModel):
    """What is to be stored beside an image's embedding."""

    # Documented as a parameter alone: makers of clients would have it thrice under one name.
    store: SkipJsonSchema[bool] = False
    subject: SubjectName | None = None
    session: Annotated[SessionLabel | None, Unknown] = None
    captured_at: Annotated[Captured | None, Unknown] = None


_MOMENT_PATTERN = r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$"


def _header_schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = never_null(StoreFields.model_json_schema()["properties"][name])
    if schema.pop("format", None) is not None:  # makers of clients know no moments in headers
        schema["pattern"] = _MOMENT_PATTERN
    return schema


STORE_PARAMETERS = [
    {
        "name": header,
        "in": "header",
        "description": f"Beside a raw body only: as `{name}` in a form or in JSON.",
        "schema": _header_schema(name),
    }
    for header, name in _HEADERS.items()
    if name != "store"
]
"""The headers, for the OpenAPI document."""


def of_form(fields: Mapping[str, str]) -> StoreFields:
    """What a form's fields say.

    Raises:
        InvalidParameters: if one does not fit.
    """
    return _checked(dict(fields), {name: f"body.{name}" for name in StoreFields.model_fields})


def of_headers(headers: Headers) -> StoreFields:
    """What the headers beside a raw body say; they are UTF-8.

    Raises:
        InvalidParameters: if one does not fit.
    """
    given = {}
    for header, name in _HEADERS.items():
        if header in headers:
            raw = headers[header].encode("latin-1")
            try:
                given[name] = raw.decode()
            except UnicodeDecodeError:
                raise unfit(f"header.{header}", "It is not UTF-8.") from None
    return _checked(given, {name: f"header.{header}" for header, name in _HEADERS.items()})


def refuse_headers(headers: Headers) -> None:
    """For bodies that say themselves what is to be stored: lets pass where no header says more.

    Raises:
        InvalidParameters: if one does, or does not fit; it would be left out in silence.
    """
    given = [header for header in _HEADERS if header in headers]
    if given and of_headers(headers) != StoreFields():
        name = _HEADERS[given[0]]
        raise unfit(f"header.{given[0]}", f"Only beside a raw body; put `{name}` into this one.")


def _checked(given: dict[str, Any], names: Mapping[str, str]) -> StoreFields:
    try:
        return StoreFields.model_validate(given)
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_input=False, include_context=False)
    raise InvalidParameters(
        InvalidParameters.example,
        errors=[FieldError(field=names[str(e["loc"][0])], message=e["msg"]) for e in errors],
    )
