"""The store as an event loop reaches it."""

import contextlib
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, literal, select

from faceveil.store.store import open_store
from tests.databases import keeping_settings


@pytest.mark.anyio
async def test_a_question_is_answered_on_a_thread_of_the_stores(tmp_path: Path) -> None:
    def double(connection: Connection, number: int, *, times: int) -> tuple[int, str]:
        found = connection.scalar(select(literal(number) * times))
        assert found is not None
        return found, threading.current_thread().name

    with contextlib.closing(open_store(keeping_settings(tmp_path))) as store:
        found, thread = await store.query(double, 21, times=2)
    assert found == 42
    assert thread.startswith("faceveil-store")
