"""`/v1/video`: a clip goes in whole; faces with numbers and moods come out as it is read."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from faceveil.api.callers import AnonymizerDep, given_in
from faceveil.api.components import components_of
from faceveil.api.streams.answers import LINES, StreamLine
from faceveil.api.streams.following import Asked, Following
from faceveil.api.streams.query import StreamQuery
from faceveil.api.video.answering import NDJSON, ClipAnswer
from faceveil.api.video.bodies import CLIP, read_clip
from faceveil.clips.frames import can_decode
from faceveil.clips.reader import Bounds
from faceveil.http.openapi import BODY, GUARDED, refused
from faceveil.installation import how_to_add
from faceveil.problems import (
    ClipTooCostly,
    ClipTooLarge,
    LevelTooLoose,
    NotInstalled,
    NotReady,
    Overloaded,
    StoreBusy,
    UnreadableClip,
)
from faceveil.settings import ClipSettings

router = APIRouter(prefix="/v1/video", tags=["anonymize"])


class ClipQuery(StreamQuery):
    """How the clip is to be read."""

    every: int = Field(1, ge=1, le=1000, description="Of so many frames, read one.")

    def bounds(self, settings: ClipSettings) -> Bounds:
        """What the clip may be, and take."""
        return Bounds(
            settings.seconds,
            settings.frames,
            settings.pixels,
            settings.cpu_s,
            settings.memory_bytes,
            self.every,
        )


@router.post(
    "",
    operation_id="video",
    summary="Follow the faces of a clip",
    response_class=ClipAnswer,
    status_code=200,
    responses={
        200: {
            "description": "A line of JSON each for the beginning, for every frame as it is read, "
            "and for the end, which is the summary; or, where the clip cannot be read to its end, "
            "for the problem. A clip whose last line is neither was cut: send it again.",
            "model": StreamLine,
            "content": {NDJSON: {"schema": {"type": "object"}, "example": LINES}},
        },
        **refused(
            *BODY,
            ClipTooLarge,
            UnreadableClip,
            ClipTooCostly,
            LevelTooLoose,
            Overloaded,
            StoreBusy,
            NotReady,
            NotInstalled,
            *GUARDED,
        ),
    },
    openapi_extra=CLIP.documented(),
)
async def video(caller: AnonymizerDep, query: Annotated[ClipQuery, Query()]) -> ClipAnswer:
    """Follows the faces of a clip by its own clock, and answers each frame as it is read.

    The clip comes as the multipart field `video`, or as the raw body with its content type: MP4,
    QuickTime, WebM or Matroska with H.264, H.265, VP8, VP9, AV1, MPEG-4 or Motion JPEG; sound is
    not looked at. It is decoded in memory by a confined process, and is never written or logged.
    Frames are answered as those of `WS /v1/stream` are. A clip that is larger than the server takes
    at once is not kept for later, for no picture touches its disk: split it, or read it where it
    is, by `faceveil anonymize`.
    """
    request, settings = caller.request, caller.settings
    if not can_decode():
        raise NotInstalled(
            "This server cannot decode clips: send pictures, or have its operator install the "
            f"extra `video`. {how_to_add('video')}"
        )
    given, components = given_in(request.headers), components_of(request)
    asked = Asked.of(request, given, caller.principal, request.state.request_id, query)
    components.clips.check(asked.client)  # before the body is read
    clip = await read_clip(request, settings.limits)
    following = Following(asked, components)
    return ClipAnswer(clip, query.bounds(settings.clips), following, components)
