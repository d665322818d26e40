"""The room for bodies: bounded, and shared by the clients."""

import asyncio

import pytest

from faceveil.http.room import BodyRoom
from faceveil.problems import BodyTimeout, Overloaded
from faceveil.settings import LimitSettings

MB = 2**20
LIMITS = LimitSettings(
    bodies=4,
    bodies_bytes=8 * MB,
    body_bytes=MB,
    batch_body_bytes=MB,
    import_bytes=MB,
    clip_bytes=MB,
    body_seconds=0.05,
)


def test_a_client_has_at_most_half_of_the_places() -> None:
    room = BodyRoom(LIMITS)
    mine = [room.admit("one") for _ in range(2)]
    with pytest.raises(Overloaded) as refusal:
        room.admit("one")
    assert refusal.value.headers == {"Retry-After": "1"}
    others = [room.admit("other") for _ in range(2)]
    with pytest.raises(Overloaded):
        room.admit("third")
    for body in mine + others:
        body.leave()
    assert room.here == 0


def test_a_client_has_at_most_half_of_the_bytes() -> None:
    room = BodyRoom(LIMITS)
    one, more, other = room.admit("one"), room.admit("one"), room.admit("other")
    one.take(3 * MB)
    with pytest.raises(Overloaded):
        more.take(2 * MB)
    other.take(4 * MB)
    with pytest.raises(Overloaded):
        other.take(1)
    for body in (one, more, other):
        body.leave()
    assert room.held == 0


def test_one_body_of_the_largest_size_always_fits() -> None:
    room = BodyRoom(LimitSettings())
    room.admit("one").take(LimitSettings().batch_body_bytes)


@pytest.mark.anyio
async def test_a_body_that_does_not_come_in_time_is_given_up() -> None:
    body = BodyRoom(LIMITS).admit("one")
    with pytest.raises(BodyTimeout, match=r"within 0\.05 seconds"):
        async with body.coming():
            await asyncio.sleep(30)


@pytest.mark.anyio
async def test_a_body_without_pace_is_given_up_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceveil.http.room.GRACE_S", 0.02)
    body = BodyRoom(LIMITS.model_copy(update={"body_seconds": 30.0})).admit("one")

    async def drip() -> None:
        async with body.coming():
            body.take(1)
            await asyncio.sleep(30)

    with pytest.raises(BodyTimeout, match="8192 bytes a second"):
        await drip()
