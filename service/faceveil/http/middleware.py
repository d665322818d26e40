"""What every request passes: an id, a log line, metrics, security headers, a net for errors.

HEAD is answered here for every resource: as GET is, its headers and its length, without its body.
"""

import asyncio
import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faceveil.http.errors import problem_response
from faceveil.http.room import BodyRoom, give_back
from faceveil.pool.scheduler import AbandonedError
from faceveil.problems import InternalError, NotReady
from faceveil.telemetry.metrics import Metrics

REQUEST_ID_HEADER = "X-Request-ID"
CLIENT_CLOSED = 499
"""The status logged, never sent, when the client went away before its answer (nginx's number)."""

STOPPING = "The server is stopping. Send the request again, to another."

_OUR_KIND_OF_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

# Probes and scrapes come every few seconds, and a page has many files; a line for each would bury
# the others.
_QUIET = frozenset({"health", "ready", "metrics", "showPageFile"})

logger = logging.getLogger("faceveil.access")


class RequestMiddleware:
    """Pure ASGI, one layer for all of it: each further layer costs every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics, room: BodyRoom) -> None:
        self.app = app
        self.metrics = metrics
        self.room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(Headers(scope=scope))
        bodiless = scope["method"] == "HEAD"
        scope.setdefault("state", {}).update(
            request_id=request_id, bodiless=bodiless, room=self.room
        )
        status: int | None = None
        if bodiless:
            scope = {**scope, "method": "GET"}

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            elif bodiless:
                if message.get("more_body"):
                    return
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except (ClientDisconnect, AbandonedError):
            status = CLIENT_CLOSED
        except asyncio.CancelledError:
            # The server stops, and what is in hand took too long.
            if status is not None:
                raise
            response = problem_response(NotReady(STOPPING, reason="stopping"), request_id)
            await response(scope, receive, send_with_headers)
        except Exception:
            logger.exception("request failed", extra={"request_id": request_id})
            if status is not None:
                raise  # the answer has begun; the server can only cut the connection
            self.metrics.rejections.labels(InternalError.slug).inc()
            response = problem_response(InternalError(InternalError.example), request_id)
            await response(scope, receive, send_with_headers)
        finally:
            give_back(scope)
            self._record(scope, status, time.perf_counter() - started, request_id)

    def _record(self, scope: Scope, status: int | None, took_s: float, request_id: str) -> None:
        # The route's operation, never the path: what a caller writes there is not ours to keep.
        operation = getattr(scope.get("route"), "operation_id", None) or "none"
        self.metrics.requests.labels(operation, status).inc()
        self.metrics.request_seconds.labels(operation).observe(took_s)
        logger.log(
            logging.DEBUG if operation in _QUIET else logging.INFO,
            "request",
            extra={
                "request_id": request_id,
                "operation": operation,
                "status": status,
                "ms": round(took_s * 1000, 2),
            },
        )


def _request_id(headers: Headers) -> str:
    given = headers.get(REQUEST_ID_HEADER, "")
    return given if _OUR_KIND_OF_ID.fullmatch(given) else secrets.token_hex(8)
