"""Pseudonyms: a person is stored under a keyed hash of the name, never under the name.

A pseudonym that leaves the store says that it is one, and of which key: it is shown and exported as
`pseudonym:FINGERPRINT:HASH`. So an export comes back in as it was, and no pseudonym is taken for a
name and hashed once more, so that no erasure would find it.
"""

import hmac
import re

from faceveil import labels
from faceveil.problems import UnfitPseudonym

MARK = "pseudonym"
CHARACTERS = 32
"""128 bits in hexadecimal: RFC 2104, section 5, lets a MAC be cut to half its length."""

FINGERPRINT_CHARACTERS = 8

BARE = re.compile(rf"[0-9a-f]{{{CHARACTERS}}}")
"""A pseudonym as the store has it, without its mark."""

MARKED = re.compile(rf"{MARK}:([0-9a-f]{{{FINGERPRINT_CHARACTERS}}}):({BARE.pattern})")
"""A pseudonym as it is shown and exported."""


class Pseudonyms:
    """HMAC-SHA-256 (RFC 2104) of tenant and name: in two tenants one name has two pseudonyms."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, tenant: str, subject: str) -> str:
        """The pseudonym of a subject: 32 hexadecimal digits.

        Names that differ only in how Unicode composes them, or in white space around them, are one.

        Args:
            tenant: whose subject.
            subject: a name, or a pseudonym as `marked` writes it, which is taken as it is.

        Raises:
            UnfitPseudonym: if it is marked as a pseudonym and is none of this key and tenant.
        """
        name = labels.plain(subject)
        if name.lower().startswith(f"{MARK}:"):
            return self._unmarked(tenant, name)
        message = f"subject\0{tenant}\0{name}".encode()
        return hmac.digest(self._key, message, "sha256").hex()[:CHARACTERS]

    def marked(self, tenant: str, pseudonym: str) -> str:
        """A pseudonym of the tenant's as it is shown and exported."""
        return f"{MARK}:{self._of_tenant(tenant)}:{pseudonym}"

    def fingerprint(self, *parts: bytes) -> str:
        """A keyed hash of a request: 64 hexadecimal digits.

        Without the key, nobody can try whether a certain picture was sent.
        """
        mac = hmac.new(self._key, b"request", "sha256")
        for part in parts:
            mac.update(len(part).to_bytes(8) + part)
        return mac.hexdigest()

    def _unmarked(self, tenant: str, name: str) -> str:
        found = MARKED.fullmatch(name)
        if found is None:
            raise UnfitPseudonym(
                f"A name cannot begin with '{MARK}:'. A pseudonym is "
                f"{MARK}:FINGERPRINT:HASH, exactly as an export has it."
            )
        if not hmac.compare_digest(found[1], self._of_tenant(tenant)):
            raise UnfitPseudonym(UnfitPseudonym.example)
        return found[2]

    def _of_tenant(self, tenant: str) -> str:
        """Tells this key and tenant from others; nothing of the key follows from it."""
        message = f"fingerprint\0{tenant}".encode()
        return hmac.digest(self._key, message, "sha256").hex()[:FINGERPRINT_CHARACTERS]
