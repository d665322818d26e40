"""`faceveil keys`: make, list and revoke API keys; the store adds what its secret keys need."""

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from faceveil.access import keys
from faceveil.access.keys import DEFAULT_TENANT, Key, Scope
from faceveil.access.levels import installed_levels, unknown_level
from faceveil.settings import load_settings
from faceveil.stop import stop
from faceveil.store import access_log
from faceveil.store.commands import opened

CLI = "cli"
"""Who the access log says did what is done here."""

MOST_DAYS = 36_500
MOST_A_MINUTE = 1_000_000

_UNCHECKED = (
    "No model is installed in FACEVEIL_MODEL__DIRECTORY: whether one has this level is not checked."
)

keys_app = typer.Typer(
    no_args_is_help=True,
    help="Create, list and revoke API keys; rotate, restore secret keys.",
)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Who will use it, for your own list.")],
    scope: Annotated[
        list[Scope],
        typer.Option(help="What it may do; repeat for several. admin may do all of it."),
    ],
    tenant: Annotated[
        str, typer.Option(help="Whose data it reaches; nobody sees another tenant's.")
    ] = DEFAULT_TENANT,
    level: Annotated[
        str | None,
        typer.Option(help="The least private level it may ask for; without it, the server's."),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(help="Days until it expires; without it, never.", min=0.001, max=MOST_DAYS),
    ] = None,
    per_minute: Annotated[
        int | None,
        typer.Option(
            help="Embeddings that it may get in a minute; each request counts as one at least.",
            min=1,
            max=MOST_A_MINUTE,
        ),
    ] = None,
) -> None:
    """Create a key and print it. This is the only time it is shown."""
    if not tenant.replace("-", "").isalnum() or not tenant.isascii() or len(tenant) > 64:
        stop("A tenant's name has at most 64 letters, digits and hyphens.")
    if not name.isprintable() or not 1 <= len(name) <= 64:
        stop("A key's name has 1 to 64 printable characters.")
    if days is not None and math.isnan(days):
        stop("--days: this is no number.")
    settings = load_settings()
    if level is not None:
        levels = installed_levels(settings.model.directory)
        if levels and level not in levels:
            stop(unknown_level(level, levels))
        if not levels:
            typer.echo(_UNCHECKED, err=True)
    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with opened(settings) as database, database.write() as connection:
        key, whole = keys.create(
            connection,
            name=name,
            scopes=frozenset(scope),
            tenant=tenant,
            level=level,
            per_minute=per_minute,
            expires=expires,
        )
        detail = {"key": key.id, "scopes": sorted(key.scopes)}
        access_log.append(connection, tenant, CLI, "created key", detail)
    typer.echo("Keep it safe; it cannot be shown again:", err=True)
    typer.echo(whole)


@keys_app.command("generate")
def generate_key() -> None:
    """Print a new key without storing it.

    Write it to a file and name that in FACEVEIL_ACCESS__FIRST_KEY_FILE: a server that has no keys
    yet takes it as its first, an admin's.
    """
    typer.echo(keys.generate())


@keys_app.command("list")
def list_keys() -> None:
    """List the keys: what each may do, and whether it still works."""
    from rich.console import Console
    from rich.table import Column, Table

    now, settings = datetime.now(UTC), load_settings()
    levels = installed_levels(settings.model.directory)
    table = Table(
        Column("id", no_wrap=True), "name", "tenant", "scopes", "level", "a minute", "made", "state"
    )
    with opened(settings) as database, database.read() as connection:
        for key in keys.listed(connection):
            table.add_row(
                key.id,
                key.name,
                key.tenant,
                ", ".join(sorted(key.scopes)),
                _level(key, levels),
                str(key.per_minute or "any"),
                f"{key.created:%Y-%m-%d}",
                _state(key, now),
            )
    Console().print(table)


@keys_app.command("revoke")
def revoke_key(
    id: Annotated[str, typer.Argument(help="Its id, as `keys list` shows it.")],  # noqa: A002
) -> None:
    """Revoke a key. Running servers refuse it within two seconds."""
    with opened(load_settings()) as database, database.write() as connection:
        key = keys.revoke(connection, id)
        if key is None:
            stop(f"No key {id} counts. `faceveil keys list` shows all.")
        access_log.append(connection, key.tenant, CLI, "revoked key", {"key": key.id})
    typer.echo(f"{key.id} ({key.name}) counts no more.")


def _level(key: Key, levels: list[str]) -> str:
    if key.level is None:
        return "the server's"
    absent = levels and key.level not in levels
    return f"{key.level}: no model has it, so it is refused" if absent else key.level


def _state(key: Key, now: datetime) -> str:
    if key.revoked is not None:
        return f"revoked {key.revoked:%Y-%m-%d}"
    if key.expires is None:
        return "counts"
    return f"{'counts until' if key.counts(now) else 'expired'} {key.expires:%Y-%m-%d %H:%M}"
