"""Crops of a set: made once, cached, and made anew when anything they depend on changes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faceveil.vision.align import CropGeometry
from faceveil.vision.face import GreyImage
from training.data.crops import UNKNOWN, CropSet, cached_crops, crop_records
from training.data.drawn_face import Expression, Person, Take, draw_face
from training.data.pixels import as_file
from training.data.record import EMOTIONS, DataError, Record
from training.data.report import Copy

DETECTOR = Path("models/detector/blazeface-short/model.onnx")
GEOMETRY = CropGeometry(width=32, height=32, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3))

POSE = Take(turn=0.1, light=(20, 10))
FACES = [
    draw_face(Person(face_width=width), Expression(smile=smile), replace(POSE, shift=shift), 160)
    for width, smile, shift in (
        (1.1, 0.0, (-0.04, 0.0)),
        (1.1, 1.0, (0.04, 0.0)),
        (1.3, 0.0, (0.0, 0.0)),
    )
]
WALL = np.full((160, 160), 128, np.uint8)


def again(face: GreyImage) -> bytes:
    file = BytesIO()
    Image.fromarray(face).save(file, "JPEG", quality=80)
    return file.getvalue()


def saying(data: bytes) -> bytes:
    return data


def record(name: str, face: GreyImage, *labels: str | None) -> Record:
    return Record(name, partial(as_file, face), *labels)


RECORDS = [
    record("plain", FACES[0], "neutral", "ada", "monday"),
    record("smile", FACES[1], "happiness", "ada", "monday"),
    record("other", FACES[2], None, "bob"),
    record("wall", WALL, "anger", "bob"),
    record("repeated", FACES[0], "neutral", "ada"),
    record("contradicted", FACES[0], "sadness", "ada"),
    Record("saved again", partial(saying, again(FACES[2])), "fear", None),
    Record("broken", partial(saying, b"no picture"), "fear", "ada"),
]


@pytest.fixture(scope="module")
def part() -> CropSet:
    return crop_records(RECORDS, DETECTOR, GEOMETRY)


def test_labels_are_carried_and_what_is_not_known_stays_unknown(part: CropSet) -> None:
    assert part.crops.shape == (4, 32, 32)
    emotions = [EMOTIONS.index("neutral"), EMOTIONS.index("happiness"), UNKNOWN]
    assert part.emotion.tolist() == [*emotions, EMOTIONS.index("fear")]
    assert part.subject.tolist() == [0, 0, 1, UNKNOWN]


def test_votes_are_shares_and_stay_unknown_where_nobody_voted(part: CropSet) -> None:
    voted = replace(RECORDS[0], votes=(3, 1, 0, 0, 0, 0, 0))
    some = crop_records([voted, *RECORDS[1:3]], DETECTOR, GEOMETRY)
    assert some.votes[0].tolist() == [0.75, 0.25, 0, 0, 0, 0, 0]
    assert np.isnan(some.votes[1:]).all()
    assert part.votes.shape == (len(part), 0)


def test_sessions_and_near_copies_are_groups(part: CropSet) -> None:
    assert part.group.tolist() == [0, 0, 1, 1]
    assert part.report.merged == (("other", "saved again"),)
    assert part.report.in_sessions == 2


def test_the_report_says_what_was_dropped_and_why(part: CropSet) -> None:
    assert part.report.pictures == len(RECORDS)
    assert part.report.without_face == ("wall", "broken")
    assert part.report.copies == (
        Copy("repeated", "plain", contradicts=False),
        Copy("contradicted", "plain", contradicts=True),
    )
    assert set(part.dropped) == {"wall", "broken", "repeated", "contradicted"}


def test_pictures_without_any_face_are_an_error() -> None:
    with pytest.raises(DataError, match="face"):
        crop_records([record("wall", WALL)], DETECTOR, GEOMETRY)


def test_a_picture_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    open_image = Image.open

    def counted(file: BytesIO, **options: Any) -> Image.Image:
        opened.append(file)
        return open_image(file, **options)

    monkeypatch.setattr(Image, "open", counted)
    monkeypatch.setattr(
        "training.data.crops.side_by_side",
        lambda initializer, initargs: ThreadPoolExecutor(1, "crops", initializer, initargs),
    )
    crop_records(RECORDS[:1], DETECTOR, GEOMETRY)
    assert len(opened) == 1


class TestCache:
    def crops(
        self, records: list[Record], cache: Path, geometry: CropGeometry = GEOMETRY
    ) -> tuple[CropSet, bool]:
        """The crops, and whether they had to be made."""
        reports: list[int] = []
        part = cached_crops(
            records, DETECTOR, geometry, cache, lambda done, total: reports.append(done)
        )
        return part, bool(reports)

    def test_the_second_time_the_same_crops_come_from_it(self, tmp_path: Path) -> None:
        part, worked = self.crops(RECORDS, tmp_path)
        cached, worked_again = self.crops(RECORDS, tmp_path)
        assert (worked, worked_again) == (True, False)
        for column in ("crops", "emotion", "subject", "source", "group", "votes"):
            assert np.array_equal(getattr(cached, column), getattr(part, column))
        assert cached.report == part.report

    def test_what_no_crop_depends_on_is_told_anew_beside_those_in_it(self, tmp_path: Path) -> None:
        part, _ = self.crops(RECORDS, tmp_path)
        assert part.traits == {}
        described = [
            replace(record, traits={"sex": name}, ballot=(number, 10))
            for number, (record, name) in enumerate(zip(RECORDS, "abcdefgh", strict=True))
        ]
        again, worked = self.crops(described, tmp_path)
        assert not worked
        assert again.traits["sex"].tolist() == ["a", "b", "c", "g"], "those left out are skipped"
        np.testing.assert_allclose(again.ballots[:, 0], [0, 1 / 11, 2 / 12, 6 / 16])
        fresh, _ = self.crops(described, tmp_path / "other")
        assert np.array_equal(fresh.ballots, again.ballots)

    @pytest.mark.parametrize(
        "changed",
        [
            replace(RECORDS[0], read=partial(as_file, FACES[1])),
            replace(RECORDS[0], emotion="fear"),
            replace(RECORDS[0], subject="eve"),
            replace(RECORDS[0], session="tuesday"),
        ],
        ids=["image", "emotion", "subject", "session"],
    )
    def test_a_changed_record_makes_new_crops(self, changed: Record, tmp_path: Path) -> None:
        self.crops(RECORDS[:1], tmp_path)
        part, worked = self.crops([changed], tmp_path)
        assert worked
        assert len(part) == 1

    def test_another_geometry_makes_new_crops(self, tmp_path: Path) -> None:
        self.crops(RECORDS[:1], tmp_path)
        part, _ = self.crops(RECORDS[:1], tmp_path, GEOMETRY.model_copy(update={"width": 40}))
        assert part.crops.shape == (1, 32, 40)

    def test_no_draft_is_left_behind(self, tmp_path: Path) -> None:
        self.crops(RECORDS[:1], tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
