"""How clips come in: as a form or as a raw body."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request

from faceveil.http.forms import FORM, FileField, Form, Multipart
from faceveil.http.intake import Intake, Raw
from faceveil.http.openapi import BINARY
from faceveil.problems import MalformedRequest
from faceveil.settings import LimitSettings

CLIP_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska")


class ClipForm(BaseModel):
    """A clip as a form."""

    model_config = FORM

    video: Annotated[FileField, Field(description="The clip's file.")]


CLIP = Intake[Form | bytes](
    Multipart(ClipForm, lambda limits: limits.clip_bytes),
    Raw(dict.fromkeys(CLIP_TYPES, BINARY), lambda limits: limits.clip_bytes, family="video/"),
    otherwise="Send the clip as the multipart field 'video' (with curl: -F video=@clip.mp4), or as "
    "a raw body with its content type, such as video/mp4.",
)


async def read_clip(request: Request, limits: LimitSettings) -> bytes:
    """Reads the clip of a request.

    Raises:
        BodyTooLarge, BodyTimeout, Overloaded, MalformedRequest, InvalidParameters,
            UnsupportedContentType.
    """
    body = await CLIP.read(request, limits)
    clip = body.files["video"][0].data if isinstance(body, Form) else body
    if not clip:
        raise MalformedRequest("The clip is empty. Send the file's bytes.")
    return clip
