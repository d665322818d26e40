"""What the documents say of the software is so."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from examples.picture import FACE, PICTURE, ask, draw
from faceveil.cli import app

ROOT = Path(__file__).parents[1]
WRITTEN = sorted((ROOT / "docs").glob("*.md"))
"""Pages with a reader; those in folders are records and figures."""

PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*.md")]
)
SOURCES = sorted(
    [
        ROOT / "Makefile",
        *(
            file
            for folder in ("service", "training", "benchmarks", "examples")
            for file in (ROOT / folder).rglob("*.py")
        ),
    ]
)
LONGEST = 200


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _anchor(heading: str) -> str:
    """As code hosts make it: lower case, words joined by hyphens."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _headings(text: str, level: str = "#+") -> list[str]:
    """Those outside of examples, in which a line with # is a comment."""
    return re.findall(rf"^{level} (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M)


def test_the_table_of_settings_is_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    table = CliRunner().invoke(app, ["settings", "--markdown"]).stdout
    assert "FACEVEIL_SERVER__PORT" in table
    assert table in page, "put in what `faceveil settings --markdown` prints"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        if anchor:
            assert anchor in map(_anchor, _headings(file.read_text(encoding="utf-8"))), target


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = re.findall(r"`((?:benchmarks|docs|examples|service|tests|training)/[\w./-]*)", text)
    named = {path for path in paths if not re.search(r"[A-Z]{2}", path)}  # as in NAME.py
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_pages_that_code_names_are_there() -> None:
    named = {
        (_name(file), page)
        for file in SOURCES
        for page in re.findall(r"\bdocs/[\w./-]+\.(?:md|svg)", file.read_text(encoding="utf-8"))
    }
    assert named
    assert [(file, page) for file, page in sorted(named) if not (ROOT / page).exists()] == []


@pytest.mark.parametrize("page", WRITTEN, ids=_name)
def test_a_page_is_short_and_lists_what_it_holds(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    by_hand = re.sub(r"<!-- begin.*?<!-- end.*?-->", "", text, flags=re.DOTALL)
    assert len(by_hand.splitlines()) < LONGEST
    listed = re.findall(r"^- \[(.+)\]\(#(.+)\)$", text, re.M)
    assert listed == [(heading, _anchor(heading)) for heading in _headings(text, "##")]


def test_the_picture_in_the_readme_is_what_the_service_answers() -> None:
    face = FACE.read_bytes()
    stored, drawn = PICTURE.read_text(encoding="utf-8"), draw(face, ask(face))
    assert _shape(stored) == _shape(drawn), "draw it again: make examples"
    # Another processor may round otherwise.
    assert _figures(stored) == pytest.approx(_figures(drawn), abs=0.2)


_FIGURE = r"-?\d+\.\d+"


def _shape(picture: str) -> str:
    return re.sub(_FIGURE, "0", picture)


def _figures(picture: str) -> list[float]:
    return [float(figure) for figure in re.findall(_FIGURE, picture)]
