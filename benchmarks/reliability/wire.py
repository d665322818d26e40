"""HTTP over bare sockets: what is sent here, no client library would send."""

import contextlib
import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass

PROBLEM_TYPE = "application/problem+json"
UNANSWERED = 0
"""Stands for a status where the connection was closed without a word."""


class HangError(Exception):
    """No answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: of HTTP, or UNANSWERED.
        kind: its media type.
        body: all of it.
        bodiless: whether HEAD was asked.
    """

    status: int = UNANSWERED
    kind: str = ""
    body: bytes = b""
    bodiless: bool = False

    @property
    def slug(self) -> str:
        """The problem's name, or nothing."""
        return str(self._problem().get("type", "")).rpartition(":")[2]

    def fault(self) -> str | None:
        """What is wrong with it: it must be a success, or a problem (RFC 9457) of the client's."""
        if 200 <= self.status < 300:
            return None
        if not 400 <= self.status < 500:
            return f"status {self.status}"
        problem = self._problem()
        whole = (
            problem.get("status") == self.status and problem.get("type") and problem.get("title")
        )
        if self.kind == PROBLEM_TYPE and (whole or self.bodiless):
            return None
        return f"{self.status} without a problem"

    def _problem(self) -> dict[str, object]:
        try:
            problem = json.loads(self.body) if self.kind == PROBLEM_TYPE else {}
        except ValueError:
            return {}
        return problem if isinstance(problem, dict) else {}


def request(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A whole request for a connection that stays open."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] if body or method == "POST" else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


class Wire:
    """A connection to a server, made anew where it was closed.

    Args:
        host: of the server.
        port: of the server.
        patience_s: seconds that an answer may take.
    """

    def __init__(self, host: str, port: int, patience_s: float) -> None:
        self._address = (host, port)
        self._patience_s = patience_s
        self._socket: socket.socket | None = None

    def ask(self, data: bytes, method: str = "POST") -> Answer:
        """Sends a request and reads its answer; one that finds its connection closed goes again.

        Raises:
            HangError: if nothing whole comes back in time.
            OSError: if the server cannot be reached.
        """
        reused = self._socket is not None
        answer = self._ask(data, method)
        if answer.status == UNANSWERED and reused:
            answer = self._ask(data, method)
        return answer

    def _ask(self, data: bytes, method: str) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._patience_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with contextlib.suppress(ConnectionError):  # refused early: the answer may be there
                self._socket.sendall(data)
            response = http.client.HTTPResponse(self._socket, method=method)
            response.begin()
            body = response.read()
        except TimeoutError:
            self.close()
            raise HangError from None
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer()
        kind = (response.getheader("content-type") or "").partition(";")[0].strip()
        if response.will_close:
            self.close()
        return Answer(response.status, kind, body, method == "HEAD")

    def close(self) -> None:
        """Ends the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
