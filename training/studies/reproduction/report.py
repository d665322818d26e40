"""The tables of a reproduction, as Markdown."""

from training.lab.markdown import environment, in_percent
from training.studies.reproduction.result import Figure, Reproduction


def readable(result: Reproduction) -> str:
    """The tables as Markdown."""
    templates = environment()
    templates.filters |= {"figure": _figure, "percent": lambda rate: f"{100 * rate:.1f}"}
    names = dict.fromkeys(a.system for part in result.released for a in part.attacks)
    by_name = [{a.system: a for a in part.attacks} for part in result.released]
    attacks = [(name, [row.get(name) for row in by_name]) for name in names]
    return templates.get_template("reproduction.md").render(r=result, attacks=attacks)


def _figure(figure: Figure) -> str:
    mark = " **!**" if figure.below_chance or _broken(figure) else ""
    return in_percent(figure.rate) + mark


def _broken(figure: Figure) -> bool:
    return figure.collapsed and not figure.system.startswith("prior")
