"""Portraits that can be moved are taken; of each other one it is said why not."""

import io
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.training.data.animated.synthetic import KnowingLandmarker, drawn, expression
from training.data.animated.casting import Cast, cast, own_portraits
from training.data.animated.head import Array
from training.data.animated.landmarks import Landmarker
from training.data.record import DataError, Record

Picture = tuple[NDArray[np.uint8], Array]


def _cast(pictures: dict[str, Picture], people: int | None = None) -> Cast:
    known = KnowingLandmarker({pixels.tobytes(): points for pixels, points in pictures.values()})
    records = [Record(f"{n}.png", partial(_png, p), None, n) for n, (p, _) in pictures.items()]
    return cast(records, known, people)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_neutral_face_from_the_front_is_taken() -> None:
    assert list(_cast({"ada": drawn()}).portraits) == ["ada"]


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (drawn(yaw=35), "turned by 3"),
        (drawn(expression=expression(mouthSmile=0.9)), "smiles or speaks"),
        (drawn(expression=expression(jawOpen=0.5)), "smiles or speaks"),
        (drawn(size=64), "pixels apart"),
    ],
)
def test_another_one_is_left_out_with_a_reason(picture: Picture, reason: str) -> None:
    found = _cast({"ada": drawn(), "bea": picture})
    assert list(found.portraits) == ["ada"]
    assert reason in found.left_out["bea.png"]


def test_points_that_fit_no_head_are_left_out() -> None:
    pixels, points = drawn(yaw=1)
    crooked = points + np.random.default_rng(0).normal(0, 4, points.shape)
    assert "does not fit" in _cast({"ada": drawn(), "bea": (pixels, crooked)}).left_out["bea.png"]


def test_where_no_face_is_found_at_all_the_reasons_are_said() -> None:
    records = [Record("a.png", lambda: _png(drawn()[0]), None, "a")]
    with pytest.raises(DataError, match=r"None of the portraits can be moved. a.png: no face"):
        cast(records, KnowingLandmarker({}))


def test_no_more_people_are_taken_than_wanted() -> None:
    pictures = {f"{yaw}": drawn(yaw=yaw) for yaw in range(3)}
    assert list(_cast(pictures, people=2).portraits) == ["0", "1"]


def test_pictures_known_to_show_an_emotion_are_passed_over() -> None:
    pixels, points = drawn()
    known = KnowingLandmarker({pixels.tobytes(): points})
    records = [
        Record(f"{emotion}.png", lambda: _png(pixels), emotion, "ada")
        for emotion in ("happiness", "neutral")
    ]
    assert list(cast(records, known).portraits) == ["ada"]
    with pytest.raises(DataError, match="None of the portraits"):
        cast(records[:1], known)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ada.jpg").write_bytes(b"none")
    with pytest.raises(DataError, match=r"ada.jpg cannot be read as a picture"):
        cast(own_portraits(tmp_path), KnowingLandmarker({}))


def test_own_portraits_are_named_after_their_files(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    for name in ("team/bea.png", "ada.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [record.subject for record in own_portraits(tmp_path)] == ["ada", "bea"]


def test_two_portraits_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("ada.jpg", "ada.png"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match="one person"):
        list(own_portraits(tmp_path))


@pytest.mark.parametrize(("place", "says"), [("absent", "no folder"), (".", "no pictures")])
def test_an_empty_folder_says_what_belongs_there(tmp_path: Path, place: str, says: str) -> None:
    with pytest.raises(DataError, match=rf"{says}.*neutral portrait of each person"):
        list(own_portraits(tmp_path / place))


def test_without_mediapipe_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(DataError, match=r"pip install .*animate"):
        Landmarker()
