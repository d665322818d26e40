"""The two secret keys that everything stored depends on, checked against digests in the store.

Without the subject key no name leads to what is stored: an erasure would find nothing, and say so.
Under another noise key a picture gets new noise, and the two average. So the store has a digest of
each key, and does not open with another one, or with none.
"""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, delete, insert, select

from faceveil.keyfile import read_key, read_or_make_key
from faceveil.settings import Settings
from faceveil.statefolder import state_folder
from faceveil.store.database import Database
from faceveil.store.locks import hold
from faceveil.store.tables import audits, features, key_digests, now


class KeyName(StrEnum):
    """Which of the two."""

    subject = "subject"
    noise = "noise"


class SecretKeyError(ValueError):
    """A key is not the store's; the message says so, and what to do."""


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """Both keys; a noise key draws the noise of pictures, a subject key makes pseudonyms."""

    subject: bytes
    noise: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is looked for.

    Attributes:
        name: which key.
        file: its file, where the setting is not used.
        setting: what the setting says; None where it is not used.
        variable: that sets it.
    """

    name: KeyName
    file: Path
    setting: SecretStr | None
    variable: str

    @property
    def where(self) -> str:
        """The file, or the variable that is set instead."""
        return str(self.file) if self.setting is None else self.variable

    def key(self) -> bytes | None:
        """The key that is there; None where there is none.

        Raises:
            StateFolderError, ValueError: if the file cannot be read, or holds no key.
        """
        if self.setting is not None:
            return self.setting.get_secret_value().encode()
        with state_folder(self.file.parent):
            try:
                return read_key(self.file)
            except FileNotFoundError:
                return None


def place_of(name: KeyName, settings: Settings) -> Place:
    """Where this key is looked for."""
    setting, variable = {
        KeyName.subject: (settings.store.subject_key, "FACEVEIL_STORE__SUBJECT_KEY"),
        KeyName.noise: (settings.noise.key, "FACEVEIL_NOISE__KEY"),
    }[name]
    return Place(name, settings.state_directory / f"{name}.key", setting, variable)


def digest_of(name: KeyName, key: bytes) -> str:
    """What the store knows of a key: 64 hexadecimal digits, from which nothing of it follows."""
    return hmac.digest(key, f"faceveil digest of the {name} key".encode(), "sha256").hex()


def known_digest(connection: Connection, name: KeyName) -> str | None:
    """The digest in the store; None where none was written yet."""
    found: str | None = connection.scalar(
        select(key_digests.c.digest).where(key_digests.c.name == name)
    )
    return found


def store_digest(connection: Connection, name: KeyName, digest: str) -> None:
    """Makes another key the store's."""
    connection.execute(delete(key_digests).where(key_digests.c.name == name))
    connection.execute(insert(key_digests), {"name": name, "digest": digest, "since": now()})


def fits(name: KeyName, key: bytes, digest: str | None) -> bool:
    """Whether it is the key of this digest; compared in constant time."""
    return digest is not None and hmac.compare_digest(digest_of(name, key), digest)


def open_keys(database: Database, settings: Settings) -> SecretKeys:
    """Both keys, checked against the store's digests; made at its first start.

    A store of an earlier release has no digests yet, and takes the keys that are there.

    Raises:
        SecretKeyError: if a key is another than the store's, or is gone.
        StateFolderError, ValueError: if a key file cannot be read or made.
    """
    keys = {name: _opened(database, place_of(name, settings)) for name in KeyName}
    return SecretKeys(keys[KeyName.subject], keys[KeyName.noise])


def present_keys(database: Database, settings: Settings) -> dict[KeyName, bytes]:
    """The keys that lie in files, checked against the store's digests; none is made.

    Raises:
        SecretKeyError: if one is another than the store's, or is gone.
        StateFolderError, ValueError: if a key file cannot be read.
    """
    found = {}
    for name in KeyName:
        place = place_of(name, settings)
        with database.read() as connection:
            known = known_digest(connection, name)
        key = place.key()
        if key is None and known is not None:
            raise SecretKeyError(_gone(place))
        if key is not None and known is not None and not fits(name, key, known):
            raise SecretKeyError(_another(place))
        if key is not None and place.setting is None:
            found[name] = key
    return found


def _opened(database: Database, place: Place) -> bytes:
    key = place.key()
    with database.read() as connection:
        known = known_digest(connection, place.name)
    if key is None or known is None:
        with database.write() as connection:
            hold(connection, "secret keys")
            known = known_digest(connection, place.name)
            key = place.key()  # perhaps another process made it a moment ago
            if key is None:
                if known is not None or _holds_something(connection):
                    raise SecretKeyError(_gone(place))
                with state_folder(place.file.parent):
                    key = read_or_make_key(place.file)
            if known is None:
                known = digest_of(place.name, key)
                store_digest(connection, place.name, known)
    if not fits(place.name, key, known):
        raise SecretKeyError(_another(place))
    return key


def _holds_something(connection: Connection) -> bool:
    return any(
        connection.scalar(select(table.c.id).limit(1)) is not None for table in (features, audits)
    )


def _gone(place: Place) -> str:
    return (
        f"The {place.name} key is gone: {place.file} is not there, and what is stored was made "
        f"with it. No new one was made. {_way_back(place)}"
    )


def _another(place: Place) -> str:
    return (
        f"{place.where} holds another {place.name} key than the one that what is stored was made "
        f"with. {_way_back(place)}"
    )


def _way_back(place: Place) -> str:
    back = f"`faceveil keys restore FILE` puts a copy of {place.file.name} back"
    if place.setting is not None:
        back = "Set it to the key that it was"
    return (
        f"{back}; several servers on one database need one key between them. Where it is lost, "
        f"`faceveil keys rotate {place.name}` tells what a new one breaks."
    )
