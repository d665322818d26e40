"""As much of an MQTT 3.1.1 broker as one that publishes needs: it keeps what it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, cast

CONNECT, PUBLISH, PING, LEAVE = 1, 3, 12, 14
"""Kinds of packets (MQTT 3.1.1, section 2.2.1)."""


@dataclass(frozen=True, slots=True)
class Message:
    """What was published."""

    topic: str
    payload: str
    retained: bool


@dataclass(slots=True)
class Broker:
    """A broker that listens.

    Attributes:
        port: on loopback.
        refusal: code that connections are refused with; 0 for none.
        messages: that were published, wills among them.
        logins: user and password of each connection.
        left: whether the last client said that it goes.
    """

    port: int
    refusal: int = 0
    messages: list[Message] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    left: bool = False
    _told: threading.Condition = field(default_factory=threading.Condition)

    def heard(self, count: int) -> list[Message]:
        """The messages, once there are so many."""
        with self._told:
            assert self._told.wait_for(lambda: len(self.messages) >= count, 60)
        return self.messages

    def _keep(self, message: Message) -> None:
        with self._told:
            self.messages.append(message)
            self._told.notify()

    def serve(self, connection: socket.socket) -> None:
        """Speaks with one client until it goes."""
        with connection, connection.makefile("rwb") as both:
            stream = cast(IO[bytes], both)
            will: Message | None = None
            while head := stream.read(1):
                body = stream.read(_length(stream))
                kind, flags = head[0] >> 4, head[0] & 15
                if kind == CONNECT:
                    will = self._let_in(body)
                    stream.write(bytes([0x20, 2, 0, self.refusal]))
                elif kind == PUBLISH:
                    topic, rest = _text(body)
                    if flags & 6:
                        stream.write(b"\x40\x02" + rest[:2])
                        rest = rest[2:]
                    self._keep(Message(topic, rest.decode(), bool(flags & 1)))
                elif kind == PING:
                    stream.write(b"\xd0\x00")
                elif kind == LEAVE:
                    self.left, will = True, None
                stream.flush()
            if will is not None:
                self._keep(will)

    def _let_in(self, body: bytes) -> Message:
        _, rest = _text(body)
        flags = rest[1]
        assert flags & 4, "there is no will"
        _, rest = _text(rest[4:])
        topic, rest = _text(rest)
        payload, rest = _text(rest)
        user, rest = _text(rest) if flags & 0x80 else ("", rest)
        self.logins.append((user, _text(rest)[0] if flags & 0x40 else ""))
        return Message(topic, payload, bool(flags & 0x20))


@contextmanager
def running_broker(refusal: int = 0) -> Iterator[Broker]:
    """A broker on a free port, which takes one client after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        broker = Broker(server.getsockname()[1], refusal)

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                broker.serve(connection)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield broker
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _length(stream: IO[bytes]) -> int:
    length = shift = 0
    while True:
        [byte] = stream.read(1)
        length += (byte & 127) << shift
        shift += 7
        if byte < 128:
            return length


def _text(data: bytes) -> tuple[str, bytes]:
    end = 2 + int.from_bytes(data[:2])
    return data[2:end].decode(), data[end:]
