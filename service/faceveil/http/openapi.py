"""The OpenAPI document: FastAPI's own, with the bodies that routes read themselves."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from faceveil.problems import (
    MEDIA_TYPE,
    BodyTimeout,
    BodyTooLarge,
    Forbidden,
    InternalError,
    InvalidParameters,
    MalformedRequest,
    NotReady,
    Overloaded,
    Problem,
    ProblemDetails,
    RateExceeded,
    StoreBusy,
    Unauthorized,
    UnsupportedContentType,
)

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
"""The schema of a file's bytes."""

TEXT: dict[str, Any] = {"type": "string"}

GUARDED: tuple[type[Problem], ...] = (Unauthorized, Forbidden, RateExceeded)
"""What every route that needs a key may refuse with."""

STORED: tuple[type[Problem], ...] = (Overloaded, StoreBusy, NotReady, *GUARDED)
"""What every route may refuse with that needs a key and the store."""

BODY: tuple[type[Problem], ...] = (
    MalformedRequest,
    BodyTimeout,
    BodyTooLarge,
    UnsupportedContentType,
    InvalidParameters,
)
"""What every route may refuse with that reads a body."""

_COMPONENTS = "#/components/schemas/"

_PROBLEM = {"$ref": _COMPONENTS + ProblemDetails.__name__}
"""Batch answers hold problems, so the schema is there; FastAPI's own way to name it, `model`, would
document the answer as application/json."""

Responses = dict[int | str, dict[str, Any]]


class RequestBody(dict[str, Any]):
    """An operation's `requestBody`.

    Attributes:
        models: that it refers to as components.
    """

    def __init__(
        self, contents: Iterable[tuple[str, type[BaseModel] | dict[str, Any], Any]]
    ) -> None:
        """Describes it.

        Args:
            contents: media types, each with the model that a body of it is, or its schema, and a
                body that is taken, or None.
        """
        content: dict[str, dict[str, Any]] = {}
        self.models: list[type[BaseModel]] = []
        for kind, taken, example in contents:
            if isinstance(taken, dict):
                content[kind] = {"schema": taken}
            else:
                self.models.append(taken)
                content[kind] = {"schema": {"$ref": _COMPONENTS + taken.__name__}}
            if example is not None:
                content[kind]["example"] = example
        super().__init__(required=True, content=content)


class DocumentedApp(FastAPI):
    """An application whose document has every schema once, as a component, and only whole ones.

    Attributes:
        bodies: the models of all bodies that its routes read themselves.
    """

    def __init__(self, **options: Any) -> None:
        """Takes what FastAPI does."""
        super().__init__(**options)
        self.bodies: list[type[BaseModel]] = []

    def include(self, router: APIRouter) -> None:
        """Takes a resource's routes in, with the schemas of the bodies that they read."""
        for route in router.routes:
            if isinstance(route, APIRoute) and route.openapi_extra:
                body = route.openapi_extra.get("requestBody")
                self.bodies += body.models if isinstance(body, RequestBody) else []
        self.include_router(router)

    def openapi(self) -> dict[str, Any]:
        """The document, which FastAPI keeps once it is made."""
        is_new = self.openapi_schema is None
        document = super().openapi()
        if is_new:
            self._add_bodies(document)
            _let_no_parameter_be_null(document)
        return document

    def _add_bodies(self, document: dict[str, Any]) -> None:
        _, schemas = models_json_schema(
            [(body, "validation") for body in self.bodies],
            ref_template=f"{_COMPONENTS}{{model}}",
        )
        for schema in schemas["$defs"].values():
            # Makers of clients take what has a default for what is always there.
            for member in schema.get("properties", {}).values():
                if member.get("default", ...) is None:
                    del member["default"]
        known = document["components"]["schemas"]
        document["components"]["schemas"] = dict(sorted((schemas["$defs"] | known).items()))


def _let_no_parameter_be_null(document: dict[str, Any]) -> None:
    """A query or a header has a value or is not there; nothing in a URL is null."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = never_null(parameter["schema"])


def never_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of something that may be left out and cannot be null: a header, a form's field.

    The same without the null that pydantic writes for a member that has no value by default.
    """
    shown = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    choices: list[dict[str, Any]] = [
        choice for choice in shown.pop("anyOf", ()) if choice != {"type": "null"}
    ]
    if len(choices) == 1:
        return choices[0] | shown
    return shown | ({"anyOf": choices} if choices else {})


def answered(
    description: str, example: Any, *problems: type[Problem], status: int = 200
) -> Responses:
    """The `responses` of a route that answers JSON, or may be refused with these problems."""
    content = {"application/json": {"example": example}}
    return {status: {"description": description, "content": content}, **refused(*problems)}


def refused(*problems: type[Problem]) -> Responses:
    """The `responses` of a route that may be refused with these problems."""
    responses: Responses = {}
    every: tuple[type[Problem], ...] = (*problems, InternalError)
    for problem in every:
        response = responses.setdefault(
            problem.status,
            {
                "description": problem.title,
                "content": {MEDIA_TYPE: {"schema": _PROBLEM, "examples": {}}},
            },
        )
        if problem.title not in response["description"]:
            response["description"] += f"; {problem.title[0].lower()}{problem.title[1:]}"
        response["content"][MEDIA_TYPE]["examples"][problem.slug] = {
            "value": problem_example(problem)
        }
    return responses


def problem_example(problem: type[Problem]) -> dict[str, Any]:
    """What an answer with this problem looks like."""
    return ProblemDetails(
        type=problem.type_uri(),
        title=problem.title,
        status=problem.status,
        detail=problem.example,
        request_id="5f1d7a84c3b2e690",
    ).model_dump(exclude_none=True)
