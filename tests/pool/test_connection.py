"""The server's end of a worker's socket."""

import asyncio
import socket
from typing import Any, cast

import pytest

from faceveil.pool.connection import Connection

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("early", [True, False], ids=["before it is connected", "after"])
async def test_it_ends_its_worker_whether_or_not_it_is_connected_yet(early: bool) -> None:
    class Nobody:
        def lose(self, worker: Connection, errand: Any) -> None:
            lost.set()

    lost = asyncio.Event()
    ours, theirs = socket.socketpair()
    with theirs:
        worker = Connection(1, 0, cast(Any, Nobody()), 1000)
        if early:
            worker.end()
        await asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=ours)
        if not early:
            worker.end()
        async with asyncio.timeout(10):
            await lost.wait()
        assert theirs.recv(1) == b""
