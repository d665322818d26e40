"""From the error tree to problem+json answers, and to their place in the OpenAPI document."""

import logging
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from faceveil.api.deps import components_of
from faceveil.problems import (
    MEDIA_TYPE,
    FieldError,
    Forbidden,
    InternalError,
    InvalidParameters,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    ProblemDetails,
    RateExceeded,
    StoreBusy,
    Unauthorized,
)
from faceveil.telemetry.seldom import Seldom

_seldom = Seldom(logging.getLogger("faceveil.store"))

_METHODS = ("GET", "POST", "DELETE")
"""Those that any of our resources answers."""

GUARDED: tuple[type[Problem], ...] = (Unauthorized, Forbidden, RateExceeded)
"""What every route that needs a key may refuse with."""

_SCHEMA = f"#/components/schemas/{ProblemDetails.__name__}"
"""Batch answers hold problems, so the schema is there; FastAPI's own way to name it, `model`, would
document the answer as application/json."""


def problem_response(problem: Problem, request_id: str) -> Response:
    """The answer that tells a problem."""
    return Response(
        problem.details(request_id).model_dump_json(exclude_none=True),
        problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def answer_problems(app: FastAPI) -> None:
    """Has the app answer every refusal, its framework's too, as problem+json."""

    async def refuse(request: Request, error: Exception) -> Response:
        problem = _as_problem(error, request)
        if isinstance(problem, StoreBusy):
            _seldom.warn("the store does not answer", _cause(problem))
        components_of(request).metrics.rejections.labels(problem.slug).inc()
        return problem_response(problem, request.state.request_id)

    for kind in (Problem, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, refuse)


def _cause(problem: BaseException) -> str:
    """What the database called it; the answer may have been made from another's."""
    while getattr(problem, "cause", None) is None and problem.__cause__ is not None:
        problem = problem.__cause__
    return getattr(problem, "cause", None) or "unknown"


def documented(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that may be refused with these problems."""
    responses: dict[int | str, dict[str, Any]] = {}
    every: tuple[type[Problem], ...] = (*problems, InternalError)
    for problem in every:
        response = responses.setdefault(
            problem.status,
            {
                "description": problem.title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": _SCHEMA}, "examples": {}}},
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


def _as_problem(error: Exception, request: Request) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return InvalidParameters(
            "Mend the parameters named in 'errors' and send the request again.",
            errors=[
                FieldError(field=".".join(map(str, e["loc"]))[:128], message=e["msg"])
                for e in error.errors()[:16]
            ],
        )
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return NotFound(NotFound.example)
    if error.status_code == 405:
        allow = _methods(request)
        return MethodNotAllowed(f"This resource answers {allow} only.", allow)
    return MalformedRequest("The request cannot be understood. Check its body and headers.")


def _methods(request: Request) -> str:
    """What the path answers, whichever of its routes was asked last."""
    answered = [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
    if answered[:1] == ["GET"]:
        answered.insert(1, "HEAD")
    return ", ".join(answered)
