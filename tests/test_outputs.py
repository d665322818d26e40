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


def test_folders_that_are_missing_are_let_pass_where_they_are_made(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    new = tmp_path / "new" / "folder"
    must_be_writable(new / "x", tmp_path / "old", folders=[tmp_path, new], make_folders=True)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "x"


def test_no_folder_is_made_under_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is no folder"):
        must_be_writable(tmp_path / "file" / "new" / "x", make_folders=True)
    for folder in (tmp_path / "file", tmp_path / "file" / "runs" / "x"):
        with pytest.raises(OutputError, match="is no folder"):
            must_be_writable(folders=[folder])


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        must_be_writable(tmp_path, make_folders=True)


def test_a_place_without_the_right_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").touch()
    monkeypatch.setattr("os.access", lambda path, mode: path.is_file())  # root may write anywhere
    must_be_writable(tmp_path / "old")
    with pytest.raises(OutputError, match=r"folder .* may not be written to"):
        must_be_writable(tmp_path / "old", make_folders=True)  # its draft could not lie beside it
    with pytest.raises(OutputError, match=r"folder .* may not be written to"):
        must_be_writable(folders=[tmp_path / "new"])
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(OutputError, match="it may not be written to"):
        must_be_writable(tmp_path / "old", make_folders=True)
