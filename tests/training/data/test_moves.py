"""What the animator wrote of a picture is known in training, and old caches of crops stay valid."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceveil.vision.align import CropGeometry
from training.data import manifest
from training.data.animated.action_units import UNITS as ACTED
from training.data.crop_set import CropSet, join, limited
from training.data.crops import cached_crops
from training.data.drawn_face import Expression, Person, Take, draw_face
from training.data.moves import DETAILS, MOVES, PLACES, UNITS, moves_in
from training.data.pixels import as_file
from training.data.record import EMOTIONS, DataError, Record

DETECTOR = Path("models/detector/blazeface-short/model.onnx")
GEOMETRY = CropGeometry(width=32, height=32, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3))
SHOT = {
    "image": "ada/anger/anger-00.jpg",
    "emotion": "anger",
    "strength": 0.5,
    "acting": {"left": {"4": 0.8, "24": 0.5, "5": 1.4}, "right": {"4": 0.4, "5": 1.0}},
}


def written(folder: Path, *shots: dict[str, Any]) -> Path:
    (folder / DETAILS).write_text("".join(json.dumps(shot) + "\n" for shot in shots), "utf-8")
    rows = "".join(f"{shot['image']},ada,anger,\n" for shot in shots)
    (folder / "manifest.csv").write_text("image,subject,emotion,session\n" + rows, "utf-8")
    return folder


def test_a_units_strength_is_the_mean_of_both_sides_and_at_most_full(tmp_path: Path) -> None:
    (row,) = moves_in(written(tmp_path, SHOT)).values()
    told = dict(zip(MOVES, row, strict=True))
    assert told.pop("valence") == pytest.approx(-0.51 * 0.5)
    assert told.pop("arousal") == pytest.approx(0.59 * 0.5)
    assert told.pop("AU4") == pytest.approx(0.6)
    assert told.pop("AU5") == 1.0
    assert set(told.values()) == {0.0}


def test_the_units_that_are_told_are_some_that_can_be_acted() -> None:
    assert set(UNITS) <= set(ACTED)
    assert PLACES.keys() == set(EMOTIONS)
    assert all(abs(value) <= 1 for place in PLACES.values() for value in place)


def test_they_go_with_their_picture_and_others_have_none(tmp_path: Path) -> None:
    other = SHOT | {"image": "ada/anger/other.jpg"}
    folder = written(tmp_path, SHOT, other)
    (folder / DETAILS).write_text(json.dumps(SHOT) + "\n")
    known, unknown = manifest.load(folder)
    assert known.moves == moves_in(folder)[known.identifier]
    assert unknown.moves is None
    (folder / DETAILS).unlink()
    assert [record.moves for record in manifest.load(folder)] == [None, None]


@pytest.mark.parametrize("text", ["no JSON\n", "[]\n", '{"image": "a.jpg"}\n'])
def test_a_file_that_is_none_of_the_animators_is_refused(tmp_path: Path, text: str) -> None:
    (written(tmp_path, SHOT) / DETAILS).write_text(text)
    with pytest.raises(DataError, match="take the file away"):
        list(manifest.load(tmp_path))


def test_cached_crops_stay_valid_where_moves_become_known(tmp_path: Path) -> None:
    face = draw_face(Person(), Expression(smile=1.0), Take(turn=0.1, light=(20, 10)), 160)
    plain = Record("a", partial(as_file, face), "happiness")
    assert cached_crops([plain], DETECTOR, GEOMETRY, tmp_path).moves.shape == (1, 0)
    row = tuple(np.linspace(0, 1, len(MOVES)))
    known = replace(plain, moves=row)
    again = cached_crops([known], DETECTOR, GEOMETRY, tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 1
    assert again.moves == pytest.approx(np.array([row]))


def test_they_go_with_their_crops_through_joining_choosing_and_fewer_labels() -> None:
    none = np.zeros(3, np.int64)
    moves = np.arange(6, dtype=np.float32).reshape(3, 2)
    bare = CropSet(np.zeros((3, 2, 2), np.uint8), none, none, none)
    part = replace(bare, moves=moves)
    joined = join([bare, part]).take(np.array([5, 0]))
    assert joined.moves[0].tolist() == [4, 5]
    assert joined.moving.tolist() == [True, False]
    assert limited(part, ["anger"]).moves is moves
    assert not bare.moving.any()
