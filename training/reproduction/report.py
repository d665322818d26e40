"""The tables of a reproduction, as Markdown, and the file that holds several of them."""

from pathlib import Path

from training.markdown import environment
from training.reproduction.result import Figure, Reproduction


def readable(result: Reproduction) -> str:
    """The tables as Markdown."""
    templates = environment()
    templates.filters |= {"figure": _figure, "percent": lambda rate: f"{100 * rate:.1f}"}
    names = dict.fromkeys(a.system for part in result.released for a in part.attacks)
    by_name = [{a.system: a for a in part.attacks} for part in result.released]
    attacks = [(name, [row.get(name) for row in by_name]) for name in names]
    return templates.get_template("reproduction.md").render(r=result, attacks=attacks)


def put_into(file: Path, key: str, text: str) -> None:
    """Puts a text between its two marks in a file, in place of what is between them.

    Whatever stands around the marks stays; a file without them gets them at its end.

    Args:
        file: Markdown; made where it is not there.
        key: names the marks.
        text: to be put in.
    """
    start, end = f"<!-- begin: {key} -->", f"<!-- end: {key} -->"
    block = f"{start}\n\n{text.strip()}\n\n{end}\n"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    before, found, rest = old.partition(f"{start}\n")
    if found:
        _, closed, after = rest.partition(f"{end}\n")
        if not closed:
            raise ValueError(f"{file} has the line {start} and lacks {end}.")
    else:
        before, after = (f"{old.rstrip()}\n\n" if old.strip() else ""), ""
    draft = file.with_name(file.name + ".draft")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(before + block + after, encoding="utf-8")
    draft.replace(file)


def _figure(figure: Figure) -> str:
    rate = figure.rate
    mark = " **!**" if figure.below_chance or _broken(figure) else ""
    return f"{100 * rate.rate:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]{mark}"


def _broken(figure: Figure) -> bool:
    return figure.collapsed and not figure.system.startswith("prior")
