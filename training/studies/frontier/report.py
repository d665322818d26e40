"""What a frontier found: tables as Markdown, and the panels of its picture.

A table's row is a question asked of the measurements.
"""

import re
from collections.abc import Iterable
from typing import Any

from faceveil.audit.attackers import HYBRID2FACE
from faceveil.model.card import Result
from training.bundle.picture import Kind, Panel, Point, published
from training.lab.attack import Attack, Emotions
from training.lab.markdown import environment, in_percent
from training.lab.measurement import Measurement, best_read, where, worst
from training.lab.plan import UNDEFENDED
from training.studies.frontier.run import REPORTED, Frontier
from training.studies.preset import DEFAULT_LEVEL

Row = dict[str, Any]


def readable(found: Frontier, picture: str) -> str:
    """The tables of the preset as Markdown.

    Args:
        found: what was tried.
        picture: file that shows it, from where the Markdown lies.
    """
    return _rendered(
        "frontier.md",
        f=found,
        picture=picture,
        chance=_chance(found),
        reported=reported(found),
        references=references(found),
    )


def readable_variants(found: Frontier, before: str = "") -> str:
    """The table of variants as Markdown.

    Args:
        found: what was tried.
        before: the table as it was. What was not tried now, or was trained otherwise, stays.
    """
    old = before.splitlines()
    return _rendered(
        "frontier-variants.md",
        f=found,
        chance=_chance(found),
        commands=_merged(old, [f"    {found.command}"], _COMMAND),
        words=sorted(
            _merged(old, [f"- {n}: {what}" for n, what in found.variants.items()], _WORDS)
        ),
        rows=_merged(old, [_line(found, row) for row in tried(found)], _ROW),
    )


def reported(found: Frontier) -> list[Row]:
    """The preset on all folds, a row a seed and level."""
    return _rows(where(found.measured, released=REPORTED))


def tried(found: Frontier) -> list[Row]:
    """The variants on the inner split, a row a level."""
    return _rows(m for m in found.measured if m.released in found.variants)


def references(found: Frontier) -> list[Row]:
    """What the preset is held against: whoever reads most, and whoever names most."""
    beside = [m for m in found.measured if m.released not in {REPORTED, *found.variants}]
    rows = []
    for released in dict.fromkeys(m.released for m in beside):
        of = where(beside, released=released)
        emotion, named = best_read(of), worst(of)
        assert emotion is not None
        assert named is not None
        # Worse pictures of one kind belong together: all but the strength of their name.
        family = released.rpartition(" ")[0] or released
        reader = "its head" if released == UNDEFENDED else emotion.system
        rows.append(
            {
                "released": released,
                "family": family,
                "emotion": emotion,
                "reader": reader,
                "worst": named,
            }
        )
    return rows


def panels(found: Frontier, data_set: str) -> list[Panel]:
    """The preset on all folds beside what it is held against; and the variants."""
    chance, variants = _chance(found), tried(found)
    preset = [
        _point(row, row["level"], line=f"seed {row['seed']}", intervals=row["seed"] == found.seed)
        for row in reported(found)
    ]
    beside = [
        _point(
            row,
            row["family"],
            "reference" if row["family"] == UNDEFENDED else "baseline",
            line=row["family"],
            intervals=False,
        )
        for row in references(found)
    ]
    inner = [
        _point(row, row["level"], line=found.preset)
        for row in variants
        if row["variant"] == found.preset
    ]
    others = [
        _point(row, row["variant"], "reference")
        for row in variants
        if row["variant"] != found.preset and row["level"] == DEFAULT_LEVEL
    ]
    title = f"{found.data}, inner split: variants at {DEFAULT_LEVEL}"
    return [
        Panel(
            f"{found.data}, {found.folds} folds", chance, [*preset, *beside, published(data_set)]
        ),
        Panel(title, chance, [*inner, *others], whole=False),
    ]


_COMMAND = re.compile(r"    faceveil frontier .*")
_WORDS = re.compile(r"(- [^:]+): .*")
_ROW = re.compile(r"(\| [^|]+\| [^|]+\| \d+ \|[^|]+\|).*")
"""Lines of the table of variants; two with the same group are about the same."""


def _merged(old: list[str], new: list[str], kind: re.Pattern[str]) -> list[str]:
    """The lines of a kind: the old ones, or new ones in their place; then all other new ones."""
    lines = {}
    for line in (*old, *new):
        if found := kind.fullmatch(line):
            lines[found.group(found.re.groups)] = line
    return list(lines.values())


def _line(found: Frontier, row: Row) -> str:
    """A row of the table of variants."""
    cells = [
        row["variant"],
        found.trained,
        row["seed"],
        row["level"],
        _result(row["emotion"]),
        _result(row["worst"]),
        row["worst"].system,
        _result(row["across"]),
        _result(row["hybrid2face"]),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _rendered(template: str, **values: object) -> str:
    templates = environment()
    templates.filters |= {"result": _result, "percent": in_percent}
    return templates.get_template(template).render(**values)


def _rows(measured: Iterable[Measurement]) -> list[Row]:
    """A row for each filter, seed and level."""
    rows: dict[tuple[str, int, str], list[Measurement]] = {}
    for one in measured:
        rows.setdefault((one.released, one.seed, one.level), []).append(one)
    return [
        {
            "variant": variant,
            "seed": seed,
            "level": level,
            "emotion": best_read(of),
            "worst": worst(of),
            "across": worst(m for m in of if Attack.of(m.system).emotions is Emotions.OTHERS),
            "hybrid2face": where(of, system=HYBRID2FACE.name)[0],
        }
        for (variant, seed, level), of in rows.items()
    ]


def _chance(found: Frontier) -> float:
    return where(found.measured, task="identity")[0].chance


def _point(
    row: Row, name: str, kind: Kind = "filter", *, line: str = "", intervals: bool = True
) -> Point:
    emotion, named = row["emotion"].rate, row["worst"].rate
    if not intervals:
        return Point(name, kind, emotion.rate, named.rate, line)
    return Point(name, kind, emotion, named, line)


def _result(result: Result | None) -> str:
    if result is None:
        return ""
    below = result.task == "identity" and result.rate.high < result.chance
    return in_percent(result.rate) + (" **!**" if below else "")
