"""How a file's structure is walked: whatever it is made of, in a bounded number of steps."""

import struct
from contextlib import nullcontext

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


@pytest.mark.parametrize(("scans", "refused"), [(1, False), (2, True)])
def test_a_large_jpeg_of_several_scans_is_refused_for_what_it_would_keep(
    scans: int, refused: bool
) -> None:
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 17, 8, 9_000, 12_000, 3) + bytes.fromhex(
        "011100 021101 031101"
    )
    file = _jpeg_with(frame + b"\xff\xda\x00\x02" * scans)
    with pytest.raises(PictureTooCostly, match="scans") if refused else nullcontext():
        check_structure(file)
