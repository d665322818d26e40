"""Calls of what the server says of itself: its models, and how it is; and of tokens."""

from collections.abc import Sequence

from faceveil.client.answers import (
    Card,
    Health,
    LogCheck,
    LogPage,
    ModelList,
    Readiness,
    RunningStreams,
    Token,
)
from faceveil.client.call import Call, answered, path, text


def create_token(
    *,
    scopes: Sequence[str] = ("anonymize",),
    level: str | None = None,
    seconds: int = 900,
    fewer: bool = False,
) -> Call[Token]:
    """A token for a page, which ends soon and may no more than the key.

    Args:
        scopes: what it may do.
        level: the loosest privacy level that it may ask for; without one, the key's.
        seconds: until it ends, at most 3600.
        fewer: leave out scopes that the key has not, in place of a refusal.

    Raises:
        FaceVeilError: `Forbidden` if the key has not all the scopes.
    """
    body = {"scopes": list(scopes), "level": level, "seconds": seconds, "fewer": fewer or None}
    return Call("POST", path("tokens"), answered(Token), json=body)


def list_streams() -> Call[RunningStreams]:
    """The streams of the key's tenant that run now, on the server that answers.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    return Call("GET", path("streams"), answered(RunningStreams))


def list_log(*, cursor: int | None = None, limit: int | None = None) -> Call[LogPage]:
    """A page of the access log, newest first: who erased, exported, audited and made keys.

    Args:
        cursor: `next` of the page before.
        limit: entries a page, at most 1,000.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    return Call("GET", path("log"), answered(LogPage), query={"cursor": cursor, "limit": limit})


def check_log(*, head: str | None = None) -> Call[LogCheck]:
    """Whether the access log is as it was written.

    Args:
        head: that an earlier check answered: it must still be in the chain.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    return Call("GET", path("log", "check"), answered(LogCheck), query={"head": head})


def list_models() -> Call[ModelList]:
    """The installed models.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    return Call("GET", path("models"), answered(ModelList))


def get_model(name: str, version: str | None = None) -> Call[Card]:
    """The whole card of a model.

    Args:
        name: of the model.
        version: without it, the one that is served, or the newest.

    Raises:
        FaceVeilError: `UnknownModel` if there is none.
    """
    parts = (name,) if version is None else (name, version)
    return Call("GET", path("models", *parts), answered(Card))


def health() -> Call[Health]:
    """Whether the process lives.

    Raises:
        FaceVeilError: `Unreachable` if not.
    """
    return Call("GET", "/healthz", answered(Health), patient=False)


def ready() -> Call[Readiness]:
    """Whether the server can answer, and with which model.

    Raises:
        FaceVeilError: `NotReady` if it cannot now; its `details.reason` names why.
    """
    return Call("GET", "/readyz", answered(Readiness), patient=False)


def metrics() -> Call[str]:
    """What is counted, in the text format of Prometheus.

    Raises:
        FaceVeilError: see `faceveil.client.problems`.
    """
    return Call("GET", "/metrics", text)
