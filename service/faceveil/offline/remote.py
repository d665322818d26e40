"""Frames that a server reads: its `/v1/stream`, from a program."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect

from faceveil.offline.frames import Frame

_PATIENCE_S = 60.0
_MOST_ANSWERED = 2**22


class RemoteError(Exception):
    """The server cannot be reached, or refuses; the message is a sentence."""


def follow_by_server(
    frames: Iterator[Frame], url: str, key: str | None, asked: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Sends a frame, waits for its answer, and sends the next, with the time that each was taken.

    Args:
        frames: of a clip or a camera.
        url: of the server, http:// or https://.
        key: that it is shown; None where it needs none.
        asked: parameters of the stream; None and False are left out.

    Raises:
        RemoteError: if the server cannot be reached, or refuses.
    """
    # By identity: 0 embeddings equal False, and are asked for.
    given = {
        name: value for name, value in asked.items() if value is not None and value is not False
    }
    query = urlencode({name: str(value).lower() for name, value in given.items()})
    address = f"{_address(url)}/v1/stream?{query}"
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        with connect(
            address,
            # Named, lest redirects to another host be followed, with faces.
            address=_host_and_port(address),
            additional_headers=headers,
            compression=None,
            open_timeout=_PATIENCE_S,
            max_size=_MOST_ANSWERED,
        ) as socket:
            yield json.loads(socket.recv(_PATIENCE_S))
            for at, data in frames:
                socket.send(f"{at:.6f}")
                socket.send(data)
                yield json.loads(socket.recv(_PATIENCE_S))
            socket.send("end")
            yield json.loads(socket.recv(_PATIENCE_S))
    except InvalidStatus as refusal:
        raise RemoteError(_refusal(refusal)) from refusal
    except ConnectionClosed as closed:
        words = closed.rcvd.reason if closed.rcvd else "the connection broke"
        raise RemoteError(f"{url} ended the stream: {words}.") from closed
    except (OSError, TimeoutError, ValueError, WebSocketException) as problem:
        raise RemoteError(f"{url} cannot be reached: {problem}.") from problem


def _address(url: str) -> str:
    scheme, _, rest = url.rstrip("/").partition("://")
    if scheme not in ("http", "https") or not rest:
        raise RemoteError(
            "An address begins with http:// or https://, as in http://127.0.0.1:8000."
        )
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}"


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)


def _refusal(refusal: InvalidStatus) -> str:
    response = refusal.response
    try:
        told = json.loads(response.body or b"")
        errors = " ".join(error["message"] for error in told.get("errors", ()))
        return f"{told['title']}. {errors or told['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"The server answers {response.status_code}: is FaceVeil there, and new enough?"
