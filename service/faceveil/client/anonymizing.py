"""Calls of `/v1/anonymize`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict, Unpack

import httpx2

from faceveil.client.answers import AnonymizedImage, Answer, ProblemDetails
from faceveil.client.call import Call, answered, new_key, path
from faceveil.client.pictures import Picture, file_of
from faceveil.client.problems import Problem, problem_of

_FILE = "image"
"""Files are sent under this name: their own may say who is in them."""


class Reading(TypedDict, total=False):
    """How a picture is read.

    Attributes:
        faces: the largest one; the only one, which refuses a picture of several people; or all up
            to `limit`. Without it, the largest; of what is stored, the only one.
        min_score: faces with a lower score are left out.
        min_size: faces whose box is narrower, in pixels, are left out.
        max_yaw: faces turned further to a side, in degrees, are left out.
        aligned: whether it already is a crop as the model's card describes.
        level: privacy level; without one, the server's.
        prior: how often each emotion is met: as the model's card says (wild), or each as
            often (even); without one, the server's.
    """

    faces: Literal["largest", "only", "all"]
    min_score: float
    min_size: float
    max_yaw: float
    aligned: bool
    level: str
    prior: Literal["wild", "even"]


class ReadingFaces(Reading, total=False):
    """The same, and of how many faces.

    Attributes:
        limit: with all faces: at most so many, the largest first.
    """

    limit: int


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One picture of a batch: what it was read as, or why it was not."""

    answer: AnonymizedImage | None
    error: Problem | None

    def result(self) -> AnonymizedImage:
        """The answer.

        Raises:
            Problem: the one of this picture.
        """
        if self.answer is None:
            assert self.error is not None
            raise self.error
        return self.answer


class _Item(Answer):
    answer: AnonymizedImage | None = None
    error: ProblemDetails | None = None


class _Batch(Answer):
    items: list[_Item]


def anonymize(picture: Picture, **reading: Unpack[ReadingFaces]) -> Call[AnonymizedImage]:
    """Reads the emotion and the anonymized embedding of the faces in a picture.

    Args:
        picture: a path, the bytes of an image file, or a picture of Pillow's.
        reading: how it is read.

    Raises:
        FaceVeilError: `NoFace` for a picture without one; see `faceveil.client.problems`.
        OSError: if the file cannot be read.
    """
    files = [("image", (_FILE, file_of(picture)))]
    return Call("POST", path("anonymize"), answered(AnonymizedImage), query=reading, files=files)


def store(
    picture: Picture,
    subject: str,
    *,
    session: str | None = None,
    captured_at: datetime | None = None,
    idempotency_key: str | None = None,
    **reading: Unpack[Reading],
) -> Call[AnonymizedImage]:
    """Reads the largest face and stores its embedding and emotion; never the picture.

    Args:
        picture: a path, the bytes of an image file, or a picture of Pillow's.
        subject: the app's own name for the person; the server stores a keyed hash of it.
        session: what was taken in one go; it is stored as it is, so put no name into it.
        captured_at: when the picture was taken; without it, now.
        idempotency_key: by which a repeat is known for a day; without one, a new one.
        reading: how it is read.

    Returns:
        What was read, with the `feature_id` of what was stored.

    Raises:
        FaceVeilError: `StorageOff` where nothing is stored; see `faceveil.client.problems`.
        OSError: if the file cannot be read.
    """
    return Call(
        "POST",
        path("anonymize"),
        answered(AnonymizedImage),
        query={**reading, "store": True},
        form={"subject": subject, "session": session, "captured_at": captured_at},
        files=[("image", (_FILE, file_of(picture)))],
        idempotency_key=new_key(idempotency_key),
    )


def anonymize_batch(
    pictures: Iterable[Picture], **reading: Unpack[ReadingFaces]
) -> Call[list[BatchItem]]:
    """Reads several pictures in one request; a bad one does not affect the others.

    Args:
        pictures: as many as the server takes at once: 64, if its operator set no other number.
        reading: how each is read.

    Returns:
        An item for each, in their order.

    Raises:
        FaceVeilError: if the request is refused as a whole; see `faceveil.client.problems`.
        OSError: if a file cannot be read.
    """
    files = [("image", (_FILE, file_of(picture))) for picture in pictures]
    return Call("POST", path("anonymize", "batch"), _items, query=reading, files=files)


def _items(response: httpx2.Response) -> list[BatchItem]:
    return [
        BatchItem(item.answer, None if item.error is None else problem_of(item.error))
        for item in answered(_Batch)(response).items
    ]
