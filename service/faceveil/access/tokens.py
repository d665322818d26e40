"""Short-lived tokens: what a server gives its own page, since a key in a browser is public.

A token is not stored. It names the key that it was made with, what it may do and until when, and
is signed (HMAC-SHA-256, RFC 2104) with a secret of the server's. It never may more than its key,
shares the key's rate, and ends when the key does.
"""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from faceveil.access.keys import PREFIX, Key, Scope

LONGEST_S = 3600
"""Seconds that a token may count."""

_APART_S = 60
"""Most by which the clocks of servers of one store differ."""

_WHOLE = re.compile(rf"{PREFIX}t_([A-Za-z0-9_-]{{16,600}})\.([A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says.

    Attributes:
        key: id of the key that it was made with.
        scopes: what it may do, as far as its key may.
        level: the loosest privacy level that it may ask for; None for its key's.
        until: when it ends, in seconds since 1970.
    """

    key: str
    scopes: frozenset[Scope]
    level: str | None
    until: int

    def narrowed(self, key: Key) -> frozenset[Scope]:
        """The scopes that it has, given its key."""
        return self.scopes if Scope.admin in key.scopes else self.scopes & key.scopes


class Tokens:
    """Makes tokens and reads them."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        """Prepares.

        Args:
            secret: of the server, and of all that serve the same store; the signing key is derived
                from it.
            clock: seconds since 1970.
        """
        self._key = hmac.digest(secret, b"faceveil signing key of tokens", "sha256")
        self.clock = clock

    def issue(self, grant: Grant) -> str:
        """The token that says this; it only has characters that a WebSocket's subprotocol may."""
        said = [grant.key, sorted(grant.scopes), grant.level, grant.until]
        payload = _text(json.dumps(said, separators=(",", ":")).encode())
        return f"{PREFIX}t_{payload}.{self._signature(payload)}"

    def read(self, token: str) -> Grant | None:
        """What a token says; None if it was not made here, or has ended.

        Signatures are compared in constant time, and nothing is parsed before.
        """
        found = _WHOLE.fullmatch(token)
        if found is None or not hmac.compare_digest(self._signature(found[1]), found[2]):
            return None
        key, scopes, level, until = json.loads(base64.urlsafe_b64decode(found[1] + "=="))
        grant = Grant(key, frozenset(map(Scope, scopes)) - {Scope.admin}, level, until)
        # As none is made: whoever has the secret would have signed more, or a longer life.
        return grant if 0 < grant.until - self.clock() <= LONGEST_S + _APART_S else None

    def _signature(self, payload: str) -> str:
        return _text(hmac.digest(self._key, payload.encode(), "sha256"))


def may_be(given: str) -> bool:
    """Whether it looks like a token at all."""
    return _WHOLE.fullmatch(given) is not None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
