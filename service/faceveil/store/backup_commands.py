"""`faceveil backup` and `faceveil restore`: the whole store in one file, and back."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from faceveil.keyfile import write_key
from faceveil.settings import Settings, load_settings
from faceveil.stop import stop
from faceveil.store import access_log
from faceveil.store.commands import opened
from faceveil.store.secret_keys import (
    KeyName,
    Place,
    SecretKeyError,
    fits,
    place_of,
    present_keys,
)


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist yet.")],
    without_keys: Annotated[
        bool,
        typer.Option(
            "--without-keys",
            help="Leave out subject.key and noise.key, if you store them elsewhere. Without the "
            "subject key no name leads to what a backup holds, and nobody is erased by name.",
        ),
    ] = False,
) -> None:
    """Back up the whole store into one file while servers run.

    It has the features, the audits, the receipts, the API keys, the access log and the two secret
    keys, as they were at one moment, with a digest of each. It leaves out keys that come from
    settings. It is a zip file that only you can read, and the same for SQLite and PostgreSQL.

    A backup is a copy of people's data: whoever is erased later is still in it. `faceveil restore`
    erases them again if the store still knows of it; delete a backup when you need it no more.
    """
    from faceveil.store.backup import write_backup

    settings = load_settings()
    _must_be_new(file)
    with opened(settings) as database:
        try:
            keys = {} if without_keys else present_keys(database, settings)
        except ValueError as problem:
            stop(f"{problem} Or say --without-keys.")
        with database.write() as connection:
            access_log.append(connection, "default", "cli", "backed up", {"keys": len(keys)})
        with _progress("writing") as progress:
            manifest = write_backup(database, file, keys, progress)
    key_files = " and ".join(f"{name}.key" for name in keys) or "no secret keys"
    rows = sum(member.rows or 0 for member in manifest.members.values())
    typer.echo(f"{file} has {rows} rows and {key_files}. Digest: {manifest.digest}")
    typer.echo("Keep it as you keep the store: it has people's data in it.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `faceveil backup` wrote.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace what the store holds now; that is then gone."),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Restore even if it may bring back people erased since."),
    ] = False,
    digest: Annotated[
        str | None, typer.Option(help="Digest that `backup` printed; refuse any other file.")
    ] = None,
) -> None:
    """Restore a backup: all of it, or nothing. Stop the servers first.

    Every digest, the access log's chain and the keys are checked before anything is changed. A
    store that holds something is refused without --replace.

    With --replace, what this store knows of the time since the backup still counts: who was erased
    stays erased, what was deleted stays deleted, a revoked key stays revoked, and the access log
    goes on. An empty store knows nothing of that time: erase those people again by name. What is
    past the retention is left out.
    """
    from faceveil.store import restore as restoring
    from faceveil.store.archive import ArchiveError, Reader
    from faceveil.store.scrubbing import settle

    settings = load_settings()
    try:
        with contextlib.closing(Reader(file)) as archive:
            manifest = archive.manifest
            if digest is not None and digest != manifest.digest:
                stop(f"{file} has the digest {manifest.digest}: it is not the one that you want.")
            restoring.check(archive)
            typer.echo(f"{file} was made at {manifest.made:%Y-%m-%d %H:%M} UTC and is whole.")
            digests = restoring.key_digests_of(archive)
            keys = {name: archive.key(name) for name in KeyName}
            missing = _missing(settings, digests, keys)
            with opened(settings) as database:
                database.must_be_alone()
                with database.read() as connection:
                    holds = restoring.held(connection)
                    known = restoring.since(connection, archive)
                if holds and not replace:
                    rows = ", ".join(f"{count} in {name}" for name, count in holds.items())
                    stop(f"The store is not empty ({rows}). To replace all of it, say --replace.")
                if known.untraced and not yes:
                    stop(
                        f"{known.untraced} erasures since the backup do not tell of whom, for an "
                        "earlier release made them: these people would come back. Say --yes, and "
                        "erase them again by name."
                    )
                done = restoring.restore(database, archive, settings.store.retention_days)
                for place, key in missing:
                    if key is not None:
                        write_key(place.file, key)
                settle(database)
    except OSError as problem:
        stop(f"{file} cannot be read: {problem.strerror}.")
    except (ArchiveError, restoring.RestoreError, SecretKeyError) as problem:
        stop(str(problem))
    typer.echo(f"The store holds {done.features} features and {done.audits} audits again.")
    if done.left_out:
        typer.echo(f"{done.left_out} features of the backup were erased since, or are too old.")
    if not holds:
        typer.echo("It was empty: erase anew whoever was erased since the backup was made.")
    for place, key in missing:
        if key is None:
            typer.echo(
                f"The backup has no {place.name} key: put it back with `faceveil keys restore "
                "FILE` before the next start."
            )


def _missing(
    settings: Settings, digests: dict[KeyName, str], keys: dict[KeyName, bytes | None]
) -> list[tuple[Place, bytes | None]]:
    """The keys that are to be put into their files, and None for those that the backup lacks.

    Raises:
        SecretKeyError: if another key is in the place of one.
    """
    missing = []
    for name, digest in digests.items():
        place, key = place_of(name, settings), keys[name]
        if key is not None and not fits(name, key, digest):
            raise SecretKeyError(f"The backup's {name} key is not the one of its own data.")
        own = place.key()
        if own is None:
            missing.append((place, key))
        elif not fits(name, own, digest):
            raise SecretKeyError(
                f"{place.where} holds another {name} key than the one that the backup's data were "
                + (
                    "made with. Move it away first; the backup's is put there."
                    if place.setting is None
                    else "made with. Set it to that one first."
                )
            )
    return missing


def _must_be_new(file: Path) -> None:
    if file.exists():
        stop(f"{file} is there already. A backup replaces no other: choose another name.")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        stop(f"{file.parent} is no folder that can be written to.")


@contextlib.contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)
