"""Markdown that is made from a template: cards and tables of results."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment() -> Environment:
    """Reads the templates of this package; a name that is not given is an error."""
    return Environment(
        loader=PackageLoader("training"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, of our own values
    )
