"""The command line, `faceveil`."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer

from faceveil.access.command import keys_app
from faceveil.audit.command import audit
from faceveil.environment import FILE, SettingsError
from faceveil.jobs.command import worker
from faceveil.offline.anonymize import anonymize
from faceveil.offline.watch import watch
from faceveil.settings import Settings, all_settings, load_settings, secret_variables
from faceveil.stop import stop
from faceveil.store.backup_commands import backup, restore
from faceveil.store.commands import log_app
from faceveil.store.key_commands import restore_key, rotate_key

COMMANDS = "faceveil.commands"
"""Entry points of this group join the command line; training's come this way."""

app = typer.Typer(
    name="faceveil",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Reads the mood of a face and withholds whose it is.",
    epilog="Settings are FACEVEIL_... variables; `faceveil settings` lists them.",
)
models_app = typer.Typer(no_args_is_help=True, help="List, show and verify the installed models.")
app.add_typer(models_app, name="models")
app.add_typer(keys_app, name="keys")
app.add_typer(log_app, name="log")
keys_app.command("rotate")(rotate_key)
keys_app.command("restore")(restore_key)
app.command()(anonymize)
app.command()(watch)
app.command()(audit)
app.command()(backup)
app.command()(restore)
app.command()(worker)

_ENVIRONMENT = "\n\n".join(
    [
        "Settings, as environment variables, with their defaults:",
        *(
            f"* `{setting.variable}`{f' ({setting.default})' if setting.default else ''}: "
            f"{setting.meaning}"
            for setting in all_settings()
        ),
        "Secrets may lie in files, which these name:",
        *(f"* `{name}{FILE}`" for name in secret_variables()),
    ]
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"faceveil {installed_version('faceveil')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Reads the mood of a face and withholds whose it is."""


def main() -> None:
    """Runs the command line."""
    for command in entry_points(group=COMMANDS):
        app.command(name=command.name)(command.load())
    try:
        app()
    except SettingsError as error:
        stop(str(error))


@app.command(epilog=_ENVIRONMENT)
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = None,
) -> None:
    """Start the server.

    It listens on 127.0.0.1:8000 by default, answers with the newest version of the
    configured model, and stops on Ctrl-C once the requests in hand are answered.
    """
    from faceveil.confinement.walls import hide_memory
    from faceveil.engine.readers import start_workers
    from faceveil.model.bundle import BundleError
    from faceveil.telemetry.logs import configure_logging

    settings = load_settings()
    given: dict[str, Any] = {"host": host, "port": port}
    given = {name: value for name, value in given.items() if value is not None}
    server = settings.server.model_copy(update=given)
    settings = settings.model_copy(update={"server": server})
    configure_logging(settings.log)
    if not settings.server.core_files:
        hide_memory()
    try:
        workers = start_workers(settings)
    except (BundleError, OSError) as error:
        stop(str(error))
    # Only now: they load meanwhile.
    from faceveil.server import run

    run(settings, workers)


@app.command()
def settings(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print them as a Markdown table.")
    ] = False,
) -> None:
    """List every setting with its default and what it does."""
    if markdown:
        typer.echo("| variable | default | what it does |\n| --- | --- | --- |")
        for setting in all_settings():
            name = f"`{setting.variable}`" + (f", or `{FILE}`" if setting.secret else "")
            default = f"`{setting.default}`" if setting.default else ""
            typer.echo(f"| {name} | {default} | {setting.meaning} |")
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("variable", overflow="fold"), "default", "what it does")
    for setting in all_settings():
        table.add_row(setting.variable, setting.default, setting.meaning)
    Console().print(table)


@app.command()
def openapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write to; without it, print.")
    ] = None,
) -> None:
    """Print the API's OpenAPI document as YAML."""
    import yaml

    from faceveil.app import create_app
    from faceveil.outputs import OutputError, must_be_writable

    try:
        must_be_writable(output)
    except OutputError as error:
        stop(str(error))
    document = yaml.safe_dump(
        create_app(Settings.model_construct()).openapi(),
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
    if output:
        output.write_text(document, encoding="utf-8")
    else:
        typer.echo(document, nl=False)


@models_app.command("list")
def list_models() -> None:
    """List the installed models: labels, terms, what is proved."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Column, Table

    from faceveil.model.bundle import BundleError, list_bundles, read_card
    from faceveil.model.privacy import privacy_of

    # What a model is asked for by is never cut, nor what it may be used for.
    name, terms = Column("model", no_wrap=True), Column("terms", min_width=14, overflow="fold")
    columns = (name, "version", "values", "emotions", "levels", terms)
    table = Table(*columns, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    privacy: dict[str, list[str]] = {}
    for folder in list_bundles(load_settings().model.directory).values():
        try:
            card = read_card(folder)
        except BundleError as error:
            stop(str(error))
        table.add_row(
            card.name,
            card.version,
            str(card.dimension),
            ", ".join(card.labels),
            ", ".join(f"{name} ({level.sigma:g})" for name, level in card.levels.items()),
            card.terms,
        )
        privacy.setdefault(privacy_of(card), []).append(f"{card.name} {card.version}")
    console = Console()
    console.print(table)
    for words, models in privacy.items():
        console.print(f"Privacy of {', '.join(models)}. {words}", highlight=False, markup=False)


@models_app.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="Its name.")],
    version: Annotated[
        str | None, typer.Option(help="Its version; without one, the newest.")
    ] = None,
) -> None:
    """Print a model's whole card as JSON.

    On standard error it says what is proved of the model's privacy.
    """
    from faceveil.model.bundle import BundleError, find_bundle, read_card
    from faceveil.model.privacy import privacy_of

    try:
        card = read_card(find_bundle(load_settings().model.directory, name, version))
    except BundleError as error:
        stop(str(error))
    typer.echo(f"Privacy. {privacy_of(card)}", err=True)
    typer.echo(card.model_dump_json(indent=2))


@models_app.command("verify")
def verify_models(
    name: Annotated[str | None, typer.Argument(help="Its name; without one, every model.")] = None,
) -> None:
    """Check that each model matches its card and computes correctly.

    It computes on this machine, and ends with exit 1 if one fails. It prints the digest of each,
    for FACEVEIL_MODEL__DIGEST. Without a name, it checks the face detector too.
    """
    from faceveil.model.bundle import BundleError, card_digest, list_bundles, load_bundle
    from faceveil.model.detector import load_detector
    from faceveil.model.filter import PrivacyFilter

    settings = load_settings()
    found = list_bundles(settings.model.directory)
    chosen = {key: folder for key, folder in found.items() if name in (None, key[0])}
    if not chosen:
        stop(f"There is no model {name!r}." if name else "There are no models.")
    failed = False

    def verify(what: str, check: Callable[[], str]) -> None:
        nonlocal failed
        try:
            typer.echo(f"{what}: {check()}")
        except BundleError as error:
            failed = True
            typer.echo(f"{what}: FAILED: {error}")

    def model(folder: Path) -> str:
        loaded = PrivacyFilter.load(load_bundle(folder))
        answers = (
            "answers as its card says" if loaded.card.checks else "runs; its card has no checks"
        )
        return f"the graph is its card's and {answers}; digest {card_digest(folder)}"

    def detector() -> str:
        load_detector(settings.detector)
        return "the file is the one that was measured and finds what it must"

    for (bundle, version), folder in chosen.items():
        verify(f"{bundle} {version}", partial(model, folder))
    if name is None:
        verify("detector", detector)
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
