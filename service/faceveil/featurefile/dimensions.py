"""Which columns of a table are the embedding: those that share one prefix and count on from there.

That is `e0, e1, ...`, as our exports write them, and `f0`, `dim_0`, `emb.0`, or plain numbers.
Whatever else is in a table (a row number, an age) tells of people what no embedding does, so it is
never taken unasked: with such columns, the caller chooses.
"""

import re
from collections.abc import Sequence

from faceveil.featurefile.columns import LABELS, FileError

_NUMBERED = re.compile(r"(.*?)(\d{1,9})", re.DOTALL)

_UNNAMED = re.compile(r"\s*|Unnamed: \d+(_level_\d+)?|__index_level_\d+__")
"""What pandas calls its index, in a file that it wrote and in one that it read again."""

_SHOWN = 5
"""Names that a sentence lists at most."""


def split(names: Sequence[str], chosen: str | None = None) -> tuple[list[int], list[int]]:
    """Which columns are dimensions, and which nothing at all.

    Args:
        names: of all columns, in the file's order.
        chosen: which to take: names, `PREFIX*`, or ranges such as `e0:e15`, with commas; None
            takes those that share a prefix and count on.

    Returns:
        Places of the dimensions, in their own order where they are numbered, and places of the
        columns that are neither dimensions nor labels.

    Raises:
        FileError: where that is not clear.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileError(f"the column {listed(twice)} is there twice.")
    others = [place for place, name in enumerate(names) if name not in LABELS]
    if chosen is None:
        return _counting(names, others), []
    taken = _chosen(names, others, chosen)
    return taken, [place for place in others if place not in set(taken)]


def span(names: Sequence[str]) -> str:
    """Dimensions in a few words: `16 dimensions: e0 to e15`."""
    size = f"{len(names)} dimension{'' if len(names) == 1 else 's'}"
    if len(names) > 2 and _numbers(names) is not None:
        return f"{size}: {names[0]} to {names[-1]}"
    return f"{size}: {listed(names)}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, not too many of them."""
    shown = ", ".join(f"`{name[:64]}`" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _counting(names: Sequence[str], others: list[int]) -> list[int]:
    unnamed = [names[place] for place in others if _UNNAMED.fullmatch(names[place])]
    if unnamed:
        raise FileError(
            f"the column {listed(unnamed)} has no name of its own: it is the index of a pandas "
            "table, which tells the row and so the person. Write the file without it: "
            "df.to_csv(..., index=False), or df.to_parquet(..., index=False)."
        )
    numbers = _numbers([names[place] for place in others])
    if numbers is None:
        stems = [_stem(names[place]) for place in others]
        usual = max(sorted(set(stems), key=str), key=stems.count)
        odd = [names[place] for place, stem in zip(others, stems, strict=True) if stem != usual]
        rest = odd if usual is not None and odd else [names[place] for place in others]
        hint = f"{usual}*" if usual and odd else "e0:e15"
        raise FileError(
            f"{listed(rest)}: neither a label ({', '.join(LABELS)}) nor one of numbered dimensions "
            "such as e0, e1, e2. Say which columns are dimensions (--columns, or the form field "
            f"`columns`), as in '{hint}'; the others are then left out."
        )
    order = sorted(range(len(others)), key=numbers.__getitem__)
    counted = [numbers[place] for place in order]
    if counted and counted != list(range(counted[0], counted[0] + len(counted))):
        raise FileError(
            f"the dimensions {span([names[others[place]] for place in order])} do not count on: "
            "there is a gap, or one is there twice. Say which columns are dimensions (--columns, "
            "or the form field `columns`)."
        )
    return [others[place] for place in order]


def _chosen(names: Sequence[str], others: list[int], chosen: str) -> list[int]:
    taken: list[int] = []
    for part in filter(None, map(str.strip, chosen.split(","))):
        found = _matching(names, others, part)
        if not found:
            label = " It is a label." if part in LABELS else ""
            raise FileError(
                f"no column is meant by '{part}'.{label} There is: "
                f"{listed([names[place] for place in others])}."
            )
        taken += [place for place in found if place not in taken]
    if not taken:
        raise FileError("the choice of columns names none.")
    return taken


def _matching(names: Sequence[str], others: list[int], part: str) -> list[int]:
    """Places of the columns that one part of a choice means."""
    if exact := [place for place in others if names[place] == part]:
        return exact
    if part.endswith("*"):
        found = [place for place in others if names[place].startswith(part[:-1])]
        numbers = _numbers([names[place] for place in found])
        if numbers is None:
            return found
        return [found[place] for place in sorted(range(len(found)), key=numbers.__getitem__)]
    first, _, last = part.partition(":")
    ends = [place for place in others if names[place] in (first, last)]
    if len(ends) != 2 or names[ends[0]] != first:
        return []
    return [place for place in others if ends[0] <= place <= ends[1]]


def _numbers(names: Sequence[str]) -> list[int] | None:
    """The number of each column; None where they do not share one prefix."""
    found = [match for name in names if (match := _NUMBERED.fullmatch(name))]
    if len(found) < len(names) or len({match[1] for match in found}) > 1:
        return None
    return [int(match[2]) for match in found]


def _stem(name: str) -> str | None:
    match = _NUMBERED.fullmatch(name)
    return None if match is None else match[1]
