"""WebSockets (RFC 6455) as uvicorn speaks them, with bounds on what is kept of a client's words."""

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from faceveil.http.connections import Place

PATHS = (b"/v1/stream",)
"""Where a connection may become one, whatever a proxy puts before them."""

MOST_PIECES = 1024
"""That a message may come in; each may be empty, so the limit of bytes does not bound them."""

TOO_BIG, POLICY = 1009, 1008
"""Close codes (RFC 6455, section 7.4.1)."""

# uvicorn tells of each connection with its address and query; websockets, when debugging, of the
# first bytes of each message. Neither is for a log.
_QUIET = logging.getLogger("faceveil.http.websockets")
_QUIET.setLevel(logging.WARNING)


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One connection. The size of a message is bounded by uvicorn's own option."""

    def __init__(self, *arguments: Any, place: Place | None, **options: Any) -> None:
        """Takes what uvicorn gives, and the place of the connection that it was."""
        super().__init__(*arguments, **options)
        self._place = place
        self.logger = self.conn.logger = _QUIET
        self.conn.debug = False

    def data_received(self, data: bytes) -> None:
        """Reads on. The head comes whole: a handshake that it did not begin never will begin.

        uvicorn answers no head that websockets cannot read, as one with a body or a very long line,
        and would wait for ever, and fail as it stops.
        """
        super().data_received(data)
        if not self.handshake_initiated:
            self.close_sent = self.handshake_complete = True  # nothing is to be sent at the end
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives the place back; whoever still works for the client is told."""
        if self._place is not None:
            self._place.leave()
            self._place = None
        super().connection_lost(exc)

    def handle_cont(self, event: Frame) -> None:
        """Takes a further piece of a message."""
        if len(self.frames) >= MOST_PIECES:
            self._fail(TOO_BIG, "the message comes in too many pieces")
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answers a ping; who sends many and reads no answer is left."""
        if not self.writable.is_set():
            self._fail(POLICY, "pings are sent and their answers not read")
            return
        super().handle_ping()

    def _fail(self, code: int, reason: str) -> None:
        if self.close_sent:  # for what came with it in one piece
            return
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
