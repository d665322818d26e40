"""Markdown: tables, and the block of a document that a command writes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

BEGIN = "<!-- begin: written by `make bench` -->"
END = "<!-- end -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown.

    Raises:
        ValueError: if a row has not as many cells as the head.
    """
    lines = [head, ["---"] * len(head), *rows]
    for line in lines:
        if len(line) != len(head):
            raise ValueError(f"{len(line)} cells stand under {len(head)} heads: {line}")
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def replace_block(document: Path, block: str) -> None:
    """Writes the block between the document's markers; what stands around it stays.

    Raises:
        ValueError: if the document has no markers.
    """
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} has no lines {BEGIN} and {END}")
    document.write_text(f"{before}{BEGIN}\n\n{block.strip()}\n\n{END}{after}", encoding="utf-8")
