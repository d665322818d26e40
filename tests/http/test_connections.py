"""Places for connections: who asks nothing gives way, the oldest first."""

from ipaddress import ip_network

import pytest

from faceveil.http.connections import Connections, Place


class Socket:
    """A connection that only notes what is done to it."""

    def __init__(self, connections: Connections, address: str = "192.0.2.1") -> None:
        self.deadline = 10.0
        self.open = True
        self.place: Place | None = connections.admit(self, address)

    def give_way(self) -> None:
        assert self.place
        self.open = False
        self.place.leave()

    def expire(self) -> None:
        self.give_way()


def test_the_oldest_that_waits_gives_way() -> None:
    connections = Connections(3, 3)
    working, oldest, newest = (Socket(connections, f"192.0.2.{n}") for n in range(3))
    assert working.place
    working.place.work()
    late = Socket(connections, "192.0.2.9")
    assert late.place
    assert [one.open for one in (working, oldest, newest)] == [True, False, True]
    assert connections.here == 3


def test_where_all_are_at_work_the_next_finds_no_place() -> None:
    connections = Connections(1, 1)
    working = Socket(connections)
    assert working.place
    working.place.work()
    assert Socket(connections, "192.0.2.2").place is None
    working.place.wait()
    assert Socket(connections, "192.0.2.2").place


def test_an_address_with_more_than_its_share_closes_its_own() -> None:
    connections = Connections(10, 2)
    other = Socket(connections, "198.51.100.7")
    greedy = [Socket(connections) for _ in range(3)]
    assert [one.open for one in (other, *greedy)] == [True, False, True, True]


@pytest.mark.parametrize(
    ("addresses", "together"),
    [
        (("127.0.0.1", "127.0.0.1"), False),  # a proxy's, perhaps
        (("::1", "::1"), False),
        (("2001:db8::1", "2001:db8::2"), True),
        (("2001:db8::1", "2001:db8:0:1::1"), False),
        (("::ffff:192.0.2.1", "::ffff:192.0.2.2"), False),
        (("::ffff:192.0.2.1", "192.0.2.1"), True),
    ],
)
def test_whose_share_it_is(addresses: tuple[str, str], together: bool) -> None:
    connections = Connections(10, 1)
    first, second = (Socket(connections, address) for address in addresses)
    assert (first.open, second.open) == (not together, True)


def test_who_waited_too_long_is_closed() -> None:
    connections = Connections(10, 10)
    sockets = [Socket(connections) for _ in range(3)]
    sockets[0].deadline = 1.0
    assert sockets[1].place
    sockets[1].deadline = 1.0
    sockets[1].place.work()
    connections.sweep(5.0)
    assert [one.open for one in sockets] == [False, True, True]


def test_a_trusted_proxy_may_have_as_many_as_there_are() -> None:
    connections = Connections(10, 1, [ip_network("192.0.2.0/24")])
    assert [Socket(connections).open for _ in range(10)] == [True] * 10
