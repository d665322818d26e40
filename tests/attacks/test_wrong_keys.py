"""Wrong keys, very many at once: none counts, and whoever has a right one is answered."""

import asyncio
import secrets
from collections import Counter

from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.settings import Settings
from faceveil.store.database import open_database
from tests.attacks.scale import scaled
from tests.databases import environment
from tests.running import RunningServer, running_server

CROWD = scaled(500, 900)
GET = "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\nConnection: close\r\n\r\n"


def _made(settings: Settings, number: int) -> list[str]:
    database = open_database(settings)
    with database.write() as connection:
        created = [
            keys.create(connection, name="honest", scopes=frozenset({Scope.read}))[1]
            for _ in range(number)
        ]
    database.close()
    return created


def _wrong() -> str:
    return f"fv_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


async def _status(server: RunningServer, key: str) -> int:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write((GET % key).encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1])


async def _all(server: RunningServer, shown: list[str]) -> list[int]:
    return await asyncio.gather(*(_status(server, key) for key in shown))


def test_a_crowd_of_wrong_keys_keeps_no_honest_one_out(kept: Settings) -> None:
    honest = _made(kept, 5)
    with running_server(kept.state_directory, environment(kept)) as server:
        shown = [_wrong() for _ in range(CROWD)]
        for at, key in enumerate(honest):
            shown.insert((at + 1) * CROWD // 6, key)
        statuses = asyncio.run(_all(server, shown))
    answers = dict(zip(shown, statuses, strict=True))
    assert [answers[key] for key in honest] == [200] * 5
    assert Counter(statuses) == {401: CROWD, 200: 5}
