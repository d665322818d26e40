"""`faceveil log`: what an auditor needs of the store."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from faceveil.problems import StoreBusy
from faceveil.settings import Settings, load_settings
from faceveil.stop import stop
from faceveil.store import access_log
from faceveil.store.database import Database, DatabaseError, open_database

log_app = typer.Typer(
    no_args_is_help=True, help="The access log: who erased, exported, audited or made keys."
)


@log_app.command("show")
def show_log(
    tenant: Annotated[
        str | None, typer.Option(help="Only of this tenant; without it, of all.")
    ] = None,
) -> None:
    """Print the access log as JSON lines, oldest first."""
    with opened(load_settings()) as database:
        for entry in access_log.entries(database, tenant):
            typer.echo(json.dumps(asdict(entry) | {"at": entry.at.isoformat()}))


@log_app.command("verify")
def verify_log(
    head: Annotated[
        str | None,
        typer.Option(
            help="A head that an earlier run printed: check that it is still in the chain."
        ),
    ] = None,
) -> None:
    """Check that the log is as it was written; exit 1 if not.

    It finds entries that were changed, removed or inserted, and prints the head of the chain. Note
    it somewhere else: with --head, a later check also finds a log that was rewritten as a whole.
    """
    with opened(load_settings()) as database:
        found = access_log.verify(access_log.entries(database), head)
    if found.broken is not None:
        typer.echo(f"Entry {found.broken} does not fit the one before it.", err=True)
        raise typer.Exit(1)
    if found.noted is False:
        typer.echo("That head is not in the chain: the log was rewritten or cut.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{found.entries} entries hold. Head: {found.head}")


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The configured database; ends the command with a sentence where it cannot be used."""
    try:
        with contextlib.closing(open_database(settings)) as database:
            yield database
    except BrokenPipeError:  # as by `| head`; the end of the command sees to it
        raise
    except (DatabaseError, StoreBusy, OSError) as problem:
        stop(str(problem))
