"""`faceveil keys rotate` and `faceveil keys restore`: the store's two secret keys."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, func, select

from faceveil.keyfile import new_key, read_key, write_key
from faceveil.settings import load_settings
from faceveil.statefolder import StateFolderError, state_folder
from faceveil.stop import stop
from faceveil.store import access_log
from faceveil.store.commands import opened
from faceveil.store.database import Database
from faceveil.store.secret_keys import (
    KeyName,
    Place,
    digest_of,
    fits,
    known_digest,
    place_of,
    store_digest,
)
from faceveil.store.tables import features

_BREAKS = {
    KeyName.subject: "{features} features of {people} people {will} no longer be found by name, "
    "and so not erased by name: they go by their ids, or when their retention "
    "ends. A person who comes back counts as another.",
    KeyName.noise: "Pictures that were read before {will} get new noise when they come again. "
    "Whoever has a vector from before and one from after averages the two, which takes the noise "
    "down to 1/sqrt(2) of it.",
}


def rotate_key(
    name: Annotated[KeyName, typer.Argument(help="Which key.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without it, only say what would break.")
    ] = False,
) -> None:
    """Replace a secret key, and say what that breaks.

    `subject` hashes people's names into pseudonyms; names are not stored, so nothing stored can be
    hashed anew. `noise` draws the noise of each picture. This is for a key that others know, or
    that is lost; the way back from a wrong key is `faceveil keys restore`.

    If a setting holds the key, change it there first; this command then makes the store accept it.
    Stop the servers before, and start them afterwards.
    """
    settings = load_settings()
    place = place_of(name, settings)
    with opened(settings) as database:
        if place.setting is not None:
            _must_be_new(database, place)
        with database.read() as connection:
            message = _broken(connection, name)
        if not yes:
            typer.echo(message.format(will="would"))
            typer.echo("Nothing was done. Do first what needs the old key, then say --yes.")
            raise typer.Exit(1)
        with database.write() as connection:
            key = place.key() if place.setting is not None else None
            if key is None:
                key = new_key()
                _put(place, key)
            store_digest(connection, name, digest_of(name, key))
            detail = {"key": str(name)}
            access_log.append(connection, "default", "cli", f"rotated {name} key", detail)
    typer.echo(message.format(will="will"))
    typer.echo(f"The {name} key in {place.where} is new. Keep a copy of it.")


def restore_key(
    file: Annotated[
        Path, typer.Argument(help="A copy of subject.key or noise.key; its name does not matter.")
    ],
) -> None:
    """Put back a copy of a secret key, if it is the store's.

    The store has a digest of each of its keys, and so knows which of them the copy is. A backup is
    a zip file, and if it has keys, `unzip -p BACKUP keys/subject.key > subject.key` takes one out.
    """
    settings = load_settings()
    try:
        key = read_key(file)
    except OSError as problem:
        stop(f"{file} cannot be read: {problem.strerror}.")
    except ValueError as problem:
        stop(f"{problem}.")
    with opened(settings) as database, database.read() as connection:
        known = {name: known_digest(connection, name) for name in KeyName}
    for name in KeyName:
        if fits(name, key, known[name]):
            place = place_of(name, settings)
            if place.setting is not None:
                stop(f"It is the store's {name} key; put it into {place.variable}.")
            _put(place, key)
            typer.echo(f"It is the store's {name} key, and is in {place.file} again.")
            return
    if None in known.values():
        lacking = " and ".join(name for name in KeyName if known[name] is None)
        stop(
            f"The store has no digest of its {lacking} key yet, so the copy cannot be checked. Put "
            f"it into {settings.state_directory} by hand; the next start takes it."
        )
    stop(f"{file} holds neither of the store's keys. Nothing was changed.")


def _must_be_new(database: Database, place: Place) -> None:
    key = place.key()
    with database.read() as connection:
        if key is not None and fits(place.name, key, known_digest(connection, place.name)):
            stop(f"The key is in {place.variable}: change it there, then run this again.")


def _broken(connection: Connection, name: KeyName) -> str:
    counts = select(func.count(), func.count(features.c.subject.distinct()))
    stored, people = connection.execute(counts).one()
    return _BREAKS[name].format(features=stored, people=people, will="{will}")


def _put(place: Place, key: bytes) -> None:
    try:
        with state_folder(place.file.parent):
            write_key(place.file, key)
    except StateFolderError as problem:
        stop(str(problem))
