"""Markdown that is made from a template: cards and tables of results, and files that hold them."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from faceveil.rate import Rate


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


def in_percent(rate: Rate) -> str:
    """A rate with its interval, in percent."""
    return f"{100 * rate.rate:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"


def put_into(file: Path, key: str, text: str) -> None:
    """Puts a text between its two marks in a file, in place of what is between them.

    Whatever stands around the marks stays; a file without them gets them at its end.

    Args:
        file: Markdown; made where it is not there.
        key: names the marks.
        text: to be put in.

    Raises:
        ValueError: as `refuse_unputtable` does.
    """
    before, _, after = _parts(file, key)
    start, end = _marks(key)
    block = f"{start}\n\n{text.strip()}\n\n{end}\n"
    write_whole(file, before + block + after)


def write_whole(file: Path, text: str) -> None:
    """Writes a file, and its folder; nobody finds it half written."""
    draft = file.with_name(file.name + ".draft")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def refuse_unputtable(file: Path, key: str) -> None:
    """Nothing, where `put_into` would find its place.

    Raises:
        ValueError: if the file is no text, or has the first mark and lacks the other.
    """
    if not file.is_dir():
        _parts(file, key)


def text_in(file: Path, key: str) -> str:
    """What stands between two marks in a file; nothing where it has none.

    Raises:
        ValueError: as `refuse_unputtable` does.
    """
    return _parts(file, key)[1]


def _parts(file: Path, key: str) -> tuple[str, str, str]:
    """What stands before the text, the text, and what stands after it."""
    start, end = _marks(key)
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    before, found, rest = old.partition(f"{start}\n")
    if not found:
        return (f"{old.rstrip()}\n\n" if old.strip() else ""), "", ""
    text, closed, after = rest.partition(f"{end}\n")
    if not closed:
        raise ValueError(f"{file} has the line {start} and lacks {end}.")
    return before, text, after


def _marks(key: str) -> tuple[str, str]:
    return f"<!-- begin: {key} -->", f"<!-- end: {key} -->"
