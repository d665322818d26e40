"""Whether a file can be written is known before the work whose result it is to hold."""

import os
from pathlib import Path

import pytest

from faceveil.outputs import OutputError, must_be_writable


def test_new_files_old_files_and_streams_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    must_be_writable(None, tmp_path / "new", tmp_path / "old", Path(os.devnull), Path(os.devnull))
    assert (tmp_path / "old").read_text() == "x"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "reason"), [("absent/x", "no folder"), ("", "a folder"), ("file/x", "is no folder")]
)
def test_what_cannot_be_written_is_refused_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=reason):
        must_be_writable(tmp_path / name)


def test_one_file_is_not_written_twice_nor_over_what_is_read(tmp_path: Path) -> None:
    for files, read in (
        ((tmp_path / "a", tmp_path / "a"), ()),
        ((tmp_path / "a",), (tmp_path / "a",)),
    ):
        with pytest.raises(OutputError, match="named twice"):
            must_be_writable(*files, beside=read)
