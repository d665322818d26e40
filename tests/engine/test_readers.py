"""What the server believes of a reader: it may have been taken over."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from faceveil.engine.job import Job, Order, ReadFace, ReadPicture
from faceveil.engine.readers import Readers, Workers
from faceveil.model.noise import KeyedNoise, ModelNoise
from faceveil.vision.face import Box
from tests.fakes import fake_card

FACE = ReadFace(Box(0.0, 0.0, 1.0, 1.0), 0.9, [0.1] * 4, [0.2, 0.3, 0.5])
WORK = ReadPicture(8, 8, "noisy", [FACE], {"decode": 0.1})
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


def _believed(work: ReadPicture, limit: int = 1) -> bool:
    card, kept = fake_card(), Kept()
    readers = Readers(cast(Workers, kept), ModelNoise(KeyedNoise(bytes(32)), card), card)
    readers.submit(Job(Order(b"", False, limit, "noisy", 0.0), "default", "id"))
    return kept.fits(work)


def test_what_was_ordered_is_believed() -> None:
    assert _believed(WORK)
    assert _believed(replace(WORK, faces=[FACE, FACE]), limit=2)


@pytest.mark.parametrize(
    "lie",
    [
        replace(WORK, level="open"),
        replace(WORK, faces=[]),
        replace(WORK, faces=[FACE, FACE]),
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
