"""HTTP/1.1 as uvicorn speaks it, with bounds on everything that is read before the application."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from faceveil.http.connections import Connections, Place
from faceveil.http.websockets import PATHS, BoundedWebSocket
from faceveil.problems import (
    MEDIA_TYPE,
    HeadTimeout,
    HeadTooLarge,
    MalformedRequest,
    NoConnection,
    Problem,
)
from faceveil.telemetry.seldom import Seldom

HEADERS = 100
"""Most headers of a request."""

PIPELINED = 8
"""Most requests that may wait behind the one in hand on a connection."""

_LINGER_S = 1.0
_NEVER = float("inf")
_TOO_SMALL = MalformedRequest(
    "The body comes in chunks too small, with extensions too long, or with trailers too many."
)

_seldom = Seldom(logging.getLogger("faceveil.http"))


class _RefusedError(Exception):
    """Raised within the parser, to stop it."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection.

    uvicorn keeps whatever a head, a URL or trailers hold, for as long as they come. Here what came
    since the parser last handed over a head or a piece of a body is counted, whatever it is: it may
    be `head_bytes`, and in all of a request so much more than its body has. So are a head's names
    and values, for a whole one may come at once. A head must be complete in time, too.
    """

    def __init__(
        self,
        *arguments: Any,
        connections: Connections,
        head_bytes: int,
        head_seconds: float,
        **options: Any,
    ) -> None:
        """Takes what uvicorn gives, and the bounds.

        Args:
            arguments: uvicorn's.
            connections: where it is counted.
            head_bytes: most bytes of a head, of trailers, or of a chunk's own line.
            head_seconds: seconds in which a head must be complete.
            options: uvicorn's.
        """
        super().__init__(*arguments, **options)
        self._all = connections
        self._place: Place | None = None
        self._most = head_bytes
        self._seconds = head_seconds
        self._refusal: Problem = MalformedRequest("This is no HTTP/1.1 request.")
        self._pending = 0  # bytes since a head or a piece of a body was handed over
        self._head = 0  # bytes of the URL, names and values of the head
        self._excess = 0  # bytes of the request so far, less twice those of its body
        self._headed = False  # whether the head is whole: further headers are trailers
        self._asking = False  # whether a request has begun to come
        self._refused = False
        self._in_hand: RequestResponseCycle | None = None
        self.deadline = _NEVER

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a place, or says that there is none."""
        super().connection_made(transport)
        self.deadline = self.loop.time() + self._seconds
        self._place = self._all.admit(self, self.client[0] if self.client else "")
        if self._place is None:
            self._refuse(NoConnection(NoConnection.example))

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives the place back; whoever still works for the client is told."""
        self._leave()
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, as far as the bounds let it."""
        if self._refused or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if not self._asking:
            self._asking = True
            self.deadline = self.loop.time() + self._seconds
        size = len(data)
        self._pending += size
        self._excess += size
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
                return
            # Elsewhere it is not asked for; the request was read as any other.
        except httptools.HttpParserError:
            self._refuse(self._refusal)
            return
        if self._pending > self._most or self._excess > self._most:
            self._refuse(_TOO_SMALL if self._headed else _too_large(self._most))

    def handle_websocket_upgrade(self) -> None:
        """Becomes a WebSocket, and hands its place on."""
        if self._in_hand is not None and not self._in_hand.response_complete:
            self._refuse(MalformedRequest("A WebSocket waits on a connection for other answers."))
            return
        self.ws_protocol_class = partial(BoundedWebSocket, place=self._place)  # type: ignore[assignment]
        self._place = None
        super().handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        return super()._should_upgrade() and self.url.partition(b"?")[0].endswith(PATHS)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head = 0
        self._headed = False
        self._asking = True

    def on_url(self, url: bytes) -> None:
        """A piece of the URL."""
        self._head += len(url)
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; trailers are read over, for nothing here asks for one."""
        if self._headed:
            return
        self._head += len(name) + len(value)
        if self._head > self._most or len(self.headers) == HEADERS:
            self._stop(_too_large(self._most))
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: the application takes over."""
        self._headed = True
        self._pending = self._excess = 0
        if len(self.pipeline) == PIPELINED:
            self._stop(MalformedRequest("Too many requests wait on one connection."))
        super().on_headers_complete()
        self.deadline = _NEVER
        if self._place is not None:
            self._place.work()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._pending = 0
        self._excess -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._pending = self._excess = 0
        self._asking = False
        self.deadline = _NEVER
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Waits for the next request, or for the rest of a body that nobody reads."""
        super().on_response_complete()
        if self._place is None or self.transport.is_closing():
            return
        if self.cycle.response_complete:
            self.deadline = self.loop.time() + self._seconds if self._asking else _NEVER
            self._place.wait()

    def give_way(self) -> None:
        """Closes it for another's sake."""
        self._leave()
        self._disconnect()
        self.transport.close()

    def expire(self) -> None:
        """Closes it: the head, or the rest of a body, did not come in time."""
        if self._asking and not self._headed and not self._refused:
            self._refuse(
                HeadTimeout(f"The request's head did not arrive within {self._seconds:g} seconds.")
            )
        else:
            self.give_way()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._in_hand = cycle
        super()._start_asgi_task(cycle, app)

    def _disconnect(self) -> None:
        # uvicorn tells the request that came last alone; a write for an earlier one would fail.
        if self._in_hand is not None and not self._in_hand.response_complete:
            self._in_hand.disconnected = True
            self._in_hand.message_event.set()

    def _leave(self) -> None:
        if self._place is not None:
            self._place.leave()
            self._place = None

    def _stop(self, refusal: Problem) -> None:
        """Has the parser fail."""
        self._refusal = refusal
        raise _RefusedError

    def _refuse(self, problem: Problem) -> None:
        """Answers, where nothing else is being answered, and closes the connection."""
        _seldom.warn("refused before the application", problem.slug)
        self._refused = True
        in_hand = self._in_hand
        if in_hand is not None and in_hand.response_started and not in_hand.response_complete:
            self.give_way()
            return
        self._disconnect()
        self.pipeline.clear()
        self.transport.write(_answer(problem, self.server_state.default_headers))
        if self._place is None or not self.transport.can_write_eof():
            self.give_way()
            return
        # Closed at once, what still comes would have the system take the answer back.
        self.transport.write_eof()
        self.flow.resume_reading()
        self.deadline = self.loop.time() + _LINGER_S
        self._place.wait()


def bounded_protocol(
    connections: Connections, head_bytes: int, head_seconds: float
) -> Callable[..., BoundedProtocol]:
    """What makes a protocol for each connection, within these bounds."""

    def make(*arguments: Any, **options: Any) -> BoundedProtocol:
        return BoundedProtocol(
            *arguments,
            connections=connections,
            head_bytes=head_bytes,
            head_seconds=head_seconds,
            **options,
        )

    return make


def _too_large(most: int) -> Problem:
    return HeadTooLarge(
        f"The URL and the headers have more than {most} bytes, or are more than {HEADERS}. "
        "Send fewer."
    )


def _answer(problem: Problem, more: list[tuple[bytes, bytes]]) -> bytes:
    """A whole answer: the application has no part in it."""
    request_id = secrets.token_hex(8)
    body = problem.details(request_id).model_dump_json(exclude_none=True).encode()
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "X-Request-ID": request_id,
        **problem.headers,
        "Connection": "close",
    }
    lines = [b"%s: %s\r\n" % pair for pair in more]
    lines += [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
    return b"".join([STATUS_LINE[problem.status], *lines, b"\r\n", body])
