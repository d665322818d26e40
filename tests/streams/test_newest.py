import asyncio
from datetime import UTC, datetime

import pytest

from faceveil.prior import Prior
from faceveil.problems import Overloaded
from faceveil.streams.newest import Newest
from faceveil.streams.places import Places, Running
from faceveil.streams.stream import Stream
from tests.fakes import fake_card

CARD = fake_card()
SEEN = Stream(CARD, "noisy", Prior.of("wild", CARD.labels, None), vectors=1, faces=1)


def by(client: str, tenant: str = "t") -> Running:
    """A stream of a client's."""
    return Running(client, tenant, "key", "noisy", datetime.now(UTC), Newest(), SEEN)


@pytest.mark.anyio
async def test_the_newest_is_read_and_what_was_older_is_dropped_and_counted() -> None:
    frames = Newest()
    for data in (b"1", b"2", b"3"):
        frames.put(data, float(data))
    newest = await frames.take()
    assert (newest.number, newest.data, newest.at, frames.dropped) == (3, b"3", 3.0, 2)
    waiting = asyncio.create_task(frames.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    frames.put(b"4", 4.0)
    assert (await waiting).number == 4
    assert (frames.came, frames.dropped) == (4, 2)


def test_a_client_holds_half_of_the_places_and_all_together_no_more_than_there_are() -> None:
    places = Places(4)
    with places.take(by("a")), places.take(by("a")):
        with pytest.raises(Overloaded, match="from here"), places.take(by("a")):
            pass
        with places.take(by("b")), places.take(by("c")):
            assert places.taken == 4
            with pytest.raises(Overloaded, match="As many"), places.take(by("d")):
                pass
    assert places.taken == 0
    with places.take(by("a")):
        assert places.taken == 1


def test_a_place_is_given_back_whatever_ends_a_stream() -> None:
    places = Places(1)
    with pytest.raises(ZeroDivisionError), places.take(by("a")):
        raise ZeroDivisionError
    with places.take(by("b")):
        pass


def test_a_tenant_sees_its_own_streams_alone_the_oldest_first() -> None:
    places = Places(4)
    first, other, last = by("a"), by("b", "another"), by("c")
    with places.take(first), places.take(other), places.take(last):
        assert places.of("t") == [first, last]
        assert places.of("another") == [other]
    assert places.of("t") == []
