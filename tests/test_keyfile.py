"""Keys lie in files of their owner, are made once, and are refused where they are none."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from faceveil.keyfile import KEY_BYTES, read_or_make_key


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "noise.key"
    key = read_or_make_key(path)
    assert len(key) == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_key(path) == key
    assert list(path.parent.iterdir()) == [path]


def test_two_folders_get_two_keys(tmp_path: Path) -> None:
    assert read_or_make_key(tmp_path / "a") != read_or_make_key(tmp_path / "b")


@pytest.mark.parametrize("content", ["", "words", "ab" * 31, "ab" * 33, "\u00e4" * 64])
def test_a_file_that_holds_no_key_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "noise.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"noise\.key does not hold 32 bytes"):
        read_or_make_key(path)
    assert path.read_text(encoding="utf-8") == content


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("forkserver").Pool(4) as pool:
        keys = pool.map(read_or_make_key, [tmp_path / "noise.key"] * 16, chunksize=1)
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["noise.key"]
