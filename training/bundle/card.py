"""Writes a bundle: the graph, its card, and the card once more for people to read."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from faceveil.model.bundle import CARD_FILE
from faceveil.model.card import Card, Graph, Result
from training.lab.markdown import environment
from training.lab.measurement import where, worst
from training.lab.plan import THE_CROP, UNDEFENDED

GRAPH_FILE = "model.onnx"
READABLE_FILE = "CARD.md"
FRONTIER_FILE = "frontier.svg"

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
    return environment().get_template("card.md").render(card=card, tables=tables, frontier=frontier)


def describe_graph(graph: bytes, opset: int) -> Graph:
    """The card's words for a graph."""
    digest = hashlib.sha256(graph).hexdigest()
    return Graph(file=GRAPH_FILE, sha256=digest, bytes=len(graph), opset=opset)


def audit_in_words(results: Sequence[Result], level: str) -> str:
    """What the results say about re-identification at a level, a sentence a set."""
    sentences = []
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
            f"{beside}.{below}"
        )
    return " ".join(sentences)


def _by_level(results: list[Result]) -> list[tuple[str, str, dict[str, Result]]]:
    """Rows of a table: task, system, and the result at each level."""
    rows: dict[tuple[str, str], dict[str, Result]] = {}
    for result in results:
        rows.setdefault((result.task, result.system), {})[result.level] = result
    return [(task, system, by_level) for (task, system), by_level in rows.items()]
