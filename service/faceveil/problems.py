"""Everything that a request can be refused with, as RFC 9457 problem details.

    Problem
    ├── MalformedRequest        400  the body is not what its content type says
    ├── Unauthorized            401  no key, or one that does not count
    ├── Forbidden               403  the key may not do this
    │   ├── LevelTooLoose       403  less noise than the key allows
    │   └── StorageOff          403  no retention has been chosen, so nothing is stored
    ├── NotFound                404  no such resource
    │   ├── UnknownModel        404
    │   ├── UnknownFeature      404
    │   ├── UnknownReceipt      404
    │   └── UnknownAudit        404
    ├── MethodNotAllowed        405
    ├── BodyTimeout             408  the body came too slowly
    ├── HeadTimeout             408  the request line and headers came too slowly
    ├── NotFinished             409  the audit has no report yet, or never will
    ├── TooLarge                413
    │   ├── BodyTooLarge        413  more bytes than the limit
    │   ├── PictureTooLarge     413  the header announces more pixels than the limit
    │   └── ClipTooLarge        413  a clip has more seconds, frames or pixels than the limit
    ├── UnsupportedContentType  415  neither an image, a form nor JSON
    ├── Unprocessable           422
    │   ├── InvalidParameters   422  a parameter or member does not fit
    │   ├── UnreadableImage     422  no image we read, or a broken one
    │   ├── PictureTooCostly    422  a picture that takes more time or memory than one may
    │   ├── UnreadableClip      422  no clip we read, or a broken one
    │   ├── ClipTooCostly       422  a clip that takes more time or memory than one may
    │   ├── NotAligned          422  `aligned=true` for a picture that is no aligned crop
    │   ├── NoFace              422  a picture without a face
    │   ├── SeveralFaces        422  a picture of several people, where one was expected
    │   ├── UnfitFeatures       422  embeddings that cannot be stored or audited
    │   ├── UnfitPseudonym      422  a pseudonym that is not of this store and tenant
    │   └── KeyReused           422  the Idempotency-Key came with another request before
    ├── Overloaded              429  the queue is full, or the deadline passed in it
    │   └── RateExceeded        429  the key's embeddings of this minute are used up
    ├── HeadTooLarge            431  the request line and headers are too long
    ├── InternalError           500  our fault; the log has it under the request's id
    │   └── WorkerLost          500  the process that read the image died
    ├── NotInstalled            501  an optional part of the service is not installed
    └── NotReady                503  the model is not loaded yet
        ├── NoConnection        503  every connection is taken by requests in hand
        └── StoreBusy           503  the database cannot be reached, or is locked

A detail says what to do. It never holds image content, a stack or a path.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:faceveil:problem:"

LAST_ANSWER = MappingProxyType({"Connection": "close"})
"""Header where the body was not read to its end: the connection cannot be used again."""


class FieldError(BaseModel):
    """One parameter or member that does not fit."""

    field: str = Field(description="Where it is, as in `query.faces`.")
    message: str = Field(description="What does not fit.")


class ProblemDetails(BaseModel):
    """The body of every error answer (RFC 9457, section 3.1)."""

    type: str = Field(description="Stable identifier of the kind of problem.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="HTTP status code.", ge=400, le=599)
    detail: str = Field(description="What went wrong here, and what to do.")
    request_id: str = Field(description="The request's id, also in the header X-Request-ID.")
    errors: list[FieldError] | None = Field(None, description="The fields that do not fit.")
    reason: str | None = Field(
        None,
        description="Of /readyz, why not: starting, stopping, no-workers, store-away, store-full "
        "or store-read-only.",
    )


class Problem(Exception):
    """A request is refused; the subclasses say why."""

    slug: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int]
    example: ClassVar[str]
    # Of the answer, besides those of its body.
    headers: Mapping[str, str] = MappingProxyType({})
    reason: str | None = None

    def __init_subclass__(cls, *, title: str, status: int | None = None) -> None:
        """Takes the slug from the name: `NoFace` is `no-face`.

        Args:
            title: the kind of problem, in words.
            status: of HTTP; without it, the parent's.
        """
        cls.slug = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()
        cls.title = title
        cls.status = status or cls.status

    def __init__(self, detail: str, *, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors

    @classmethod
    def type_uri(cls) -> str:
        """The stable `type` of this kind of problem."""
        return TYPE_PREFIX + cls.slug

    def details(self, request_id: str) -> ProblemDetails:
        """The body of the answer."""
        return ProblemDetails(
            type=self.type_uri(),
            title=self.title,
            status=self.status,
            detail=self.detail,
            request_id=request_id,
            errors=self.errors,
            reason=self.reason,
        )


class MalformedRequest(Problem, title="The request is malformed", status=400):
    """The body is not what its content type says."""

    example = "The body is not valid JSON. Send an object with the member 'image'."


class Unauthorized(Problem, title="A valid key is needed", status=401):
    """No key, or one that does not count."""

    example = "Send a key as 'Authorization: Bearer fv_...' or as 'X-API-Key: fv_...'."
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="faceveil"'}


class Forbidden(Problem, title="This is not allowed", status=403):
    """The key may not do this, or without a key it is not done."""

    example = "This needs a key with the scope 'features:read'."


class LevelTooLoose(Forbidden, title="The privacy level is too low"):
    """Less noise than the key allows."""

    example = "This key allows the level 'balanced' or stricter."


class StorageOff(Forbidden, title="Nothing is stored here"):
    """No retention has been chosen, so nothing is stored."""

    example = (
        "Nothing is stored before a retention is chosen. Set FACEVEIL_STORE__RETENTION_DAYS to "
        "the days after which a feature is to be erased, and start again."
    )


class NotFound(Problem, title="There is nothing here", status=404):
    """No such resource."""

    example = "No resource has this address. GET /openapi.json lists them all."


class UnknownModel(NotFound, title="There is no such model"):
    """No bundle has that name."""

    example = "No model of this name is installed. GET /v1/models lists those that are."


class UnknownFeature(NotFound, title="There is no such feature"):
    """No stored feature has that id."""

    example = "No feature of this id is stored. It may have been erased."


class UnknownReceipt(NotFound, title="There is no such receipt"):
    """No erasure has that id."""

    example = "No erasure of this id is known."


class UnknownAudit(NotFound, title="There is no such audit"):
    """No audit has that id."""

    example = "No audit of this id is known. GET /v1/audits lists those that are."


class MethodNotAllowed(Problem, title="The method is not allowed here", status=405):
    """The resource exists and does not answer this method."""

    example = "This resource answers POST only."

    def __init__(self, detail: str, allow: str) -> None:
        super().__init__(detail)
        self.headers = {"Allow": allow}


class BodyTimeout(Problem, title="The body took too long to arrive", status=408):
    """The body came too slowly."""

    example = "The body did not arrive within 30 seconds. Send it again."
    headers = LAST_ANSWER


class HeadTimeout(Problem, title="The request's head took too long to arrive", status=408):
    """The request line and headers came too slowly."""

    example = "The request's head did not arrive within 10 seconds."


class NotFinished(Problem, title="The audit has no report", status=409):
    """The audit has no report yet, or never will."""

    example = "The audit is running. GET it without /report to see how far it is."


class TooLarge(Problem, title="The request is too large", status=413):
    """More than a limit allows."""

    example = "The request is larger than this server accepts."


class BodyTooLarge(TooLarge, title="The body is too large"):
    """More bytes than the limit."""

    example = "The body is larger than 16777216 bytes. Send a smaller picture."
    headers = LAST_ANSWER


class PictureTooLarge(TooLarge, title="The picture has too many pixels"):
    """The header announces more pixels than the limit."""

    example = "The picture is 20000 x 20000 pixels; at most 64000000 are accepted. Scale it down."


class ClipTooLarge(TooLarge, title="The clip is too large"):
    """A clip has more seconds, frames or pixels than the limit."""

    example = "The clip has more than 600 seconds. Split it, or read it with `faceveil anonymize`."


class UnsupportedContentType(Problem, title="The content type is not supported", status=415):
    """Neither an image, a form nor JSON."""

    example = (
        "Send the image as the multipart field 'image', as a raw body with its image content "
        'type, or as JSON {"image": "<base64>"}.'
    )


class Unprocessable(Problem, title="The request cannot be processed", status=422):
    """Understood, and of no use."""

    example = "The request cannot be processed."


class InvalidParameters(Unprocessable, title="A parameter does not fit"):
    """A parameter or member does not fit."""

    example = "Mend the fields named in 'errors' and send the request again."


class UnreadableImage(Unprocessable, title="The image cannot be read"):
    """No image we read, or a broken one."""

    example = "The data is no JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF image."


class PictureTooCostly(Unprocessable, title="The picture takes too much work to read"):
    """A picture takes more time or memory to read than one picture may, whatever its size."""

    example = (
        "The picture is built so that reading it takes more time or memory than one picture may "
        "take here. Save it anew as a plain JPEG or PNG."
    )


class UnreadableClip(Unprocessable, title="The clip cannot be read"):
    """No clip we read, or a broken one."""

    example = (
        "The data is no MP4, QuickTime, WebM or Matroska clip. Convert it, as with `ffmpeg -i IN "
        "out.mp4`."
    )


class ClipTooCostly(Unprocessable, title="The clip takes too much work to read"):
    """A clip takes more time or memory to decode than one clip may, or ends what decodes it."""

    example = (
        "Decoding the clip takes more time or memory than a clip may, or ends what decodes it. "
        "Write it anew, as with `ffmpeg -i IN out.mp4`."
    )


class NotAligned(Unprocessable, title="The picture is not an aligned crop"):
    """`aligned=true` for a picture that is no aligned crop."""

    example = "An aligned crop for this model is 48 x 48 pixels; this picture is 640 x 480."


class NoFace(Unprocessable, title="No face was found"):
    """A picture without a face."""

    example = "No face was found in the picture. Send one in which a face is seen from the front."


class SeveralFaces(Unprocessable, title="There are several faces"):
    """A picture of several people, where one was expected."""

    example = "There are 3 faces in the picture, and only one is wanted. Send one of one person."


class UnfitFeatures(Unprocessable, title="The embeddings do not fit"):
    """Embeddings that cannot be stored or audited."""

    example = "`embedding` must have 16 values a row for faceveil 1.0.0, not 128."


class UnfitPseudonym(Unprocessable, title="The pseudonym is not of this store"):
    """A subject is given by a pseudonym that is none of this store's and this tenant's."""

    example = (
        "This pseudonym was made with another key, or for another tenant: here no name would ever "
        "lead to it. Send the person's name, or import where the export was made."
    )


class KeyReused(Unprocessable, title="The Idempotency-Key was used for another request"):
    """The Idempotency-Key came with another request before."""

    example = "Another request had this Idempotency-Key. Use a new one for each new request."


class Overloaded(Problem, title="The server is busy", status=429):
    """The queue is full, or the deadline passed in it."""

    example = "All workers are busy and the queue is full. Try again in 1 s."

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        self.headers = {"Retry-After": str(retry_after_s)}


class RateExceeded(Overloaded, title="The key's rate is used up"):
    """The key's embeddings of this minute are used up."""

    example = "This key allows 60 embeddings a minute. Try again in 1 s."


class HeadTooLarge(Problem, title="The request's head is too large", status=431):
    """The request line and headers are too long."""

    example = "The URL and the headers have more than 32768 bytes. Send fewer."


class InternalError(Problem, title="Something went wrong on our side", status=500):
    """Our fault; the log has it under the request's id."""

    example = "The error is logged under this request's id. Trying again may help."


class WorkerLost(InternalError, title="The image's reader ended before it answered"):
    """The process that read the image died."""

    example = "Send the image once more. If it fails again, it is the image that cannot be read."


class NotInstalled(Problem, title="This part is not installed here", status=501):
    """An optional part of the service is not installed."""

    example = "Audits need the extra `audit`, which this server was installed without."


class NotReady(Problem, title="The server is not ready", status=503):
    """The server cannot answer now; `reason` names why."""

    example = "The model is still loading. Try again in a moment."
    headers: Mapping[str, str] = {"Retry-After": "1"}

    def __init__(self, detail: str, *, reason: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason


class NoConnection(NotReady, title="All connections are taken"):
    """Every connection is taken by requests in hand."""

    example = "All connections to this server are taken. Try again in a moment."


class StoreBusy(NotReady, title="The store does not answer"):
    """The database cannot be reached, or is locked."""

    example = "The store cannot be reached or is locked. Nothing was done. Try again in a moment."

    def __init__(self, detail: str, *, cause: str | None = None) -> None:
        """Takes what is answered, and what is logged.

        Args:
            detail: what to do.
            cause: the database's own name for what is wrong, as SQLITE_FULL; for the log.
        """
        super().__init__(detail)
        self.cause = cause
