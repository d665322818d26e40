"""Look-ups: many in one query, and patience with a database that is away."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from faceveil.access.door import ANYONE, Door, Principal
from faceveil.access.lookups import AWAY_S, LookUps
from faceveil.problems import Overloaded, StoreBusy, Unauthorized
from faceveil.store.store import Store
from tests.access.test_quotas import Clock

pytestmark = pytest.mark.anyio


def _key() -> str:
    return f"fv_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


class Keys:
    """A door whose database knows one key, and may be away."""

    def __init__(self, clock: Clock) -> None:
        self.right = _key()
        self.away = False
        self.full = False
        self.queried: list[int] = []
        self.door = Door(
            cast(Any, None), may_stand_open=False, only_from_here=False, grace_s=60, clock=clock
        )
        self.door.look_up = self._look_up  # type: ignore[method-assign]
        self.lookups = LookUps(self.door, cast(Store, self), clock)

    async def look_up(self, work: Callable[[], Any]) -> Any:
        """As the store does it, without threads."""
        await asyncio.sleep(0)
        if self.full:
            raise Overloaded(Overloaded.example, 1)
        return work()

    def _look_up(self, given: Sequence[str | None]) -> list[Principal | None]:
        self.queried.append(len(given))
        if self.away:
            raise StoreBusy(StoreBusy.example)
        return [ANYONE if one == self.right else None for one in given]


async def test_all_that_wait_are_looked_up_together_and_none_is_refused() -> None:
    keys = Keys(Clock())
    shown = [*(_key() for _ in range(300)), keys.right]
    found = await asyncio.gather(*map(keys.lookups.principal, shown), return_exceptions=True)
    assert found[-1] is ANYONE
    assert all(isinstance(one, Unauthorized) for one in found[:-1])
    assert keys.queried == [256, 45]


async def test_what_cannot_be_a_key_needs_no_query() -> None:
    keys = Keys(Clock())
    for given in ("", "words", "fv_", "fv__", "fv_id_" + "x" * 300, "Basic dXNlcg=="):
        with pytest.raises(Unauthorized):
            await keys.lookups.principal(given)
    assert keys.queried == []


async def test_who_was_found_before_counts_while_the_database_is_away_and_not_for_ever() -> None:
    clock = Clock()
    keys = Keys(clock)
    assert await keys.lookups.principal(keys.right) is ANYONE
    keys.away = True
    clock.now += 30
    for _ in range(5):
        assert await keys.lookups.principal(keys.right) is ANYONE
    assert len(keys.queried) == 2  # not asked each time
    with pytest.raises(StoreBusy):
        await keys.lookups.principal(_key())
    clock.now += 31
    with pytest.raises(StoreBusy):
        await keys.lookups.principal(keys.right)


async def test_a_database_that_is_back_is_asked_again_soon() -> None:
    clock = Clock()
    keys = Keys(clock)
    await keys.lookups.principal(keys.right)
    keys.away = True
    clock.now += 10
    await keys.lookups.principal(keys.right)
    keys.away, keys.right = False, _key()
    clock.now += AWAY_S
    assert await keys.lookups.principal(keys.right) is ANYONE


async def test_who_was_found_before_counts_while_all_threads_wait_for_the_database() -> None:
    clock = Clock()
    keys = Keys(clock)
    await keys.lookups.principal(keys.right)
    keys.full = True
    clock.now += 30
    assert await keys.lookups.principal(keys.right) is ANYONE
    with pytest.raises(Overloaded):
        await keys.lookups.principal(_key())
