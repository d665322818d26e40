"""The server's refusals as exceptions, in the tree that `faceveil.problems` draws.

So `except Overloaded` catches `RateExceeded` too. A refusal of a kind that is newer than this
client is raised as the nearest that has its status.
"""

import re
from typing import ClassVar

import httpx2
from pydantic import ValidationError

from faceveil.client.answers import ProblemDetails
from faceveil.client.errors import FaceVeilError, UnexpectedAnswer, retry_after

_PREFIX = "urn:faceveil:problem:"
_NEAREST = {
    403: "forbidden",
    404: "not-found",
    413: "too-large",
    422: "unprocessable",
    429: "overloaded",
    500: "internal-error",
    503: "not-ready",
}


class Problem(FaceVeilError):
    """The server refused the request (RFC 9457).

    Attributes:
        details: the answer's body.
        retry_after: seconds to wait before the next try, where the server says so.
    """

    kinds: ClassVar[dict[str, type["Problem"]]] = {}

    def __init_subclass__(cls) -> None:
        """Takes the slug from the name: `NoFace` is `no-face`."""
        cls.kinds[re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()] = cls

    def __init__(self, details: ProblemDetails, retry_after: float | None = None) -> None:
        fields = "".join(f" {error.field}: {error.message}" for error in details.errors or ())
        super().__init__(f"{details.detail}{fields} (request {details.request_id})")
        self.details = details
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """Status code of HTTP."""
        return self.details.status


def problem_of(details: ProblemDetails, retry_after: float | None = None) -> Problem:
    """The exception of a problem."""
    kind = Problem.kinds.get(details.type.removeprefix(_PREFIX))
    kind = kind or Problem.kinds.get(_NEAREST.get(details.status, ""), Problem)
    return kind(details, retry_after)


def refusal_of(response: httpx2.Response) -> Problem | UnexpectedAnswer:
    """The exception of an answer that is no success; its body was read."""
    wait = retry_after(response)
    try:
        return problem_of(ProblemDetails.model_validate_json(response.content), wait)
    except ValidationError:
        kind = response.headers.get("Content-Type", "no content type")
        return UnexpectedAnswer(
            f"Status {response.status_code} with {kind}: FaceVeil's refusals are problem+json. "
            "Check the address, and what is on the way.",
            response.status_code,
            wait,
        )


class MalformedRequest(Problem):
    """The body is not what its content type says."""


class Unauthorized(Problem):
    """No key, or one that does not count."""


class Forbidden(Problem):
    """The key may not do this, or without a key it is not done."""


class LevelTooLoose(Forbidden):
    """Less noise than the key allows."""


class StorageOff(Forbidden):
    """No retention has been chosen, so nothing is stored."""


class NotFound(Problem):
    """No such resource."""


class UnknownModel(NotFound):
    """No bundle has that name."""


class UnknownFeature(NotFound):
    """No stored feature has that id."""


class UnknownReceipt(NotFound):
    """No erasure has that id."""


class UnknownAudit(NotFound):
    """No audit has that id."""


class MethodNotAllowed(Problem):
    """The resource exists and does not answer this method."""


class BodyTimeout(Problem):
    """The body came too slowly."""


class HeadTimeout(Problem):
    """The request line and headers came too slowly."""


class NotFinished(Problem):
    """The audit has no report yet, or never will."""


class TooLarge(Problem):
    """More than a limit allows."""


class BodyTooLarge(TooLarge):
    """More bytes than the limit."""


class PictureTooLarge(TooLarge):
    """The header announces more pixels than the limit."""


class ClipTooLarge(TooLarge):
    """A clip has more seconds, frames or pixels than the limit."""


class UnsupportedContentType(Problem):
    """Neither an image, a form nor JSON."""


class Unprocessable(Problem):
    """Understood, and of no use."""


class InvalidParameters(Unprocessable):
    """A parameter or member does not fit."""


class UnreadableImage(Unprocessable):
    """No image we read, or a broken one."""


class PictureTooCostly(Unprocessable):
    """A picture takes more time or memory to read than one picture may, whatever its size."""


class UnreadableClip(Unprocessable):
    """No clip we read, or a broken one."""


class ClipTooCostly(Unprocessable):
    """A clip takes more time or memory to decode than one clip may, or ends what decodes it."""


class NotAligned(Unprocessable):
    """`aligned=true` for a picture that is no aligned crop."""


class NoFace(Unprocessable):
    """A picture without a face."""


class SeveralFaces(Unprocessable):
    """A picture of several people, of whom only one is wanted."""


class UnfitFeatures(Unprocessable):
    """Embeddings that cannot be stored or audited."""


class UnfitPseudonym(Unprocessable):
    """A subject is given by a pseudonym that is none of this store's and this tenant's."""


class KeyReused(Unprocessable):
    """The Idempotency-Key came with another request before."""


class Overloaded(Problem):
    """The queue is full, or the deadline passed in it."""


class RateExceeded(Overloaded):
    """The key's embeddings of this minute are used up."""


class HeadTooLarge(Problem):
    """The request line and headers are too long."""


class InternalError(Problem):
    """Our fault; the log has it under the request's id."""


class WorkerLost(InternalError):
    """The process that read the image died."""


class NotInstalled(Problem):
    """An optional part of the service is not installed."""


class NotReady(Problem):
    """The server cannot answer now; `reason` names why."""


class NoConnection(NotReady):
    """Every connection is taken by requests in hand."""


class StoreBusy(NotReady):
    """The database cannot be reached, or is locked."""
