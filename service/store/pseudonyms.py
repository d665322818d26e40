"""Whose a feature is, told by a keyed hash: the name itself is never stored."""

import hmac

from service import labels
from service.keyfile import load_or_make_key
from service.settings import Settings
from service.statefolder import state_folder

KEY_FILE = "subject.key"
CHARACTERS = 32
"""128 bits in hexadecimal: RFC 2104, section 5, lets a MAC be cut to half its length."""


class Pseudonyms:
    """HMAC-SHA-256 (RFC 2104) of tenant and name: in two tenants one name has two pseudonyms."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, tenant: str, subject: str) -> str:
        """The pseudonym of a subject: 32 hexadecimal digits.

        Names that differ only in how Unicode composes them, or in white space around them, are one.
        """
        name = labels.plain(subject)
        message = f"subject\0{tenant}\0{name}".encode()
        return hmac.digest(self._key, message, "sha256").hex()[:CHARACTERS]

    def fingerprint(self, *parts: bytes) -> str:
        """A keyed hash of a request: 64 hexadecimal digits.

        Without the key, nobody can try whether a certain picture was sent.
        """
        mac = hmac.new(self._key, b"request", "sha256")
        for part in parts:
            mac.update(len(part).to_bytes(8) + part)
        return mac.hexdigest()


def load_pseudonyms(settings: Settings) -> Pseudonyms:
    """The pseudonyms under the configured key, or under that of the key file.

    Raises:
        StateFolderError, ValueError: if the key file cannot be read or made.
    """
    secret = settings.store.subject_key
    if secret:
        return Pseudonyms(secret.get_secret_value().encode())
    with state_folder(settings.state_directory) as folder:
        return Pseudonyms(load_or_make_key(folder / KEY_FILE))
