"""How a file's structure is walked: whatever it is made of, in a bounded number of steps."""

import pytest

from faceveil.problems import PictureTooCostly
from faceveil.vision import structure
from faceveil.vision.structure import check_structure
from tests.attacks.pictures import _jpeg_with


@pytest.mark.parametrize("unit", [b"\xff\xd8", b"\xff\x01"])
def test_markers_without_a_length_are_counted_too(unit: bytes) -> None:
    check_structure(_jpeg_with(unit * 100))
    with pytest.raises(PictureTooCostly, match="segments"):
        check_structure(_jpeg_with(unit * (structure.MOST_SEGMENTS + 1)))


@pytest.mark.parametrize("unit", [b"\xff\x00", b"\xff\xd0", b"\xff\xd7", b"\x00"])
def test_what_is_no_marker_takes_one_step_however_long_it_is(
    unit: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    passed_over = structure._next_marker

    def counted(data: bytes, at: int) -> int:
        steps.append(at)
        return passed_over(data, at)

    monkeypatch.setattr(structure, "_next_marker", counted)
    check_structure(_jpeg_with(unit * 10_000))
    assert len(steps) < 100
