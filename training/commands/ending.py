"""How training's commands end: with a sentence and a status, whatever stops them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from faceveil.model.bundle import BundleError
from training.data.record import DataError


@contextmanager
def ending_in_sentences() -> Iterator[None]:
    """Ends the command with status 2 and a sentence, or 130 where somebody stopped it.

    What a command needs is imported within, so that `faceveil --help` does not wait for torch.
    """
    try:
        yield
    except (DataError, BundleError, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("Stopped. The same command continues, and loses a minute at most.", err=True)
        sys.exit(130)
