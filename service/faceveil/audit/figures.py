"""The report's figures, each a self-contained SVG that takes the page's own font."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from faceveil.audit.result import AttackerResult, AuditResult

INK, MUTED, RULE = "#1d2b36", "#64727d", "#dfe5ea"
CALM, WORST, REFERENCE, PROVED = "#5b8db8", "#c2543d", "#b08a3e", "#2f7d5b"
CHANCE: Any = {"color": INK, "linestyle": (0, (4, 3)), "linewidth": 1}

MOST_NAMED = 16
"""People up to whom an axis names each."""

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "faceveil",
    "font.family": "sans-serif",
    "font.size": 10.5,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
}
"""How our figures look, for `matplotlib.rc_context`."""

TITLES = {
    "prior": "Most frequent person",
    "hybrid2face": "Hybrid2Face (paper's head)",
    "logistic": "Logistic regression",
    "lda": "Linear discriminants",
    "nearest": "Nearest neighbour",
    "boosting": "Gradient boosting",
    "wide_mlp": "Wide network",
    "codeword": "The codeword alone",
}
_CONDITIONS = {
    "emotion": "knows emotion",
    "clean": "noise-free gallery",
    "codeword": "knows the codebook",
}


def title(name: str) -> str:
    """An attacker's name as the report writes it."""
    part, _, attacker = name.rpartition(", ")
    base, *conditions = attacker.split("+")
    base, _, length = base.partition(" x")
    words = TITLES.get(base, base) + (f", mean of {length}" if length else "")
    known = " and ".join(_CONDITIONS[condition] for condition in conditions)
    return ", ".join(said for said in (words, part, known) if said)


def figures(result: AuditResult) -> dict[str, str]:
    """Every figure that the result has data for, by name, as `<svg>` elements."""
    with matplotlib.rc_context(STYLE):
        drawn = {"ladder": _ladder(result), "cmc": _cmc(result), "subjects": _subjects(result)}
        if result.utility:
            drawn["utility"] = _utility(result)
        if result.open_set:
            drawn |= {"det": _det(result), "scores": _scores(result)}
        drawn["numbers"] = _numbers(result)
        if result.confusion:
            drawn["confusion"] = _confusion(result)
        return {name: _svg(figure, name) for name, figure in drawn.items()}


def _svg(figure: Figure, name: str) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", pad_inches=0.05, metadata={"Date": None})
    svg = out.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    # Ids are unique in a page only with a prefix; the size is the page's to set.
    svg = re.sub(r'(id="|"#|url\(#|href="#)', rf"\g<1>{name}-", svg)
    return re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", svg, count=1).replace(
        ' height="', ' data-height="', 1
    )


def _axes(height: float = 3.2) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.2, height))
    axes = figure.add_subplot()
    axes.tick_params(length=0)
    return figure, axes


def _percent(*axes: Axis) -> None:
    for axis in axes:
        axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _bars(axes: Axes, shown: Sequence[AttackerResult], worst: str) -> None:
    for place, attacker in enumerate(shown):
        colour = WORST if attacker.attacker == worst else CALM
        axes.barh(place, attacker.rate, height=0.42, color=colour, alpha=0.85)
        axes.text(
            0,
            place + 0.27,
            title(attacker.attacker),
            va="bottom",
            fontsize=9.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
        axes.plot([attacker.low, attacker.high], [place, place], color=INK, linewidth=1.4)
        if attacker.bound is not None:
            ends = [place - 0.3, place + 0.3]
            axes.plot([attacker.bound] * 2, ends, color=PROVED, linewidth=2)
        axes.text(
            max(attacker.high, attacker.rate) + 0.012,
            place,
            f"{attacker.rate:.0%}" if attacker.rate >= 0.0995 else f"{attacker.rate:.1%}",
            va="center",
            fontsize=9.5,
            fontweight="bold" if colour == WORST else "normal",
        )


def _ladder(result: AuditResult) -> Figure:
    shown = sorted(
        (a for a in result.attackers if a.embeddings == 1 and not a.attacker.endswith(" x1")),
        key=lambda a: (a.rate, a.attacker == result.worst.attacker),
    )
    figure, axes = _axes(0.9 + 0.46 * len(shown))
    _bars(axes, shown, result.worst.attacker)
    axes.axvline(result.chance, **CHANCE)
    axes.text(result.chance, len(shown) - 0.15, " chance", fontsize=9.5, color=INK)
    reference = result.controls.reference
    if reference:
        axes.axvline(reference.rate.rate, color=REFERENCE, linewidth=1.4)
        axes.text(
            reference.rate.rate,
            len(shown) - 0.15,
            "undefended ",
            fontsize=9.5,
            color=REFERENCE,
            ha="right",
        )
    axes.set_yticks([])
    furthest = max(max(a.high, a.bound or 0) for a in shown)
    axes.set_xlim(0, min(1.12, furthest * 1.18 + 0.05) if not reference else 1.12)
    axes.set_ylim(-0.5, len(shown) + 0.2)
    axes.set_xlabel(
        "single embeddings named rightly" + (" (green: proved at most)" if result.bound else "")
    )
    _percent(axes.xaxis)
    return figure


def _cmc(result: AuditResult) -> Figure:
    figure, axes = _axes()
    for attacker in result.attackers:
        if attacker.attacker in (result.worst.attacker, result.hybrid2face.attacker):
            worst = attacker.attacker == result.worst.attacker
            ranks = np.arange(1, len(attacker.cmc) + 1)
            axes.plot(
                ranks,
                attacker.cmc,
                marker="o",
                markersize=3,
                color=WORST if worst else CALM,
                label="worst attacker" if worst else title(attacker.attacker),
            )
    most = max(len(attacker.cmc) for attacker in result.attackers)
    ranks = np.arange(1, most + 1)
    axes.plot(ranks, ranks * result.chance, label="chance", **CHANCE)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("person among the first r named")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _percent(axes.yaxis)
    axes.legend(loc="best")
    return figure


def _utility(result: AuditResult) -> Figure:
    assert result.utility is not None
    figure, axes = _axes()
    points = [("this embedding", result.worst, result.utility, WORST)]
    reference = result.controls.reference
    if reference and reference.utility:
        points.append(("undefended", reference.rate, reference.utility, REFERENCE))  # type: ignore[arg-type]
    for name, privacy, use, colour in points:
        axes.errorbar(
            privacy.rate,
            use.rate,
            fmt="o",
            markersize=8,
            color=colour,
            elinewidth=1.4,
            xerr=[[privacy.rate - privacy.low], [privacy.high - privacy.rate]],
            yerr=[[max(0, use.rate - use.low)], [max(0, use.high - use.rate)]],
        )
        axes.annotate(
            name,
            (privacy.rate, use.rate),
            xytext=(8, -14 if use.rate > 0.2 else 10),
            textcoords="offset points",
            color=colour,
            ha="left" if privacy.rate < 0.6 else "right",
        )
    axes.axvline(result.chance, **CHANCE)
    if result.data.emotions:
        axes.axhline(1 / len(result.data.emotions), color=RULE, linewidth=1.5)
    axes.set(
        xlim=(0, 1.05),
        ylim=(0, 1.05),
        xlabel="worst attacker (left is better)",
        ylabel="emotion read (up is better)",
    )
    _percent(axes.xaxis, axes.yaxis)
    return figure


def _det(result: AuditResult) -> Figure:
    assert result.open_set is not None
    figure, axes = _axes()
    accepted, rejected = np.array(result.open_set.det).T
    axes.plot(accepted, rejected, color=CALM, linewidth=2)
    axes.plot([0, 1], [1, 0], label="chance", **CHANCE)
    axes.plot(
        result.open_set.eer,
        result.open_set.eer,
        "o",
        color=WORST,
        label=f"equal error rate {result.open_set.eer:.1%}",
    )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="strangers taken for one person",
        ylabel="one person taken for two",
    )
    _percent(axes.xaxis, axes.yaxis)
    axes.legend(loc="upper right")
    return figure


def _scores(result: AuditResult) -> Figure:
    assert result.open_set is not None
    figure, axes = _axes()
    shown = result.open_set
    for name, density, colour in (
        ("two people", shown.scores.non_mated, CALM),
        ("one person", shown.scores.mated, WORST),
    ):
        axes.stairs(density, shown.scores.edges, fill=True, alpha=0.45, color=colour, label=name)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("likeness of two embeddings")
    axes.legend(
        loc="upper left",
        title=f"D_sys {shown.d_sys:.2f}\nby luck up to {shown.d_sys_null_high:.2f}",
        alignment="left",
        title_fontsize=9.5,
    )
    return figure


def _numbers(result: AuditResult) -> Figure:
    """Against L, embeddings of a person seen at once, and N, people to choose from."""
    figure = Figure(figsize=(5.2, 3.0))
    several, among = figure.subplots(1, 2)
    for axes in (several, among):
        axes.tick_params(length=0)
        axes.set_ylim(0, 1.02)
        _percent(axes.yaxis)
    for base, colour in (("lda", CALM), ("nearest", REFERENCE)):
        sets = [a for a in result.attackers if a.attacker.startswith(f"{base} x")]
        if sets:
            length = [a.embeddings for a in sets]
            several.plot(
                length,
                [a.rate for a in sets],
                "o-",
                markersize=3,
                color=colour,
                label=TITLES[base].split()[0].lower(),
            )
            several.fill_between(
                length,
                [a.low for a in sets],
                [a.high for a in sets],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
    several.axhline(result.chance, **CHANCE)
    several.set_xscale("log", base=2)
    several.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    several.set_xlabel("embeddings averaged (L)")
    several.legend(loc="best", fontsize=8.5, frameon=True, edgecolor="none", framealpha=0.85)
    if result.open_set:
        number = list(result.open_set.linkability)
        among.plot(
            number, list(result.open_set.linkability.values()), "o-", markersize=3, color=CALM
        )
        among.plot(number, [1 / n for n in number], **CHANCE)
        among.set_xscale("log")
        among.set_xticks([2, 10, 100], ["2", "10", "100"])
        among.minorticks_off()
        among.set_xlabel("strangers linked among N")
    else:
        among.set_visible(False)
    figure.tight_layout(w_pad=2)
    return figure


def _subjects(result: AuditResult) -> Figure:
    figure, axes = _axes()
    place = np.arange(len(result.subjects))
    axes.vlines(
        place,
        [s.low for s in result.subjects],
        [s.high for s in result.subjects],
        color=RULE,
        linewidth=max(1.0, min(6.0, 160 / len(place))),
    )
    axes.plot(place, [s.rate for s in result.subjects], "o", markersize=4, color=WORST)
    axes.axhline(result.chance, **CHANCE)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("people, the most exposed first")
    named = result.subjects if len(place) <= MOST_NAMED else []
    axes.set_xticks(range(len(named)), [s.subject[:8] for s in named], rotation=60, ha="right")
    _percent(axes.yaxis)
    return figure


def _confusion(result: AuditResult) -> Figure:
    figure, axes = _axes(4.2)
    table = np.array(result.confusion)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    names = [name[:8] for name in result.identities] if len(table) <= MOST_NAMED else []
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="named by the worst attacker", ylabel="true person")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure
