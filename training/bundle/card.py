"""Writes a bundle: the graph, its card, and the card once more for people to read."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from faceveil.model.bundle import CARD_FILE
from faceveil.model.card import (
    Breakdown,
    Card,
    ExpressionResult,
    Graph,
    Move,
    Probe,
    Result,
)
from faceveil.model.privacy import privacy_of
from training.lab.markdown import environment
from training.lab.measurement import codeword_alone, where, worst
from training.lab.plan import THE_CROP, UNDEFENDED

GRAPH_FILE = "model.onnx"
READABLE_FILE = "CARD.md"
FRONTIER_FILE = "frontier.svg"

MEAN = "mean recall"
"""Row of a table, over those of the emotions."""

REFERENCES = {
    UNDEFENDED: "an undefended embedding",
    THE_CROP: "the crop itself",
}
"""What a level is held against, by the name under which it is measured."""


def write_bundle(card: Card, graph: bytes, frontier: str | None, directory: Path) -> Path:
    """Writes `<directory>/<name>/<version>/` and returns it.

    Args:
        card: of the bundle.
        graph: ONNX file.
        frontier: SVG file that shows the card's figures (`training.bundle.picture`); none where
            no set tells both emotions and people.
        directory: of all bundles.

    Raises:
        FileExistsError: if there is such a version already: what was released does not change.
    """
    folder = directory / card.name / card.version
    folder.mkdir(parents=True)
    (folder / GRAPH_FILE).write_bytes(graph)
    if frontier is not None:
        (folder / FRONTIER_FILE).write_text(frontier, encoding="utf-8")
    pictured = FRONTIER_FILE if frontier is not None else None
    (folder / READABLE_FILE).write_text(readable(card, pictured), encoding="utf-8")
    (folder / CARD_FILE).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return folder


def readable(card: Card, frontier: str | None = None) -> str:
    """The card as Markdown.

    Args:
        card: of the bundle.
        frontier: file beside it that shows its figures.
    """
    tables = {
        (data, protocol): _by_level(where(card.results, data=data, protocol=protocol))
        for data, protocol in dict.fromkeys((r.data, r.protocol) for r in card.results)
    }
    beside = [
        (data, level, most, codeword_alone(of_level))
        for data in dict.fromkeys(r.data for r in card.results)
        for level in card.levels
        for of_level in [where(card.results, data=data, level=level)]
        if (most := worst(of_level))
    ]
    template = environment().get_template("card.md")
    return template.render(
        card=card,
        privacy=privacy_of(card),
        tables=tables,
        beside=beside,
        frontier=frontier,
        breakdowns=_breakdown_tables(card.breakdowns),
        mean=MEAN,
        probes=probe_tables(card.probes),
        moves=_move_tables(card.expression.results if card.expression else []),
    )


def probe_tables(
    probes: Iterable[Probe],
) -> dict[tuple[str, str], list[tuple[str, dict[str, Probe]]]]:
    """Rows of a table for each set and protocol: features, and the probe at each level."""
    tables: dict[tuple[str, str], dict[str, dict[str, Probe]]] = {}
    for probe in probes:
        rows = tables.setdefault((probe.data, probe.protocol), {})
        rows.setdefault(probe.features, {})[probe.level] = probe
    return {about: list(rows.items()) for about, rows in tables.items()}


_Moves = tuple[int, int, list[tuple[str, dict[str, Move]]]]


def _move_tables(results: Iterable[ExpressionResult]) -> dict[tuple[str, str], _Moves]:
    """Of each set and protocol: pictures, people, and rows: a move, and how it is told by level."""
    tables: dict[tuple[str, str], dict[str, dict[str, Move]]] = {}
    sizes = {}
    for one in results:
        sizes[one.data, one.protocol] = one.images, one.people
        rows = tables.setdefault((one.data, one.protocol), {})
        for move in one.moves:
            rows.setdefault(move.name, {})[one.level] = move
    return {about: (*sizes[about], list(rows.items())) for about, rows in tables.items()}


def _breakdown_tables(
    breakdowns: Iterable[Breakdown],
) -> dict[tuple[str, str, str], dict[str, dict[str, tuple[str, str]]]]:
    """Rows of a table for each set, protocol and level: a kind, and by prior its two cells."""
    tables: dict[tuple[str, str, str], dict[str, dict[str, tuple[str, str]]]] = {}
    for one in breakdowns:
        rows = tables.setdefault((one.data, one.protocol, one.level), {})
        mean = one.mean_recall
        cell = f"{mean.value:.1%} [{mean.low:.1%}, {mean.high:.1%}]"
        rows.setdefault(MEAN, {})[one.prior] = (cell, "")
        for kind in one.kinds:
            name = kind.name if kind.by == "emotion" else f"{kind.by}: {kind.name}"
            rows.setdefault(name, {})[one.prior] = (str(kind.recall), str(kind.precision or ""))
    return tables


def describe_graph(graph: bytes, opset: int) -> Graph:
    """The card's words for a graph."""
    digest = hashlib.sha256(graph).hexdigest()
    return Graph(file=GRAPH_FILE, sha256=digest, bytes=len(graph), opset=opset)


def audit_in_words(results: Sequence[Result], level: str) -> str:
    """What the results say about re-identification at a level, a sentence a set.

    An attack above what is proved of it, at whatever level, comes first.
    """
    sentences = [
        f"ABOVE ITS BOUND: {r.data} at {r.level}: {r.system} names {r.rate} of the probes rightly, "
        f"where it is proved that nobody names more than {r.bound:.1%}. The guarantee does not "
        "hold: the mechanism is broken, or these are not the embeddings that it speaks of. Do not "
        "release this model."
        for r in results
        if r.is_above_bound
    ]
    for data in dict.fromkeys(r.data for r in results):
        attacks = where(results, data=data, level=level, task="identity")
        most = worst(attacks)
        if most is None:
            continue
        beside = "".join(
            f"; {what} gives {reference.rate}"
            for reference_level, what in REFERENCES.items()
            if (reference := worst(where(results, data=data, level=reference_level)))
        )
        low = [r.system for r in attacks if r.rate.high < r.chance]
        below = (
            f" Clearly below chance, which is a warning and no success: {', '.join(low)}."
            if low
            else ""
        )
        sentences.append(
            f"{data}, {most.protocol}: the worst of {len(attacks)} attacks ({most.system}) "
            f"names {most.rate} of the probes rightly, where chance is {most.chance:.1%}"
            f"{_proof(most, codeword_alone(attacks))}{beside}.{below}"
        )
    return " ".join(sentences)


def _proof(most: Result, alone: Result | None) -> str:
    """What stands beside the worst attacker of a model with a guarantee."""
    words = ""
    if most.bound is not None:
        words += f" and it is proved that nobody names more than {most.bound:.1%}"
    if alone is not None:
        words += f"; the codeword alone gives {alone.rate}"
    return words


def _by_level(results: list[Result]) -> list[tuple[str, str, dict[str, Result]]]:
    """Rows of a table: task, system, and the result at each level."""
    rows: dict[tuple[str, str], dict[str, Result]] = {}
    for result in results:
        rows.setdefault((result.task, result.system), {})[result.level] = result
    return [(task, system, by_level) for (task, system), by_level in rows.items()]
