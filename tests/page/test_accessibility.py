"""Every tab, in both themes and widths: axe-core finds nothing serious, and nothing is cut off."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import AXE, CARD, Open, both_read, serious

TABS = {
    "try": "How much noise",
    "models": f"{CARD.name} {CARD.version}",
    "features": "Erase a person",
    "audits": "Start an audit",
    "server": "Is the log as it was written?",
}


@pytest.mark.skipif(not AXE.exists(), reason="`make test` installs axe-core, where there is npm")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_serious(open_page: Open, tab: str, theme: str, face_file: Path) -> None:
    # axe-core is brought in as text, which the page's own policy would rightly not let in.
    page = open_page(tab, theme=theme, strict=False)
    expect(page.get_by_role("heading", name=TABS[tab])).to_be_visible()
    if tab == "try":
        page.locator('input[type="file"]').set_input_files(face_file)
        expect(page.get_by_text("1 face found.").first).to_be_visible()
    if tab == "server":
        page.get_by_role("button", name="Check the log").click()
        expect(page.get_by_role("alert")).to_be_visible()
    for details in page.locator("summary").all():
        details.click()
    expect(page.get_by_text("One moment")).to_have_count(0)
    assert serious(page) == []


@pytest.mark.skipif(not AXE.exists(), reason="`make test` installs axe-core, where there is npm")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_while_a_camera_is_followed(open_page: Open, theme: str) -> None:
    page = open_page(theme=theme, strict=False)
    page.get_by_role("button", name="Follow the camera live").click()
    expect(page.get_by_role("region", name="Mood over time")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("region", name="What was seen")).to_be_visible()
    assert serious(page) == []


@pytest.mark.skipif(not AXE.exists(), reason="`make test` installs axe-core, where there is npm")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_two_pictures_side_by_side(
    open_page: Open, theme: str
) -> None:
    page = open_page(theme=theme, strict=False)
    both_read(page)
    assert serious(page) == []
    page.locator('button[data-key="same.begin"]').click()
    expect(page.locator(".pair")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
def test_two_pictures_side_by_side_are_not_cut_off_on_a_phone(
    open_page: Open, language: str
) -> None:
    page = open_page(width=360, language=language)
    both_read(page)
    page.locator('button[data-key="same.begin"]').click()
    expect(page.locator(".pair")).to_be_visible()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
@pytest.mark.parametrize("tab", TABS)
def test_nothing_is_cut_off_on_a_phone(open_page: Open, tab: str, language: str) -> None:
    page = open_page(tab, width=360, language=language)
    expect(page.locator("h2").nth(1)).to_be_visible()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    tabs = page.locator(".tabs")
    assert tabs.evaluate("(element) => element.scrollWidth - element.clientWidth") == 0


def test_the_theme_is_the_visitors(open_page: Open) -> None:
    papers = {
        open_page(theme=theme).evaluate("getComputedStyle(document.body).backgroundColor")
        for theme in ("light", "dark")
    }
    assert len(papers) == 2
