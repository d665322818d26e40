"""The frontier: what is read of the mood against what is told of the person, as one picture.

Up is better, left is better; at the dashed line attackers only guess.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from faceveil.audit.figures import CALM, INK, MUTED, PROVED, REFERENCE, RULE, STYLE, WORST
from faceveil.model.card import Card
from faceveil.rate import Rate
from training.lab.measurement import where, worst
from training.lab.plan import THE_CROP, UNDEFENDED
from training.paper.published import PAPER

Kind = Literal["filter", "reference", "baseline", "published"]

_COLOUR: dict[Kind, str] = {
    "filter": CALM,
    "reference": WORST,
    "baseline": MUTED,
    "published": REFERENCE,
}
_KIND_OF: dict[str, Kind] = {UNDEFENDED: "reference", THE_CROP: "baseline"}
_MARKERS = "osD^vPX*<>hdp8H"
_WIDTH, _HEIGHT = 4.6, 4.8  # inches a panel
_LEGEND_COLUMNS = 2
_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """One system.

    Attributes:
        name: as the legend says, once for all points of one name.
        kind: a filter of ours, one without defence or with another, a picture or its features, or
            a figure from elsewhere.
        emotion: how much of the mood is read.
        identity: what the worst attacker names; both in [0, 1], drawn with intervals where they
            have them.
        line: points of one line are joined in their order; none for a point alone.
        bound: what is proved that nobody names more than; None where nothing is.
    """

    name: str
    kind: Kind
    emotion: Rate | float
    identity: Rate | float
    line: str = ""
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One set.

    Attributes:
        title: the set, and how it was measured.
        chance: of naming a person by guessing.
        points: the systems.
        whole: whether the axes reach from 0 to 1, or as far as the points do.
    """

    title: str
    chance: float
    points: Sequence[Point]
    whole: bool = True


def of_card(card: Card) -> list[Panel]:
    """A panel for each set of which the card knows both sides: levels, references, the paper.

    The crop's point has the emotions that are read in its gradients, and the people that are named
    by its grey levels. The paper's figure stands for its own, weak attacker.
    """
    panels = []
    for data in dict.fromkeys(result.data for result in card.results):
        of_set = where(card.results, data=data)
        points = [
            Point(level, kind, emotion.rate, named.rate, line=kind, bound=named.bound)
            for level in dict.fromkeys(r.level for r in where(of_set, task="emotion"))
            for kind in [_KIND_OF.get(level, "filter")]
            for emotion in where(of_set, task="emotion", level=level)[:1]
            if (named := worst(where(of_set, level=level)))
        ]
        if not points:
            continue
        if data.lower() in PAPER:
            points.append(published(data.lower()))
        chance = where(of_set, task="identity")[0].chance
        panels.append(Panel(data, chance, points))
    return panels


def published(data_set: str) -> Point:
    """The paper's figures for one of its sets, by its own, weak attacker."""
    accuracy = PAPER[data_set].accuracy
    return Point(
        "the paper, its own attacker",
        "published",
        accuracy["Hybrid2Emotion"] / 100,
        accuracy["Hybrid2Face"] / 100,
    )


def draw(panels: Sequence[Panel]) -> str:
    """The panels side by side, as an SVG file."""
    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    with matplotlib.rc_context({**STYLE, "svg.fonttype": "path"}):
        figure = Figure(figsize=(_WIDTH * columns, _HEIGHT * rows), layout="constrained")
        for number, panel in enumerate(panels, start=1):
            _panel(figure.add_subplot(rows, columns, number), panel)
        out = io.StringIO()
        figure.savefig(out, format="svg", facecolor="white", metadata={"Date": None})
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title, loc="left", color=INK, fontsize=11)
    axes.axvline(panel.chance, color=INK, linestyle=(0, (2, 3)), linewidth=1)
    axes.annotate(
        "guessing",
        (panel.chance, 0.02),
        xycoords=axes.get_xaxis_transform(),
        xytext=(4, 0),
        textcoords="offset points",
        color=MUTED,
    )
    for line in dict.fromkeys(point.line for point in panel.points if point.line):
        joined = [point for point in panel.points if point.line == line]
        axes.plot(
            [_value(point.identity) for point in joined],
            [_value(point.emotion) for point in joined],
            color=_COLOUR[joined[0].kind],
            linewidth=1,
            alpha=0.5,
        )
    if bounded := [(p.bound, _value(p.emotion)) for p in panel.points if p.bound is not None]:
        axes.plot(
            *zip(*bounded, strict=True),
            color=PROVED,
            marker="|",
            markersize=12,
            linewidth=1.4,
            label="proved: nobody names more",
        )
    first = {point.name: point for point in reversed(panel.points)}
    marker = dict(zip(dict.fromkeys(p.name for p in panel.points), cycle(_MARKERS), strict=False))
    for point in panel.points:
        axes.errorbar(
            _value(point.identity),
            _value(point.emotion),
            xerr=_reach(point.identity),
            yerr=_reach(point.emotion),
            fmt=marker[point.name],
            markersize=5.5,
            color=_COLOUR[point.kind],
            ecolor=RULE,
            elinewidth=1.2,
            label=point.name if point is first[point.name] else None,
        )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=_LEGEND_COLUMNS)
    if panel.whole:
        axes.set(xlim=(0, 1.03), ylim=(0, 1.03))
    axes.set_xlabel("people that the worst attacker names")
    axes.set_ylabel("emotions read rightly")
    axes.tick_params(length=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _value(rate: Rate | float) -> float:
    return rate.rate if isinstance(rate, Rate) else rate


def _reach(rate: Rate | float) -> tuple[list[float], list[float]] | None:
    """How far an interval reaches down and up."""
    if not isinstance(rate, Rate):
        return None
    return [rate.rate - rate.low], [rate.high - rate.rate]
