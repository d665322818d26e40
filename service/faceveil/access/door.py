"""Who asks? From the key in a request to a principal: a tenant and what may be done there."""

import ipaddress
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from faceveil.access import keys, tokens
from faceveil.access.keys import DEFAULT_TENANT, Key, Scope
from faceveil.access.quotas import Quotas
from faceveil.access.tokens import Grant, Tokens
from faceveil.problems import Forbidden, RateExceeded
from faceveil.store.database import Database

REMEMBERED_S = 2.0
"""How long a key that was looked up is believed; a revoked one counts for so long."""

_REMEMBERED = 4096
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        tenant: whose data is reached.
        actor: key id, or `anyone` where no keys are needed; as the access log names it.
        scopes: what may be done.
        level: the loosest privacy level that may be asked for; None for the server's own.
        per_minute: embeddings allowed; None for no limit.
        until: when it ends, in seconds since 1970, where a token was shown and not a key.
    """

    tenant: str
    actor: str
    scopes: frozenset[Scope]
    level: str | None = None
    per_minute: int | None = None
    until: float | None = None

    def require(self, *scopes: Scope) -> None:
        """Lets pass whoever has all of these scopes.

        Raises:
            Forbidden: otherwise.
        """
        if Scope.admin in self.scopes:
            return
        for scope in scopes:
            if scope not in self.scopes:
                raise Forbidden(f"This needs a key with the scope '{scope}'.")

    def has_of(self, scopes: frozenset[Scope]) -> frozenset[Scope]:
        """Those of these scopes that it has."""
        return scopes if Scope.admin in self.scopes else scopes & self.scopes


ANYONE = Principal(DEFAULT_TENANT, "anyone", frozenset(Scope))


class Door:
    """Checks keys, and remembers for a moment what it found, so that most requests need no query.

    It stands open where that is allowed and no key has ever been made.
    """

    def __init__(
        self,
        database: Database,
        *,
        may_stand_open: bool,
        only_from_here: bool,
        grace_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        tokens: Tokens | None = None,
    ) -> None:
        """Prepares; nothing is looked up yet.

        Args:
            database: where the keys are.
            may_stand_open: whether nobody needs a key as long as there is none.
            only_from_here: whether an open door answers only requests that name this machine as
                their host, so that no page from elsewhere reaches it under a name of its own.
            grace_s: seconds that a key found before counts while the database does not answer.
            clock: seconds.
            tokens: reads those that are shown in place of keys; without it, of none.
        """
        self._tokens = tokens or Tokens(secrets.token_bytes(32))
        self._database = database
        self._may_stand_open = may_stand_open
        self._only_from_here = only_from_here
        self._grace_s = grace_s
        self._clock = clock
        self._quotas = Quotas(clock)
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    def remembered(self, given: str | None, *, longer: bool = False) -> Principal | None:
        """Who was found a moment ago to hold this key; None where that must be looked up.

        Args:
            given: the key.
            longer: whether it may be longer ago, as where the database does not answer.
        """
        found, principal = self._known.get(given or "", (0.0, None))
        until = found + (self._grace_s if longer else REMEMBERED_S)
        if principal is None or self._clock() >= until:
            return None
        ended = principal.until is not None and self._tokens.clock() >= principal.until
        return None if ended else principal

    def look_up(self, given: Sequence[str | None]) -> list[Principal | None]:
        """Who holds each of these keys or tokens; None for nobody, or what counts no more. Blocks.

        Raises:
            StoreBusy: if the database does not answer.
        """
        shown = [one for one in given if one is not None and keys.may_be(one)]
        granted = {
            one: grant
            for one in given
            if one is not None and tokens.may_be(one) and (grant := self._tokens.read(one))
        }
        with self._database.read() as connection:
            of = keys.of_ids(connection, [grant.key for grant in granted.values()])
            found = dict(zip(shown, keys.check_all(connection, shown), strict=True))
            stands_open = None in given and self._may_stand_open and not keys.exist(connection)

        def holder(one: str | None) -> Principal | None:
            if one is None:
                return ANYONE if stands_open else None
            return _by_token(granted[one], of) if one in granted else _principal(found.get(one))

        return [holder(one) for one in given]

    def remember(self, given: str | None, principal: Principal | None) -> None:
        """Remembers for a moment what was found."""
        self._known.pop(given or "", None)
        if principal is not None:
            self._known[given or ""] = (self._clock(), principal)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def issue(
        self, principal: Principal, scopes: frozenset[Scope], level: str | None, seconds: int
    ) -> tuple[str, Grant]:
        """A token for whoever holds a key with these scopes.

        Args:
            principal: who asks.
            scopes: that it is to have, `admin` not among them.
            level: the loosest privacy level that it may ask for; None for its key's.
            seconds: that it counts.

        Raises:
            Forbidden: if the key has not all the scopes, or none was shown but a token.
        """
        if principal is ANYONE:
            raise Forbidden("Nobody needs a token here, as long as there are no keys.")
        if principal.until is not None:
            raise Forbidden("A token makes no tokens. Show the key.")
        principal.require(*scopes)
        grant = Grant(principal.actor, scopes, level, int(self._tokens.clock()) + seconds)
        return self._tokens.issue(grant), grant

    def pass_in(self, principal: Principal, host: str, from_elsewhere: bool) -> None:
        """Lets a request pass.

        Args:
            principal: who asks.
            host: the request's Host header, with or without a port.
            from_elsewhere: whether a browser says that a page of another origin sends it.

        Raises:
            Forbidden: where the door stands open and a page from elsewhere uses that.
            RateExceeded: if the key's embeddings are used up.
        """
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        unlocked = principal is ANYONE and self._only_from_here
        if unlocked and (from_elsewhere or name.lower() not in _HERE):
            raise Forbidden(
                "Without keys, this server answers programs on this machine only. Make one "
                "with `faceveil keys create`, or list the page's origin in the setting "
                "FACEVEIL_ACCESS__CORS_ORIGINS."
            )
        if principal.per_minute is not None:
            _refuse(self._quotas.wait_s(principal.actor, principal.per_minute), principal)

    def may_spend(self, principal: Principal) -> None:
        """Lets a stream go on as long as its key's embeddings are not used up; takes none.

        Raises:
            RateExceeded: if they are.
        """
        if principal.per_minute is not None:
            _refuse(self._quotas.short_s(principal.actor, principal.per_minute), principal)

    def spend(self, principal: Principal, embeddings: int) -> None:
        """Counts what a stream releases."""
        if principal.per_minute is not None and embeddings:
            self._quotas.charge(principal.actor, principal.per_minute, embeddings)

    def charge(self, principal: Principal, embeddings: int) -> None:
        """Counts what a request that has passed releases; it has paid for one as it came."""
        if principal.per_minute is not None and embeddings > 1:
            self._quotas.charge(principal.actor, principal.per_minute, embeddings - 1)


def _refuse(wait: int, principal: Principal) -> None:
    if wait:
        raise RateExceeded(
            f"This key allows {principal.per_minute} embeddings a minute. Try again in {wait} s.",
            wait,
        )


def _principal(key: Key | None) -> Principal | None:
    if key is None:
        return None
    return Principal(key.tenant, key.id, key.scopes, key.level, key.per_minute)


def _by_token(grant: Grant, of: Mapping[str, Key]) -> Principal | None:
    key = of.get(grant.key)
    if key is None:
        return None
    scopes, level = grant.narrowed(key), grant.level or key.level
    return Principal(key.tenant, key.id, scopes, level, key.per_minute, grant.until)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
