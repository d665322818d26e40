"""What the documents say of the software is so."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from faceveil.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _anchor(heading: str) -> str:
    """As code hosts make it: lower case, words joined by hyphens."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_table_of_settings_is_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    table = CliRunner().invoke(app, ["settings", "--markdown"]).stdout
    assert "FACEVEIL_SERVER__PORT" in table
    assert table in page, "put in what `faceveil settings --markdown` prints"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(_anchor, headings), target
