"""The first key: made at the first start, or brought by the operator in a file."""

import logging
from pathlib import Path

from sqlalchemy import Connection

from faceveil.access import keys
from faceveil.access.door import is_loopback
from faceveil.access.keys import Key, Scope
from faceveil.settings import Settings
from faceveil.store import access_log
from faceveil.store.database import Database
from faceveil.store.locks import hold

_EVERYTHING = frozenset({Scope.admin})
_FILE = "FACEVEIL_ACCESS__FIRST_KEY_FILE"

logger = logging.getLogger("faceveil")


def see_to_first_key(settings: Settings, database: Database) -> str | None:
    """Makes or takes a first key, where the settings say so and there was never one.

    Returns:
        The whole key if it was made here, to be shown once; one that was brought is known.

    Raises:
        ValueError: if everybody elsewhere could use the server, or the file holds no key.
    """
    access, whole = settings.access, None
    with database.write() as connection:
        hold(connection, "first key")
        if keys.exist(connection):
            _warn_if_ignored(connection, access.first_key_file)
            return None
        if access.first_key_file is not None:
            key = _taken(connection, access.first_key_file)
        elif access.first_key:
            key, whole = keys.create(connection, name="first", scopes=_EVERYTHING)
        elif access.open or is_loopback(settings.server.host):
            return None
        else:
            raise ValueError(
                f"{settings.server.host} is reached from other machines, and no key was made yet. "
                "Make one with `faceveil keys create`, bring one "
                f"({_FILE}), or let the first start make one "
                "(FACEVEIL_ACCESS__FIRST_KEY=true). FACEVEIL_ACCESS__OPEN=true serves everybody."
            )
        detail = {"key": key.id, "scopes": sorted(key.scopes)}
        access_log.append(connection, key.tenant, "first start", "created key", detail)
    return whole


def _taken(connection: Connection, file: Path) -> Key:
    try:
        return keys.take(connection, _read(file), name="first", scopes=_EVERYTHING)
    except OSError as problem:
        raise ValueError(f"{_FILE}: {file} cannot be read: {problem.strerror}.") from None
    except ValueError:  # its own text may quote what is in the file
        raise ValueError(
            f"{_FILE}: {file} does not hold a key as `faceveil keys generate` prints one."
        ) from None


def _warn_if_ignored(connection: Connection, file: Path | None) -> None:
    """Warns whoever put another key into the file later and expects it to count."""
    try:
        if file is None or keys.check(connection, _read(file)) is not None:
            return
    except (OSError, ValueError):
        return  # it has done its work, and may be gone
    logger.warning(
        "the key in the file does not count: there were keys before; `faceveil keys create` makes "
        "another",
        extra={"setting": _FILE},
    )


def _read(file: Path) -> str:
    return file.read_bytes().decode().strip()
