"""How the named sets are found."""

from pathlib import Path

import pytest

from training.data.record import DRAWN, DataError
from training.data.sets import DATA_VARIABLE, SETS, data_folder


def test_drawn_faces_need_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    folder = data_folder(Path("drawn"))
    assert folder is None
    assert SETS[DRAWN].is_in(folder)
    assert next(SETS[DRAWN].records(folder)).read()


def test_only_drawn_faces_are_there_without_a_folder() -> None:
    assert [name for name, known in SETS.items() if known.is_in(None)] == [DRAWN]


def test_a_set_that_is_absent_says_so(tmp_path: Path) -> None:
    assert not SETS["jaffe"].is_in(tmp_path)
    with pytest.raises(DataError, match="JAFFE is not there"):
        SETS["jaffe"].records(tmp_path)


def test_a_set_is_read_from_its_place(tmp_path: Path) -> None:
    (tmp_path / "jaffe").mkdir()
    (tmp_path / "jaffe" / "KA.AN1.39.tiff").touch()
    assert [r.subject for r in SETS["jaffe"].records(tmp_path)] == ["KA"]


def test_the_environment_says_where_the_data_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    assert data_folder(None) == tmp_path


def test_no_folder_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    with pytest.raises(DataError, match=DATA_VARIABLE):
        data_folder(None)
    with pytest.raises(DataError, match="There is no folder"):
        data_folder(tmp_path / "absent")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is no folder"):
        data_folder(tmp_path / "file")
