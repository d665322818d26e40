"""How images come in: multipart form, raw body or JSON; bounded, and only ever in memory."""

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from service.problems import (
    BodyTimeout,
    BodyTooLarge,
    FieldError,
    InvalidParameters,
    MalformedRequest,
    UnreadableImage,
    UnsupportedContentType,
)
from service.settings import LimitSettings

IMAGE_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/bmp",
    "image/gif",
    "image/tiff",
)

Model = TypeVar("Model", bound=BaseModel)

_SPARE_COMMAS = 16
"""So that a body with a few members too many is told which they are."""


class ImageBody(BaseModel):
    """One image as JSON."""

    model_config = ConfigDict(extra="forbid")

    image: str = Field(
        min_length=1,
        description="The image file in base64 (RFC 4648, section 4).",
        json_schema_extra={"contentEncoding": "base64"},
    )


class BatchBody(BaseModel):
    """Several images as JSON."""

    model_config = ConfigDict(extra="forbid")

    images: list[ImageBody] = Field(min_length=1, description="In the order of the answers.")


@dataclass(frozen=True, slots=True)
class Upload:
    """An image as it came: the file's bytes, or the base64 text of them."""

    data: bytes | str

    def file(self) -> bytes:
        """The bytes of the image file.

        Raises:
            UnreadableImage: if the base64 text is none.
        """
        if isinstance(self.data, bytes):
            return self.data
        try:
            return base64.b64decode(self.data, validate=True)
        except (binascii.Error, ValueError):
            raise UnreadableImage(
                "The member 'image' is not base64. Encode the file's bytes (RFC 4648, section 4)."
            ) from None


async def read_image(request: Request, limits: LimitSettings) -> Upload:
    """Reads the one image of a request.

    Raises:
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    async with _patience(limits):
        kind = _content_type(request)
        if kind == "multipart/form-data":
            images = await _form_images(request, limits.body_bytes, most=1)
            return images[0]
        if kind == "application/json":
            body = _parse(ImageBody, await _read(request, limits.body_bytes), most=1)
            return Upload(body.image)
        if kind.startswith("image/"):
            data = await _read(request, limits.body_bytes)
            if not data:
                raise MalformedRequest(
                    "The body is empty. Send the image file's bytes as the body."
                )
            return Upload(data)
    raise UnsupportedContentType(
        f"{UnsupportedContentType.example} (With curl: -F image=@face.jpg)"
    )


async def read_batch(request: Request, limits: LimitSettings) -> list[Upload]:
    """Reads the images of a batch request.

    Raises:
        BodyTooLarge, BodyTimeout, MalformedRequest, InvalidParameters, UnsupportedContentType.
    """
    most = limits.batch_images
    async with _patience(limits):
        kind = _content_type(request)
        if kind == "multipart/form-data":
            return await _form_images(request, limits.batch_body_bytes, most)
        if kind == "application/json":
            body = _parse(BatchBody, await _read(request, limits.batch_body_bytes), most)
            if len(body.images) > most:
                raise _too_many(most)
            return [Upload(item.image) for item in body.images]
    raise UnsupportedContentType(
        "Send the images as multipart fields named 'image', or as JSON "
        '{"images": [{"image": "<base64>"}]}.'
    )


class _MemoryParser(MultiPartParser):
    """Starlette's parser, told never to spool a part to disk: a face must not touch it.

    A maximum of 0 means "no maximum" to `SpooledTemporaryFile`; the stream itself is bounded.
    """

    spool_max_size = 0


async def _form_images(request: Request, limit: int, most: int) -> list[Upload]:
    _, options = parse_options_header(request.headers["content-type"])
    if options.get(b"charset", b"utf-8").lower() != b"utf-8":
        # RFC 7578 gives forms no such parameter, and some of Python's codecs fail on any bytes.
        raise MalformedRequest("The form names a character set. Leave it out: names are UTF-8.")
    # One part more than the most is let through, to be refused with our own sentence.
    parser = _MemoryParser(
        request.headers, _bounded(request, limit), max_files=most + 1, max_fields=16
    )
    try:
        form: FormData = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise _too_many(most) from None
        if error.message.startswith("Part exceeded"):  # a text part; file parts may be longer
            raise _no_file() from None
        raise MalformedRequest(
            "The body is not a well-formed multipart form. Check its boundary and parts."
        ) from None
    try:
        unknown = sorted(set(form) - {"image"})
        if unknown:
            raise InvalidParameters(
                "The form has fields that this resource does not know. Send 'image' alone.",
                errors=[
                    FieldError(field=f"body.{name[:64]}", message="Unknown.") for name in unknown
                ],
            )
        uploads = [part for part in form.getlist("image") if isinstance(part, UploadFile)]
        if not uploads or len(uploads) < len(form.getlist("image")):
            raise _no_file()
        if len(uploads) > most:
            raise _too_many(most)
        read = []
        for upload in uploads:
            read.append(Upload(await upload.read()))
            await upload.close()  # at once: a large batch is not held twice
        return read
    finally:
        await form.close()


def _no_file() -> InvalidParameters:
    return InvalidParameters(
        "The form needs the image as a file part named 'image' (with curl: -F image=@face.jpg).",
        errors=[FieldError(field="body.image", message="A file part is required.")],
    )


def _too_many(most: int) -> InvalidParameters:
    return InvalidParameters(
        f"At most {most} {'image fits' if most == 1 else 'images fit'} in one request here. "
        "Send the others in another.",
        errors=[FieldError(field="body.images", message=f"More than {most}.")],
    )


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read(request: Request, limit: int) -> bytes:
    return b"".join([chunk async for chunk in _bounded(request, limit)])


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    too_large = BodyTooLarge(f"The body is larger than {limit} bytes. Send a smaller picture.")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise too_large
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large
        yield chunk


@asynccontextmanager
async def _patience(limits: LimitSettings) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limits.body_seconds):
            yield
    except TimeoutError:
        raise BodyTimeout(
            f"The body did not arrive within {limits.body_seconds:g} seconds. Send it again."
        ) from None


def _parse(model: type[Model], body: bytes, most: int) -> Model:
    # Base64 has no comma, so commas count what a parser would build: a few megabytes of "{},"
    # would become gigabytes, and their errors as much again.
    if body.count(b",") > most + _SPARE_COMMAS:
        raise InvalidParameters(
            f"The JSON body has more members than {most} "
            f"{'image needs' if most == 1 else 'images need'}. Send the images alone.",
            errors=[FieldError(field="body", message="Too many members.")],
        )
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
    if errors[0]["type"] == "json_invalid":
        raise MalformedRequest("The body is not valid JSON. Check it, or send the file itself.")
    # Names of unknown members are the client's own words: they are told, cut to a sane length.
    raise InvalidParameters(
        "The JSON body does not fit. Mend the members named in 'errors'.",
        errors=[
            FieldError(field=".".join(["body", *map(str, e["loc"])])[:128], message=e["msg"])
            for e in errors[:16]
        ],
    )
