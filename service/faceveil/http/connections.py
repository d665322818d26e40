"""Who is connected: bounded in number, in all and by address; those that ask nothing give way."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol

from faceveil.access.addresses import network_of
from faceveil.telemetry.seldom import Seldom

logger = logging.getLogger("faceveil.http")


class Connection(Protocol):
    """What is counted here; `faceveil.http.protocol` makes them."""

    deadline: float
    """When it has to have asked something, in the event loop's seconds."""

    def give_way(self) -> None:
        """Closes it: it asks nothing, and the place is needed. Its place is freed at once."""
        ...

    def expire(self) -> None:
        """Closes it: it has been asking for too long."""
        ...


class Connections:
    """The places for connections.

    A connection *waits* while the server does nothing for it: it is new, idle between two requests,
    or has not sent a whole head yet. Those that wait longest are closed first where places run
    short: the client's own where its address has more than its share, otherwise anybody's.
    """

    def __init__(
        self,
        most: int,
        most_of_an_address: int,
        proxies: Sequence[IPv4Network | IPv6Network] = (),
    ) -> None:
        """Counts nobody yet.

        Args:
            most: connections in all.
            most_of_an_address: connections of one address. Loopback and proxies are excepted: who
                comes from there may be anybody.
            proxies: those that pass others' requests on.
        """
        self.here = 0
        self._most = most
        self._most_of_an_address = most_of_an_address
        self._proxies = proxies
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._clients: dict[str, _Client] = {}
        self._seldom = Seldom(logger)

    def admit(self, connection: Connection, address: str) -> "Place | None":
        """The place of a new connection, which waits; None where there is none."""
        name = network_of(address)
        client = self._clients.get(name)
        if client and client.here >= self._most_of_an_address and not self._is_anybody(address):
            if not self._made_room("an address has all connections that it may", client.waiting):
                return None
        elif self.here >= self._most and not self._made_room(
            "all connections are taken", self._waiting
        ):
            return None
        place = Place(self, self._clients.setdefault(name, _Client(name)), connection)
        place.take()
        return place

    def sweep(self, now: float) -> None:
        """Closes what has been asking for too long; to be called every second or so."""
        for connection in [one for one in self._waiting if one.deadline < now]:
            connection.expire()

    def _is_anybody(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        known = getattr(known, "ipv4_mapped", None) or known
        return known.is_loopback or any(known in network for network in self._proxies)

    def _made_room(self, message: str, waiting: "OrderedDict[Connection, None]") -> bool:
        self._seldom.warn(message, connections=self.here, waiting=len(self._waiting))
        if not waiting:
            return False
        next(iter(waiting)).give_way()
        return True


class _Client:
    """The connections of one address."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.here = 0
        self.waiting: OrderedDict[Connection, None] = OrderedDict()


class Place:
    """The place of one connection."""

    def __init__(self, connections: Connections, client: _Client, connection: Connection) -> None:
        self._connections = connections
        self._client = client
        self._connection = connection

    def take(self) -> None:
        """Counts it."""
        self._connections.here += 1
        self._client.here += 1
        self.wait()

    def wait(self) -> None:
        """Has the connection wait, as the newest that does."""
        self._connections._waiting[self._connection] = None
        self._client.waiting[self._connection] = None

    def work(self) -> None:
        """Has it wait no more: a request is in hand."""
        self._connections._waiting.pop(self._connection, None)
        self._client.waiting.pop(self._connection, None)

    def leave(self) -> None:
        """Gives the place back; once is enough."""
        self.work()
        self._connections.here -= 1
        self._client.here -= 1
        if not self._client.here:
            del self._connections._clients[self._client.name]
