"""Whose a feature is, and when it was taken: what an app says beside what is to be stored."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
)
from starlette.datastructures import Headers

from faceveil import labels
from faceveil.api.contents import never_null
from faceveil.problems import FieldError, InvalidParameters

_HEADERS = {
    "X-Store": "store",
    "X-Subject": "subject",
    "X-Session": "session",
    "X-Captured-At": "captured_at",
}


def _printable(given: str) -> str:
    name = labels.plain(given)
    if not name.isprintable() or not name:
        raise ValueError("it must be printable, and not blank")
    return name


def _known(given: object) -> object:
    return labels.known(given) if isinstance(given, str) else given


def _written(given: object) -> object:
    # Pydantic takes numbers for seconds since 1970 too, which the document does not promise.
    if isinstance(given, datetime) or (isinstance(given, str) and "T" in given.upper()):
        return given
    raise ValueError("it must be written as in 2026-01-31T09:30:00Z")


def _in_our_time(moment: datetime) -> datetime:
    if not datetime(1970, 1, 1, tzinfo=UTC) <= moment <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError("it must be after 1970 and not in the future")
    return moment.astimezone(UTC)


SubjectName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        description="The app's own name for the person, white space around it aside. It is hashed "
        "with a secret key at once, and never stored, logged or answered. Or a pseudonym as "
        "lookups and exports write it.",
    ),
    AfterValidator(_printable),
]
SessionLabel = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._:-]{1,64}$",
        description="What was taken in one go: never separated in an audit. It is stored as it is: "
        "never put a name into it.",
    ),
]
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A moment as RFC 3339 writes it, with its time zone."""

Captured = Annotated[
    Moment,
    Field(description="When the picture was taken (RFC 3339); without it, now."),
    AfterValidator(_in_our_time),
]


Unknown = BeforeValidator(_known)
"""On what may be None: an empty text, and what numpy and pandas write for nothing, are that too."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._ +-]{1,128}$")]
"""The name of a model, with or without its version, of a version, a level or an emotion."""


class Keep(BaseModel):
    """What is to be stored beside an image's embedding."""

    store: bool = Field(False, description="Whether the embedding and the emotion are stored.")
    subject: SubjectName | None = None
    session: Annotated[SessionLabel | None, Unknown] = None
    captured_at: Annotated[Captured | None, Unknown] = None


KEEPING_FIELDS = frozenset(Keep.model_fields)

_MOMENT_PATTERN = r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$"


def _header_schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = never_null(Keep.model_json_schema()["properties"][name])
    if schema.pop("format", None) is not None:  # makers of clients know no moments in headers
        schema["pattern"] = _MOMENT_PATTERN
    return schema


KEEPING_PARAMETERS = [
    {
        "name": header,
        "in": "header",
        "description": f"Beside a raw body only: as `{name}` in a form or in JSON.",
        "schema": _header_schema(name),
    }
    for header, name in _HEADERS.items()
]
"""The headers, for the OpenAPI document."""


def keep_of_fields(fields: Mapping[str, str], where: str) -> Keep:
    """What a form's fields say.

    Raises:
        InvalidParameters: if one does not fit.
    """
    return _keep(dict(fields), {name: f"{where}.{name}" for name in KEEPING_FIELDS})


def keep_of_headers(headers: Headers) -> Keep:
    """What the headers beside a raw body say; they are UTF-8.

    Raises:
        InvalidParameters: if one does not fit.
    """
    told = {}
    for header, name in _HEADERS.items():
        if header in headers:
            raw = headers[header].encode("latin-1")
            try:
                told[name] = raw.decode()
            except UnicodeDecodeError:
                raise unfit(f"header.{header}", "It is not UTF-8.") from None
    return _keep(told, {name: f"header.{header}" for header, name in _HEADERS.items()})


def refuse_headers(headers: Headers) -> None:
    """For bodies that say themselves what is to be kept: lets pass where no header says more.

    Raises:
        InvalidParameters: if one does, or does not fit; it would be left out in silence.
    """
    given = [header for header in _HEADERS if header in headers]
    if given and keep_of_headers(headers) != Keep():
        name = _HEADERS[given[0]]
        raise unfit(f"header.{given[0]}", f"Only beside a raw body; put `{name}` into this one.")


def unfit(field: str, message: str) -> InvalidParameters:
    """The refusal of one field."""
    return InvalidParameters(
        InvalidParameters.example, errors=[FieldError(field=field, message=message)]
    )


def _keep(told: dict[str, Any], names: Mapping[str, str]) -> Keep:
    try:
        return Keep.model_validate(told)
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_input=False, include_context=False)
    raise InvalidParameters(
        InvalidParameters.example,
        errors=[FieldError(field=names[str(e["loc"][0])], message=e["msg"]) for e in errors],
    )
