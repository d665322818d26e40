"""One request, before anything is sent, and how its answer is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx2
from pydantic import BaseModel, ValidationError

from faceveil.client.errors import UnexpectedAnswer

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

Files = list[tuple[str, tuple[str, bytes]]]
"""Of a form: the names of fields, each with the name of a file and its bytes."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request that `Client` and `AsyncClient` send alike, as often as it takes.

    Attributes:
        method: of HTTP.
        path: from the server's root.
        read: what a successful answer comes to.
        query: what is None is left out.
        json: body, unless it is a form.
        form: fields of a form; what is None is left out.
        files: of the form.
        idempotency_key: by which the server knows a repeat.
        to: file that the answer is written to.
        patient: whether to try again where the server is too busy.
    """

    method: str
    path: str
    read: Callable[[httpx2.Response], T]
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None
    files: Files | None = None
    idempotency_key: str | None = None
    to: Path | None = None
    patient: bool = True

    def options(self) -> dict[str, Any]:
        """What httpx2 is to send."""
        key = self.idempotency_key
        return {
            "method": self.method,
            "url": self.path,
            "params": given(self.query),
            "json": None if self.json is None else given(self.json),
            "data": None if self.form is None else given(self.form),
            "files": self.files,
            "headers": {} if key is None else {"Idempotency-Key": key},
        }


def path(*parts: str) -> str:
    """A path below /v1, of parts that may hold anything."""
    return "/".join(["/v1", *(quote(part, safe="") for part in parts)])


def new_key(given: str | None) -> str:
    """The caller's Idempotency-Key, or a new one."""
    return given or str(uuid4())


def answered(model: type[M]) -> Callable[[httpx2.Response], M]:
    """Reads an answer as such a model.

    Raises, when it reads:
        UnexpectedAnswer: if it is none.
    """

    def read(response: httpx2.Response) -> M:
        try:
            return model.model_validate_json(response.content)
        except ValidationError as problem:
            first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"])) or "the body"
            raise UnexpectedAnswer(
                f"The answer is no {model.__name__}: {where}: {first['msg']}.",
                response.status_code,
            ) from None

    return read


def text(response: httpx2.Response) -> str:
    """Reads an answer as text."""
    return response.text


def nothing(response: httpx2.Response) -> None:
    """Reads an answer that says nothing more."""


def given(members: Mapping[str, Any]) -> dict[str, Any]:
    """Those members that are not None, as JSON and a URL write them."""
    return {name: _written(value) for name, value in members.items() if value is not None}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        # A moment without a time zone is this machine's.
        return (value if value.tzinfo else value.astimezone()).isoformat()
    return value
