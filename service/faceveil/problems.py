"""Everything a request can be refused with, and how it is told: RFC 9457 problem details.

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
    │   └── PictureTooLarge     413  the header announces more pixels than the limit
    ├── UnsupportedContentType  415  neither an image, a form nor JSON
    ├── Unprocessable           422
    │   ├── InvalidParameters   422  a parameter or member does not fit
    │   ├── UnreadableImage     422  no image we read, or a broken one
    │   ├── PictureTooCostly    422  a picture that takes more time or memory than one may
    │   ├── NotAligned          422  `aligned=true` for a picture that is no aligned crop
    │   ├── NoFace              422  a picture without a face
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

from typing import ClassVar

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:faceveil:problem:"


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

    def __init__(self, detail: str, *, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.reason: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer carries besides its body."""
        return {}

    @classmethod
    def type_uri(cls) -> str:
        """The stable `type` of this kind of problem."""
        return TYPE_PREFIX + cls.slug

    def details(self, request_id: str) -> ProblemDetails:
        """The body that tells this problem."""
        return ProblemDetails(
            type=self.type_uri(),
            title=self.title,
            status=self.status,
            detail=self.detail,
            request_id=request_id,
            errors=self.errors,
            reason=self.reason,
        )


class MalformedRequest(Problem):
    """The body is not what its content type says."""

    slug, title, status = "malformed-request", "The request is malformed", 400
    example = "The body is not valid JSON. Send an object with the member 'image'."


class Unauthorized(Problem):
    """No key, or one that does not count."""

    slug, title, status = "unauthorized", "A valid key is needed", 401
    example = "Send a key as 'Authorization: Bearer fv_...' or as 'X-API-Key: fv_...'."

    @property
    def headers(self) -> dict[str, str]:
        """`WWW-Authenticate`, as RFC 9110, section 15.5.2, requires."""
        return {"WWW-Authenticate": 'Bearer realm="faceveil"'}


class Forbidden(Problem):
    """The key may not do this, or without a key it is not done."""

    slug, title, status = "forbidden", "This is not allowed", 403
    example = "This needs a key with the scope 'features:read'."


class LevelTooLoose(Forbidden):
    """Less noise than the key allows."""

    slug, title = "level-too-loose", "The privacy level is too low"
    example = "This key allows the level 'balanced' or stricter."


class StorageOff(Forbidden):
    """No retention has been chosen, so nothing is stored."""

    slug, title = "storage-off", "Nothing is stored here"
    example = (
        "Nothing is stored before a retention is chosen. Set FACEVEIL_STORE__RETENTION_DAYS to "
        "the days after which a feature is to be erased, and start again."
    )


class NotFound(Problem):
    """No such resource."""

    slug, title, status = "not-found", "There is nothing here", 404
    example = "No resource has this address. GET /openapi.json lists them all."


class UnknownModel(NotFound):
    """No bundle has that name."""

    slug, title = "unknown-model", "There is no such model"
    example = "No model of this name is installed. GET /v1/models lists those that are."


class UnknownFeature(NotFound):
    """No stored feature has that id."""

    slug, title = "unknown-feature", "There is no such feature"
    example = "No feature of this id is stored. It may have been erased."


class UnknownReceipt(NotFound):
    """No erasure has that id."""

    slug, title = "unknown-receipt", "There is no such receipt"
    example = "No erasure of this id is known."


class UnknownAudit(NotFound):
    """No audit has that id."""

    slug, title = "unknown-audit", "There is no such audit"
    example = "No audit of this id is known. GET /v1/audits lists those that are."


class MethodNotAllowed(Problem):
    """The resource exists and does not answer this method."""

    slug, title, status = "method-not-allowed", "The method is not allowed here", 405
    example = "This resource answers POST only."

    def __init__(self, detail: str, allow: str) -> None:
        super().__init__(detail)
        self.allow = allow

    @property
    def headers(self) -> dict[str, str]:
        """`Allow`, as RFC 9110, section 15.5.6, requires."""
        return {"Allow": self.allow}


class BodyTimeout(Problem):
    """The body came too slowly."""

    slug, title, status = "body-timeout", "The body took too long to arrive", 408
    example = "The body did not arrive within 30 seconds. Send it again."

    @property
    def headers(self) -> dict[str, str]:
        """The rest of the body may still come: the connection cannot be used again."""
        return {"Connection": "close"}


class HeadTimeout(Problem):
    """The request line and headers came too slowly."""

    slug, title, status = "head-timeout", "The request's head took too long to arrive", 408
    example = "The request's head did not arrive within 10 seconds."


class NotFinished(Problem):
    """The audit has no report yet, or never will."""

    slug, title, status = "not-finished", "The audit has no report", 409
    example = "The audit is running. GET it without /report to see how far it is."


class TooLarge(Problem):
    """More than a limit allows."""

    slug, title, status = "too-large", "The request is too large", 413
    example = "The request is larger than this server accepts."


class BodyTooLarge(TooLarge):
    """More bytes than the limit."""

    slug, title = "body-too-large", "The body is too large"
    example = "The body is larger than 16777216 bytes. Send a smaller picture."

    @property
    def headers(self) -> dict[str, str]:
        """The rest of the body is not read: the connection cannot be used again."""
        return {"Connection": "close"}


class PictureTooLarge(TooLarge):
    """The header announces more pixels than the limit."""

    slug, title = "picture-too-large", "The picture has too many pixels"
    example = "The picture is 20000 x 20000 pixels; at most 64000000 are accepted. Scale it down."


class UnsupportedContentType(Problem):
    """Neither an image, a form nor JSON."""

    slug, title, status = "unsupported-content-type", "The content type is not supported", 415
    example = (
        "Send the image as the multipart field 'image', as a raw body with its image content "
        'type, or as JSON {"image": "<base64>"}.'
    )


class Unprocessable(Problem):
    """Understood, and of no use."""

    slug, title, status = "unprocessable", "The request cannot be processed", 422
    example = "The request cannot be processed."


class InvalidParameters(Unprocessable):
    """A parameter or member does not fit."""

    slug, title = "invalid-parameters", "A parameter does not fit"
    example = "Mend the fields named in 'errors' and send the request again."


class UnreadableImage(Unprocessable):
    """No image we read, or a broken one."""

    slug, title = "unreadable-image", "The image cannot be read"
    example = "The data is no JPEG, PNG, WebP, BMP, GIF or TIFF image."


class PictureTooCostly(Unprocessable):
    """A picture takes more time or memory to read than one picture may, whatever its size."""

    slug, title = "picture-too-costly", "The picture takes too much work to read"
    example = (
        "The picture is built so that reading it takes more time or memory than one picture may "
        "take here. Save it anew as a plain JPEG or PNG."
    )


class NotAligned(Unprocessable):
    """`aligned=true` for a picture that is no aligned crop."""

    slug, title = "not-aligned", "The picture is not an aligned crop"
    example = "An aligned crop for this model is 48 x 48 pixels; this picture is 640 x 480."


class NoFace(Unprocessable):
    """A picture without a face."""

    slug, title = "no-face", "No face was found"
    example = "No face was found in the picture. Send one in which a face is seen from the front."


class UnfitFeatures(Unprocessable):
    """Embeddings that cannot be stored or audited."""

    slug, title = "unfit-features", "The embeddings do not fit"
    example = "`embedding` must have 16 values a row for faceveil 1.0.0, not 128."


class UnfitPseudonym(Unprocessable):
    """A subject is given by a pseudonym that is none of this store's and this tenant's."""

    slug, title = "unfit-pseudonym", "The pseudonym is not of this store"
    example = (
        "This pseudonym was made with another key, or for another tenant: here no name would ever "
        "lead to it. Send the person's name, or import where the export was made."
    )


class KeyReused(Unprocessable):
    """The Idempotency-Key came with another request before."""

    slug, title = "key-reused", "The Idempotency-Key was used for another request"
    example = "Another request had this Idempotency-Key. Use a new one for each new request."


class Overloaded(Problem):
    """The queue is full, or the deadline passed in it."""

    slug, title, status = "overloaded", "The server is busy", 429
    example = "All workers are busy and the queue is full. Try again in 1 s."

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        """`Retry-After`, in seconds (RFC 9110, section 10.2.3)."""
        return {"Retry-After": str(self.retry_after_s)}


class RateExceeded(Overloaded):
    """The key's embeddings of this minute are used up."""

    slug, title = "rate-exceeded", "The key's rate is used up"
    example = "This key allows 60 embeddings a minute. Try again in 1 s."


class HeadTooLarge(Problem):
    """The request line and headers are too long."""

    slug, title, status = "head-too-large", "The request's head is too large", 431
    example = "The URL and the headers have more than 32768 bytes. Send fewer."


class InternalError(Problem):
    """Our fault; the log has it under the request's id."""

    slug, title, status = "internal-error", "Something went wrong on our side", 500
    example = "The error is logged under this request's id. Trying again may help."


class WorkerLost(InternalError):
    """The process that read the image died."""

    slug, title = "worker-lost", "The image's reader ended before it answered"
    example = "Send the image once more. If it fails again, it is the image that cannot be read."


class NotInstalled(Problem):
    """An optional part of the service is not installed."""

    slug, title, status = "not-installed", "This part is not installed here", 501
    example = "Audits need the extra `audit`, which this server was installed without."


class NotReady(Problem):
    """The server cannot answer now; `reason` names why."""

    slug, title, status = "not-ready", "The server is not ready", 503
    example = "The model is still loading. Try again in a moment."

    def __init__(self, detail: str, *, reason: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason

    @property
    def headers(self) -> dict[str, str]:
        """`Retry-After`, in seconds."""
        return {"Retry-After": "1"}


class NoConnection(NotReady):
    """Every connection is taken by requests in hand."""

    slug, title = "no-connection", "All connections are taken"
    example = "All connections to this server are taken. Try again in a moment."


class StoreBusy(NotReady):
    """The database cannot be reached, or is locked."""

    slug, title = "store-busy", "The store does not answer"
    example = "The store cannot be reached or is locked. Nothing was done. Try again in a moment."

    def __init__(self, detail: str, *, cause: str | None = None) -> None:
        """Takes what is answered, and what is logged.

        Args:
            detail: what to do.
            cause: the database's own name for what is wrong, as SQLITE_FULL; for the log.
        """
        super().__init__(detail)
        self.cause = cause
