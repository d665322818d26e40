"""How commands end that cannot do what they were asked for."""

import sys
from typing import NoReturn

import typer


def stop(message: str) -> NoReturn:
    """Says why on the standard error output, and exits with status 2."""
    typer.echo(message, err=True)
    sys.exit(2)
