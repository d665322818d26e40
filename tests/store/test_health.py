"""What keeps a store from being used is found out without writing to it."""

import os
from collections import namedtuple
from pathlib import Path

import pytest

from faceveil.store.database import Database
from faceveil.store.health import Trouble, trouble_of

Free = namedtuple("Free", ["f_bavail", "f_frsize"])


def test_a_store_that_works_has_no_trouble(database: Database) -> None:
    assert trouble_of(database) is None


@pytest.mark.parametrize("url", ["sqlite:////none/such.db", "postgresql://x@127.0.0.1:1/none"])
def test_one_that_cannot_be_reached_is_away(url: str) -> None:
    assert trouble_of(Database(url)) is Trouble.away


def test_a_full_disk_and_a_folder_that_is_read_only_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.migrate()
    monkeypatch.setattr(os, "statvfs", lambda _: Free(1, 4096))
    assert trouble_of(database) is Trouble.full
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert trouble_of(database) is Trouble.read_only
    database.close()
