"""Whether a client still waits for its answer."""

from starlette.requests import Request


def has_gone(request: Request) -> bool:
    """Whether the client has closed its connection; to be asked once its body is read.

    It does what `Request.is_disconnected` does, without the cancelled scope that this makes for it:
    a tenth of all that a request costs the event loop.
    """
    receiving = request.receive().__await__()
    try:
        next(receiving)
    except StopIteration as received:
        return bool(received.value["type"] == "http.disconnect")
    finally:
        receiving.close()
    return False
