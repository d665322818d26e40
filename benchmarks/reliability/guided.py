"""Fuzzes the parsers that are written in Python, guided by what each input reaches in them.

    pip install atheris
    python -m benchmarks.reliability.guided structure --seconds 60

Anything but the parser's own refusals is a fault; atheris prints it and keeps the input. Parquet is
left to `fuzz`: Arrow is no Python, and ends its process on some broken files, as a reader may.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

_MEMORY_MB = 2048
Name = Literal["structure", "npz", "csv"]
PICTURES = ("jpeg", "png", "webp", "bmp", "gif", "tiff")


def seeds(parser: str) -> list[bytes]:
    """Whole inputs to begin with."""
    from benchmarks.reliability.inputs import KINDS

    kinds = PICTURES if parser == "structure" else (parser,)
    return [data for kind in kinds for data in KINDS[kind].whole()]


def main(
    parser: Annotated[Name, typer.Argument(help="What is fuzzed.")],
    seconds: Annotated[int, typer.Option(min=1, help="How long.")] = 60,
    seed: Annotated[int, typer.Option(min=1, help="Of the mutations.")] = 13,
    corpus: Annotated[
        Path, typer.Option(help="Folder of inputs to begin with; new ones come into it.")
    ] = Path(".fuzz/corpus"),
) -> None:
    """Fuzz a parser of the service with atheris."""
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        sys.exit(2)
    with atheris.instrument_imports(include=["faceveil"]):  # before anything else loads them
        from benchmarks.reliability.parsers import one_input
    folder = corpus / parser
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(parser)):
        (folder / f"whole-{number}").write_bytes(data)
    options = [
        *(f"-max_total_time={seconds}", f"-seed={seed}", f"-rss_limit_mb={_MEMORY_MB}"),
        f"-artifact_prefix={folder.parent}/{parser}-",
    ]
    atheris.Setup([sys.argv[0], str(folder), *options], one_input(parser))
    atheris.Fuzz()


if __name__ == "__main__":
    typer.run(main)
