"""How images come in: multipart form, raw body or JSON, with what is said beside them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from faceveil.api.anonymize.store_fields import StoreFields, of_form, of_headers, refuse_headers
from faceveil.http.forms import FORM, FileField, Form, Multipart
from faceveil.http.intake import Intake, Json, Raw, content_type
from faceveil.http.openapi import BINARY
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
    "image/avif",
    "image/heic",
    "image/bmp",
    "image/gif",
    "image/tiff",
)

_COMMAS_AN_IMAGE = 2
"""A `data:` URL has one in it."""
_SPARE_COMMAS = 16
"""So that a body with a few members too many is told which they are."""
_COMMAS_IN_A_NAME = 256

_EXAMPLE = {"image": "/9j/4AAQSkZJRgABAQ..."}

EncodedImage = bytes | str
"""An image as it came: the file's bytes, or the base64 text of them."""


class ImageForm(StoreFields):
    """One image as a form, and whose it is where its features are to be stored."""

    model_config = FORM

    image: Annotated[FileField, Field(description="The image file.")]


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


class KeptImageBody(ImageBody, StoreFields):
    """One image as JSON, and whose it is where its features are to be stored."""

    model_config = ConfigDict(extra="forbid")


class BatchForm(BaseModel):
    """Several images as a form."""

    model_config = FORM

    image: list[FileField] = Field(
        min_length=1, description="The image files, a part each, in the order of the answers."
    )


class BatchBody(BaseModel):
    """Several images as JSON."""

    model_config = ConfigDict(extra="forbid")

    images: list[ImageBody] = Field(min_length=1, description="In the order of the answers.")


ONE_IMAGE = Intake[Form | bytes | KeptImageBody](
    Multipart(ImageForm, lambda limits: limits.body_bytes),
    Raw(dict.fromkeys(IMAGE_TYPES, BINARY), lambda limits: limits.body_bytes, family="image/"),
    Json(
        KeptImageBody,
        lambda limits: limits.body_bytes,
        lambda _: _COMMAS_IN_A_NAME + _SPARE_COMMAS,
        _EXAMPLE,
    ),
    otherwise=f"{UnsupportedContentType.example} (With curl: -F image=@face.jpg)",
)

SEVERAL_IMAGES = Intake[Form | BatchBody](
    Multipart(
        BatchForm, lambda limits: limits.batch_body_bytes, lambda limits: limits.batch_images
    ),
    Json(
        BatchBody,
        lambda limits: limits.batch_body_bytes,
        lambda limits: limits.batch_images * _COMMAS_AN_IMAGE + _SPARE_COMMAS,
        {"images": [_EXAMPLE, _EXAMPLE]},
    ),
    otherwise="Send the images as multipart fields named 'image', or as JSON "
    '{"images": [{"image": "<base64>"}]}.',
)


async def read_image(request: Request, limits: LimitSettings) -> tuple[EncodedImage, StoreFields]:
    """Reads the one image of a request, and what is to be stored of it.

    Raises:
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    if not content_type(request).startswith("image/"):
        refuse_headers(request.headers)
    body = await ONE_IMAGE.read(request, limits)
    if isinstance(body, Form):
        return body.files["image"][0].data, of_form(body.fields)
    if isinstance(body, KeptImageBody):
        return body.image, StoreFields(**body.model_dump(exclude={"image"}))
    if not body:
        raise MalformedRequest("The body is empty. Send the image file's bytes as the body.")
    return body, of_headers(request.headers)


async def read_batch(request: Request, limits: LimitSettings) -> list[EncodedImage]:
    """Reads the images of a batch request.

    Raises:
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    body = await SEVERAL_IMAGES.read(request, limits)
    if isinstance(body, Form):
        return [file.data for file in body.files["image"]]
    most = limits.batch_images
    if len(body.images) > most:
        raise InvalidParameters(
            f"At most {most} images fit in one request here. Send the others in another.",
            errors=[FieldError(field="body.images", message=f"More than {most}.")],
        )
    return [item.image for item in body.images]
