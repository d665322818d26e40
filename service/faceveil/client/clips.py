"""The call of `/v1/video`."""

from os import PathLike
from pathlib import Path
from typing import Annotated, Literal, TypedDict, Unpack

import httpx2
from pydantic import Field, RootModel

from faceveil.client.answers import Answer, Ended, FrameRead, FrameRefused, Opened, ProblemDetails
from faceveil.client.call import Call, answered, path
from faceveil.client.problems import problem_of

Line = Opened | FrameRead | FrameRefused | Ended
"""What is told of a clip: first, of each frame, and at its end."""


class Following(TypedDict, total=False):
    """How a clip is read.

    Attributes:
        every: of so many frames, one is read.
        limit: faces of a frame at most, the largest first.
        min_score: faces with a lower score are left out.
        min_size: faces whose box is narrower, in pixels, are left out.
        max_yaw: faces turned further to a side, in degrees, are left out.
        small: whether faces narrower than a twentieth of the frame are looked for too.
        vectors: embeddings released of a track at most; 0 for moods alone.
        level: privacy level; without one, the server's.
        prior: how often each emotion is met; without one, the server's.
    """

    every: int
    limit: int
    min_score: float
    min_size: float
    max_yaw: float
    small: bool
    vectors: int
    level: str
    prior: Literal["wild", "even"]


class _Failed(Answer):
    type: Literal["failed"]
    error: ProblemDetails


class _Line(RootModel[Annotated[Line | _Failed, Field(discriminator="type")]]):
    pass


def video(clip: "str | PathLike[str] | bytes", **following: Unpack[Following]) -> Call[Line]:
    """Follows the faces of a clip; goes through the lines that are told of it as it is read.

    Args:
        clip: a path, or the bytes of a file: MP4, QuickTime, WebM or Matroska.
        following: how it is read.

    Returns:
        `Opened` at first, `FrameRead` or `FrameRefused` for each frame, `Ended` with the summary.

    Raises:
        FaceVeilError: `UnreadableClip`, `ClipTooLarge`; see `faceveil.client.problems`. What goes
            wrong on the way is raised after the frames that were read.
        OSError: if the file cannot be read.
    """
    data = clip if isinstance(clip, bytes) else Path(clip).read_bytes()
    files = [("video", ("video", data))]
    return Call("POST", path("video"), _line, query=following, files=files)


def _line(response: httpx2.Response) -> Line:
    line = answered(_Line)(response).root
    if isinstance(line, _Failed):
        raise problem_of(line.error)
    return line
