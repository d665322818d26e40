"""`faceveil log` and `faceveil subjects`: what an auditor and an operator need of the store."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select

from service.keyfile import load_or_make_key
from service.settings import Settings, load_settings
from service.statefolder import StateFolderError, state_folder
from service.stop import stop
from service.store import access_log
from service.store.database import Database, DatabaseError, open_database
from service.store.pseudonyms import KEY_FILE
from service.store.tables import features

log_app = typer.Typer(
    no_args_is_help=True, help="The access log: who erased, exported, audited, made a key, when."
)
subjects_app = typer.Typer(no_args_is_help=True, help="The key that subjects are hashed with.")


@log_app.command("show")
def show_log(
    tenant: Annotated[str | None, typer.Option(help="Of one tenant; without it, of all.")] = None,
) -> None:
    """Print the access log as JSON lines, oldest first."""
    with opened(load_settings()) as database, database.read() as connection:
        for entry in access_log.entries(connection, tenant):
            told = {name: getattr(entry, name) for name in access_log.Entry.__slots__}
            typer.echo(json.dumps(told | {"at": entry.at.isoformat()}))


@log_app.command("verify")
def verify_log(
    head: Annotated[
        str | None,
        typer.Option(help="A head that this command printed earlier: is it still in the chain?"),
    ] = None,
) -> None:
    """Check that no entry was changed, removed or inserted; exit 1 if one was.

    It prints the head of the chain. Note it somewhere else: with --head, a later check tells that
    nothing up to there was rewritten as a whole either.
    """
    with opened(load_settings()) as database, database.read() as connection:
        found = access_log.verify(connection, head)
    if found.broken is not None:
        typer.echo(f"Entry {found.broken} does not fit the one before it.", err=True)
        raise typer.Exit(1)
    if found.noted is False:
        typer.echo("That head is not in the chain: the log was rewritten or cut.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{found.entries} entries hold. Head: {found.head}")


@subjects_app.command("rotate-key")
def rotate_key(
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only tell.")] = False,
) -> None:
    """Replace the key that subjects' names are hashed with, and tell what that breaks.

    Names are not stored, so what is stored cannot be hashed anew: features under the old key are
    kept and can be audited, but no name leads to them any more. They cannot be found or erased by
    name; they go by their ids, or when their retention ends. A person who comes back counts as
    another. Stop the servers first, and start them afterwards.
    """
    settings = load_settings()
    if settings.store.subject_key is not None:
        stop("The key is in FACEVEIL_STORE__SUBJECT_KEY: change it there, and start again.")
    with opened(settings) as database:
        with database.read() as connection:
            counts = select(func.count(), func.count(features.c.subject.distinct()))
            stored, people = connection.execute(counts).one()
        typer.echo(
            f"{stored} features of {people} people would no longer be found by name."
            if not yes
            else f"{stored} features of {people} people are no longer found by name."
        )
        if not yes:
            typer.echo("Nothing was done. Erase whom you must first, then say --yes.")
            raise typer.Exit(1)
        file = _new_key(settings.state_directory)
        with database.write() as connection:
            detail = {"features": stored, "subjects": people}
            access_log.append(connection, "default", "cli", "rotated subject key", detail)
    typer.echo(f"{file} is new. Keep a copy: without it no name leads to what is stored.")


def _new_key(state: Path) -> Path:
    try:
        with state_folder(state) as folder:
            file = folder / KEY_FILE
            file.unlink(missing_ok=True)
            load_or_make_key(file)
    except StateFolderError as problem:
        stop(str(problem))
    return file


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The configured database; ends the command with a sentence where it cannot be used."""
    try:
        database = open_database(settings)
    except (DatabaseError, OSError) as problem:
        stop(str(problem))
    with contextlib.closing(database):
        yield database
