"""`/v1/stream`: frames go in over a WebSocket; faces come out. `/v1/streams`: those that run.

docs/streams.md describes the first: OpenAPI knows no WebSockets.
"""

import contextlib
import logging
import secrets
import time

from fastapi import APIRouter
from starlette.websockets import WebSocket
from uvicorn.protocols.utils import ClientDisconnected

from faceveil.access.keys import Scope
from faceveil.api.callers import ScraperDep, given_in, let_in
from faceveil.api.components import components_of
from faceveil.api.streams.answers import EXAMPLE_RUNNING, RunningStreams, running_of
from faceveil.api.streams.following import Asked, Following
from faceveil.api.streams.query import query_of
from faceveil.api.streams.session import Session
from faceveil.http.errors import problem_response
from faceveil.http.openapi import STORED, answered
from faceveil.problems import InternalError, Problem

SUBPROTOCOL, BEARER = "faceveil", "bearer."
"""What a page offers: it can set no other header, so its token comes as a second subprotocol."""

logger = logging.getLogger("faceveil.access")

router = APIRouter(tags=["streams"])


@router.get(
    "/v1/streams",
    operation_id="listStreams",
    summary="List the streams that run",
    responses=answered(
        "Those of the key's tenant on this server, oldest first.",
        {"streams": [EXAMPLE_RUNNING]},
        *STORED,
    ),
)
async def list_streams(caller: ScraperDep) -> RunningStreams:
    """Lists the streams that run on the server that answers, without a vector or a mood.

    Of several servers behind one address, each knows its own.
    """
    running = components_of(caller.request).streams.of(caller.tenant)
    return RunningStreams(streams=[running_of(one) for one in running])


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Answers a stream, or refuses it as a request is refused, with a problem."""
    started, request_id = time.perf_counter(), secrets.token_hex(8)
    components = components_of(websocket)
    code: int | None = None
    try:
        asked = await _asked(websocket, request_id)
        limits = components.settings.streams
        session = Session(websocket, Following(asked, components), limits)
        with components.streams.take(session.running()):
            offered = SUBPROTOCOL in websocket.scope["subprotocols"]
            await websocket.accept(SUBPROTOCOL if offered else None)
            code = await session.run()
            extra = {"frames": session.frames.came, "dropped": session.frames.dropped}
    except Problem as problem:
        components.metrics.rejections.labels(problem.slug).inc()
        with contextlib.suppress(OSError):  # it has gone
            await websocket.send_denial_response(problem_response(problem, request_id))
        code, extra = problem.status, {}
    except ClientDisconnected:  # while its stream was opened
        code, extra = None, {}
    except Exception:
        logger.exception("stream failed", extra={"request_id": request_id})
        code, extra = InternalError.status, {}
        await websocket.close(1011, "something went wrong on our side")
    logger.info(
        "stream",
        extra={
            "request_id": request_id,
            "status": code,
            "s": round(time.perf_counter() - started, 2),
            **extra,
        },
    )


async def _asked(websocket: WebSocket, request_id: str) -> Asked:
    """Who asks for a stream, and for what.

    Raises:
        Problem: if it is refused.
    """
    offered = websocket.scope["subprotocols"]
    tokens = [one.removeprefix(BEARER) for one in offered if one.startswith(BEARER)]
    given = given_in(websocket.headers) or (tokens[0] if tokens else None)
    principal = await let_in(websocket, given)
    principal.require(Scope.anonymize)
    return Asked.of(websocket, given, principal, request_id, query_of(websocket.query_params))
