"""What sending has in common, whether it blocks or not."""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, get_args

import httpx2

from faceveil.client.errors import TimedOut, Unreachable

LOCAL = "http://127.0.0.1:8000"
"""Where `faceveil serve` answers unless it is told otherwise."""

TIMEOUT_S = 60.0
"""A large picture of a busy server takes seconds; an erasure waits until files are scrubbed."""


def connection(url: str, key: str | None, timeout: float) -> dict[str, Any]:
    """What a client of httpx2 is made with.

    Raises:
        ValueError: if it is no address.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"An address begins with http:// or https://, as in {LOCAL}.")
    headers = {"User-Agent": f"faceveil-client/{version('faceveil')}"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return {"base_url": url, "headers": headers, "timeout": timeout}


@contextlib.contextmanager
def told_plainly(url: httpx2.URL) -> Iterator[None]:
    """Raises what goes wrong on the way as `Unreachable` or `TimedOut`."""
    try:
        yield
    except httpx2.TimeoutException as problem:
        raise TimedOut(f"{url} did not answer in time ({type(problem).__name__}).") from problem
    except httpx2.RequestError as problem:
        raise Unreachable(f"{url} cannot be reached: {problem}.") from problem


@contextlib.contextmanager
def written_whole(to: Path) -> Iterator[BinaryIO]:
    """A file to write, which is there under its name only once it is whole."""
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("wb") as opened:
            yield opened
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def as_method(method: Callable[..., Any], make: Callable[..., Any]) -> None:
    """Lets `help()` show a method with the words and the arguments of what makes its call."""
    signature = inspect.signature(make)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    method.__name__, method.__doc__ = make.__name__, make.__doc__
    parameters = [own, *signature.parameters.values()]
    (answer,) = get_args(signature.return_annotation)
    shown = signature.replace(parameters=parameters, return_annotation=answer)
    method.__signature__ = shown  # type: ignore[attr-defined]
