"""Free portraits: a list says what they show."""

from pathlib import Path

import pytest

from training.data import portraits
from training.data.animated.origin import is_held_out
from training.data.record import DataError

LISTED = sorted(Path("training/data/portraits.csv").read_text("utf-8").splitlines()[1:])


def _folder(tmp_path: Path) -> Path:
    for line in LISTED:
        image, _ = line.split(",")
        (tmp_path / image).parent.mkdir(exist_ok=True)
        (tmp_path / image).write_bytes(b"")
    return tmp_path


def test_portraits_smile_or_show_nothing_and_have_no_names(tmp_path: Path) -> None:
    records = list(portraits.load(_folder(tmp_path)))
    assert {record.emotion for record in records} == {"neutral", "happiness"}
    assert all(record.subject is None for record in records)


def test_who_is_held_out_of_the_animated_faces_is_not_learned_here(tmp_path: Path) -> None:
    loaded = {record.identifier for record in portraits.load(_folder(tmp_path))}
    left_out = {line.split(",")[0] for line in LISTED} - loaded
    assert "canada/008f.jpg" in left_out
    assert is_held_out("young-adults-008f")
    assert not any(image.startswith("congress/") for image in left_out)


def test_a_portrait_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        list(portraits.load(tmp_path))
