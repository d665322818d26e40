"""What the server believes of a reader: it may have been taken over."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from faceveil.engine.job import Job, Order, ReadFace, ReadPicture
from faceveil.engine.readers import Readers, Workers
from faceveil.model.noise import KeyedNoise, ModelNoise
from faceveil.vision.crops import LARGEST, Seen
from faceveil.vision.face import Box
from faceveil.vision.pose import Pose
from faceveil.vision.selection import Selection
from tests.fakes import fake_card

SEEN = Seen(0.9, (0.2, 0.4), (0.8, 0.4), None, Pose(0.0, None, None), ("small",))
FACE = ReadFace(Box(0.0, 0.0, 1.0, 1.0), SEEN, [0.1] * 4, [0.2, 0.3, 0.5])
WORK = ReadPicture(8, 8, "noisy", 2, [FACE], {"decode": 0.1})
JSON = TypeAdapter(ReadPicture)


class Kept:
    """Workers that do nothing, and keep how an answer is looked at."""

    size = 1
    fits: Callable[[ReadPicture], bool]

    def submit(
        self, job: Order, answer: Any, name: str, fits: Callable[[ReadPicture], bool]
    ) -> None:
        """Keeps it."""
        self.fits = fits


def _believed(work: ReadPicture, wanted: Selection = LARGEST) -> bool:
    card, kept = fake_card(), Kept()
    readers = Readers(cast(Workers, kept), ModelNoise(KeyedNoise(bytes(32)), card), card)
    readers.submit(Job(Order(b"", False, "noisy", 0.0, wanted), "default", "id"))
    return kept.fits(work)


def test_what_was_ordered_is_believed() -> None:
    assert _believed(WORK)
    assert _believed(replace(WORK, faces=[FACE, FACE]), Selection("all", 2))
    assert _believed(replace(WORK, found=0, faces=[]), Selection("all", 2))


@pytest.mark.parametrize(
    "lie",
    [
        replace(WORK, level="open"),
        replace(WORK, faces=[]),
        replace(WORK, faces=[FACE, FACE]),
        replace(WORK, found=0),
        replace(WORK, faces=[replace(FACE, embedding=[0.1] * 5)]),
        replace(WORK, faces=[replace(FACE, emotion=[])]),
    ],
)
def test_what_cannot_be_of_the_job_is_not(lie: ReadPicture) -> None:
    assert not _believed(lie)


@pytest.mark.parametrize(
    ("true", "lie"), [("0.1,", "NaN,"), ("0.1,", "1e999,"), ('"decode"', r'"x\r\nSet-Cookie: a=b"')]
)
def test_numbers_that_are_none_and_other_stages_are_not_read(true: str, lie: str) -> None:
    told = JSON.dump_json(WORK).decode()
    assert JSON.validate_json(told) == WORK
    with pytest.raises(ValidationError):
        JSON.validate_json(told.replace(true, lie, 1))
