"""`faceveil audit`: judges a file of embeddings, offline, as a gate for a pipeline."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from faceveil.installation import MODELS, how_to_add
from faceveil.outputs import must_be_writable
from faceveil.settings import load_settings


def audit(
    file: Annotated[Path, typer.Argument(help="Embeddings: .npz, .csv or .parquet.")],
    columns: Annotated[
        str | None,
        typer.Option(
            help="Which columns of a table are dimensions, as 'e*', 'e0:e15' or 'x,y,z'; the other "
            "columns are left out. Without it: those numbered e0, e1, ... or f0, f1, ..."
        ),
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option(help="Exit with 1 above this rate: rank1<=2x, hybrid2face<=20%, sets<=0.5."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="HTML file to write the report to.")] = None,
    json: Annotated[Path | None, typer.Option(help="JSON file to write the result to.")] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(help="The same embeddings without noise, as an attacker may have them."),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Undefended embeddings of the same people, to compare with.")
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option(
            help="The model's card.json: what it guarantees stands beside the attackers. Without "
            "it: the card of the model that the file names, if that is installed "
            "(FACEVEIL_MODEL__DIRECTORY) or came with FaceVeil."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of all randomness; the same seed repeats the audit.")
    ] = 0,
    folds: Annotated[int, typer.Option(min=2, max=50, help="Folds of the cross-validation.")] = 10,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer attackers: a first look.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that run steps.")] = 1,
) -> None:
    """Measure how well someone could tell whose embeddings these are.

    The file names each embedding's person in `subject`, and may add `emotion` and `session`. The
    command exits with 1 if the limit is broken or an attack lies above what is proved, and with 2
    if the file cannot be audited.
    """
    console = Console(stderr=True)
    try:
        # What follows is the extra: without it the command still says what is missing.
        from faceveil.audit.case import Options
        from faceveil.audit.features import FeaturesError
        from faceveil.audit.offline import audit_file, show
        from faceveil.audit.report import render
    except ImportError as problem:
        message = f"An audit needs the extra `audit` ({problem}). {how_to_add('audit')}"
        console.print(message, style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from problem
    try:
        must_be_writable(html, json, beside=(file, gallery, reference))
        options = Options(folds=folds, seed=seed, quick=quick, limit=limit)
        models = (load_settings().model.directory, MODELS)
        result = audit_file(file, options, gallery, reference, jobs, columns, card, models)
        show(result, Console())  # before files are written: a disk may have filled up meanwhile
        if json is not None:
            json.write_text(result.model_dump_json(indent=2), encoding="utf-8")
        if html is not None:
            html.write_text(render(result), encoding="utf-8")
    except (FeaturesError, OSError) as problem:
        console.print(str(problem), style="red", markup=False, highlight=False)
        raise typer.Exit(2) from problem
    broken = result.limit is not None and not result.limit.passed
    if broken or result.verdict == "above its bound":
        raise typer.Exit(1)
