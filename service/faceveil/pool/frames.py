"""Messages between the server, its fork server and its workers: a length, a kind, what it tells."""

import socket

READY, DONE, REFUSED, FAILED, QUESTION = b"+", b"=", b"!", b"x", b"?"
"""What a worker says: it is there; a job's result; the problem that it ends with; the kind and the
places of an exception that it met, all of these as JSON; a question, whose answer it waits for."""

HIRE, END = b"h", b"e"
"""What the fork server is told: to fork a worker, whose socket comes with it; to end one."""

LOADED, BROKEN, ENDED = b"l", b"b", b"d"
"""What it tells, as JSON: the walls around its workers; why there are none; which one ended, and by
which signal."""

_LENGTH = 4


def framed(message: bytes) -> bytes:
    """A message with its length before it."""
    return len(message).to_bytes(_LENGTH) + message


def take(received: bytearray) -> bytes | None:
    """Takes the first message out of what was received; None where some of it is missing."""
    end = _LENGTH + int.from_bytes(received[:_LENGTH])
    if len(received) < max(end, _LENGTH):
        return None
    message = bytes(received[_LENGTH:end])
    del received[:end]
    return message


def announced(received: bytearray) -> int:
    """Bytes of the message that begins what was received, as far as its length is there."""
    return int.from_bytes(received[:_LENGTH]) if len(received) >= _LENGTH else 0


def receive(connection: socket.socket) -> bytes:
    """Waits for a message.

    Raises:
        EOFError: if the other side is gone.
    """
    return _exactly(connection, int.from_bytes(_exactly(connection, _LENGTH)))


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray(count)
    view, got = memoryview(parts), 0
    while got < count:
        more = connection.recv_into(view[got:])
        if not more:
            raise EOFError
        got += more
    return bytes(parts)
