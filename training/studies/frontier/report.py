"""What a frontier found: tables as Markdown, and the panels of its picture."""

from faceveil.model.card import Result
from training.bundle.picture import Kind, Panel, Point, published
from training.lab.markdown import environment, in_percent
from training.lab.plan import UNDEFENDED
from training.studies.frontier.run import Frontier, Row
from training.studies.frontier.variants import PRESET

_SHOWN = "balanced"


def readable(found: Frontier, picture: str) -> str:
    """The tables as Markdown.

    Args:
        found: what was tried.
        picture: file that shows it, from where the Markdown lies.
    """
    templates = environment()
    templates.filters["result"] = _result
    templates.filters["rate"] = in_percent
    return templates.get_template("frontier.md").render(f=found, picture=picture)


def panels(found: Frontier, data_set: str) -> list[Panel]:
    """The preset on all folds beside what it is held against; and the variants."""
    chance = found.reported[0].worst.chance
    preset = [
        _point(row, row.level, line=f"seed {row.seed}", intervals=row.seed == found.seed)
        for row in found.reported
    ]
    beside = [
        Point(
            reference.family,
            "reference" if reference.family == UNDEFENDED else "baseline",
            reference.emotion.rate,
            reference.identity.rate,
            line=reference.family,
        )
        for reference in found.references
    ]
    tried = [_point(row, row.level, line=PRESET) for row in found.variants if row.variant == PRESET]
    others = [
        _point(row, row.variant, "reference")
        for row in found.variants
        if row.variant != PRESET and row.level == _SHOWN
    ]
    inner = f"{found.data}, inner split: variants at {_SHOWN}"
    return [
        Panel(
            f"{found.data}, {found.folds} folds", chance, [*preset, *beside, published(data_set)]
        ),
        Panel(inner, chance, [*tried, *others], whole=False),
    ]


def _point(
    row: Row, name: str, kind: Kind = "filter", *, line: str = "", intervals: bool = True
) -> Point:
    emotion, worst = row.emotion.rate, row.worst.rate
    if not intervals:
        return Point(name, kind, emotion.rate, worst.rate, line)
    return Point(name, kind, emotion, worst, line)


def _result(result: Result | None) -> str:
    if result is None:
        return ""
    below = result.task == "identity" and result.rate.high < result.chance
    return in_percent(result.rate) + (" **!**" if below else "")
