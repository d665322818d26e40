"""From the error tree to problem+json answers."""

import logging

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from faceveil.problems import (
    MEDIA_TYPE,
    FieldError,
    InvalidParameters,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    StoreBusy,
)
from faceveil.telemetry.metrics import Metrics
from faceveil.telemetry.seldom import Seldom

_seldom = Seldom(logging.getLogger("faceveil.store"))

_METHODS = ("GET", "POST", "DELETE")
"""Those that any of our resources answers."""


def problem_response(problem: Problem, request_id: str) -> Response:
    """The answer that tells a problem."""
    return Response(
        problem.details(request_id).model_dump_json(exclude_none=True),
        problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def answer_problems(app: FastAPI, metrics: Metrics) -> None:
    """Has the app answer every refusal, its framework's too, as problem+json, and count it."""

    async def refuse(request: Request, error: Exception) -> Response:
        problem = _as_problem(error, request)
        if isinstance(problem, StoreBusy):
            _seldom.warn("the store does not answer", _cause(problem))
        metrics.rejections.labels(problem.slug).inc()
        return problem_response(problem, request.state.request_id)

    for kind in (Problem, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, refuse)


def unfit(field: str, message: str) -> InvalidParameters:
    """The refusal of one field."""
    return InvalidParameters(
        InvalidParameters.example, errors=[FieldError(field=field, message=message)]
    )


def _cause(problem: BaseException) -> str:
    """What the database called it; the answer may have been made from another's."""
    while getattr(problem, "cause", None) is None and problem.__cause__ is not None:
        problem = problem.__cause__
    return getattr(problem, "cause", None) or "unknown"


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
