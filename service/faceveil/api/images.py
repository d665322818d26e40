"""How images come in: multipart form, raw body or JSON, with what is said beside them."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from faceveil.api.bodies import Form, arriving, content_type, parse_json, read_bytes, read_form
from faceveil.api.keeping import (
    KEEPING_FIELDS,
    Keep,
    keep_of_fields,
    keep_of_headers,
    refuse_headers,
)
from faceveil.problems import (
    FieldError,
    InvalidParameters,
    MalformedRequest,
    UnsupportedContentType,
)
from faceveil.settings import LimitSettings

IMAGE_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/bmp",
    "image/gif",
    "image/tiff",
)

_COMMAS_AN_IMAGE = 2
"""A `data:` URL has one in it."""
_SPARE_COMMAS = 16
"""So that a body with a few members too many is told which they are."""
_COMMAS_IN_A_NAME = 256

_IMAGE = frozenset({"image"})


class ImageBody(BaseModel):
    """One image as JSON."""

    model_config = ConfigDict(extra="forbid")

    image: str = Field(
        min_length=1,
        description="The image file in base64 (RFC 4648, section 4 or 5; padded or not, with line "
        "breaks or not), also as a `data:` URL of an image. Another URL is refused: none is "
        "fetched.",
        json_schema_extra={"contentEncoding": "base64"},
    )


class KeptImageBody(ImageBody, Keep):
    """One image as JSON, and whose it is where its features are to be stored."""

    model_config = ConfigDict(extra="forbid")


class BatchBody(BaseModel):
    """Several images as JSON."""

    model_config = ConfigDict(extra="forbid")

    images: list[ImageBody] = Field(min_length=1, description="In the order of the answers.")


@dataclass(frozen=True, slots=True)
class Upload:
    """An image as it came: the file's bytes, or the base64 text of them."""

    data: bytes | str

    def bytes(self) -> bytes:
        """What came, as bytes: to tell two requests apart."""
        return self.data if isinstance(self.data, bytes) else self.data.encode()


async def read_image(request: Request, limits: LimitSettings) -> tuple[Upload, Keep]:
    """Reads the one image of a request, and what is to be kept of it.

    Raises:
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    async with arriving(request):
        kind = content_type(request)
        if not kind.startswith("image/"):
            refuse_headers(request.headers)
        if kind == "multipart/form-data":
            form = await read_form(
                request, limits.body_bytes, _IMAGE, KEEPING_FIELDS, needed="image", most=1
            )
            return _uploads(form)[0], keep_of_fields(form.fields, "body")
        if kind == "application/json":
            data = await read_bytes(request, limits.body_bytes)
            body = parse_json(KeptImageBody, data, _COMMAS_IN_A_NAME + _SPARE_COMMAS)
            return Upload(body.image), Keep(**body.model_dump(exclude={"image"}))
        if kind.startswith("image/"):
            data = await read_bytes(request, limits.body_bytes)
            if not data:
                raise MalformedRequest(
                    "The body is empty. Send the image file's bytes as the body."
                )
            return Upload(data), keep_of_headers(request.headers)
    raise UnsupportedContentType(
        f"{UnsupportedContentType.example} (With curl: -F image=@face.jpg)"
    )


async def read_batch(request: Request, limits: LimitSettings) -> list[Upload]:
    """Reads the images of a batch request.

    Raises:
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    most = limits.batch_images
    async with arriving(request):
        kind = content_type(request)
        if kind == "multipart/form-data":
            limit = limits.batch_body_bytes
            form = await read_form(request, limit, _IMAGE, frozenset(), needed="image", most=most)
            return _uploads(form)
        if kind == "application/json":
            data = await read_bytes(request, limits.batch_body_bytes)
            body = parse_json(BatchBody, data, most * _COMMAS_AN_IMAGE + _SPARE_COMMAS)
            if len(body.images) > most:
                raise InvalidParameters(
                    f"At most {most} images fit in one request here. Send the others in another.",
                    errors=[FieldError(field="body.images", message=f"More than {most}.")],
                )
            return [Upload(item.image) for item in body.images]
    raise UnsupportedContentType(
        "Send the images as multipart fields named 'image', or as JSON "
        '{"images": [{"image": "<base64>"}]}.'
    )


def _uploads(form: Form) -> list[Upload]:
    return [Upload(file.data) for file in form.files["image"]]
