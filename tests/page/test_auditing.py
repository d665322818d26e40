"""A visitor audits: starts, watches, reads, prints, and finds the audit again."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.audit.planted import clusters
from tests.page.conftest import AXE, CARD, Open, serious
from tests.running import RunningServer, running_server

EXAMPLE = Path(__file__).parents[2] / "examples" / "features.csv"
A_WHILE_MS = 300_000


def test_drawn_people_are_audited_from_the_start_to_the_printed_report(open_page: Open) -> None:
    page = open_page("audits")
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    page.get_by_role("button", name="Start the audit").click()
    expect(page.get_by_role("heading", name="The audit is running")).to_be_visible(
        timeout=A_WHILE_MS
    )
    report = page.get_by_role("article", name="Report")
    expect(report).to_be_visible(timeout=A_WHILE_MS)
    expect(report).to_contain_text("Re-identification audit")
    expect(report).to_contain_text(f"{CARD.name} {CARD.version}")
    expect(report).to_contain_text("80 of 10 people")
    expect(report.locator(".tile", has_text="Proved: at most").locator("b")).to_contain_text("%")
    expect(report.locator(".attackers .worst").first).to_be_visible()
    with page.expect_download() as saved:
        report.get_by_role("button", name="Save the full report").click()
    assert saved.value.path().read_text(encoding="utf-8").startswith("<!doctype html>")
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(report).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="All audits").click()
    expect(page.locator(".audit-row")).to_contain_text(re.compile(r"worst \d+.*Hybrid2Face"))


def test_a_file_is_audited_and_the_audit_cancelled_and_removed(
    open_page: Open, keeping_server: RunningServer
) -> None:
    page = open_page("audits")
    page.get_by_role("radio", name="A file").click(force=True)
    page.get_by_role("button", name="Start the audit").click()
    expect(page.get_by_role("alert")).to_have_text("Choose a file first.")
    page.get_by_label("File of embeddings").set_input_files(EXAMPLE)
    page.get_by_text("More options").click()
    page.get_by_label("Limit").fill("nonsense")
    page.get_by_role("button", name="Start the audit").click()
    expect(page.get_by_role("alert")).to_contain_text("These embeddings cannot be used.")
    page.get_by_label("Limit").fill("")
    page.get_by_role("button", name="Start the audit").click()
    page.get_by_role("button", name="Cancel the audit").click()
    expect(page.get_by_role("heading", name="cancelled")).to_be_visible()
    gone = page.url.rpartition("/")[2]
    page.get_by_role("button", name="Remove this audit").click()
    expect(page.get_by_role("heading", name="Past audits")).to_be_visible()
    assert keeping_server.client.get(f"/v1/audits/{gone}").status_code == 404


def _uploaded(distance: float, people: int, folder: Path) -> Path:
    """A file of people who are so far apart."""
    features = clusters(people=people, samples=10, distance=distance, seed=0)
    file = folder / f"{people}.npz"
    np.savez(file, embedding=features.embedding, subject=features.subject.astype(str))
    return file


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with two audits: of five people far apart, and of six who are not."""
    folder = tmp_path_factory.mktemp("audited")
    with running_server(folder, {}) as server:
        for distance, people in ((4, 5), (0, 6)):
            content = _uploaded(distance, people, folder).read_bytes()
            asked = server.client.post(
                "/v1/audits", files={"file": ("f.npz", content)}, data={"folds": "2"}
            )
            assert asked.status_code == 202, asked.text
            until = time.monotonic() + A_WHILE_MS / 1000
            while server.client.get(asked.headers["location"]).json()["state"] != "done":
                assert time.monotonic() < until
                time.sleep(0.2)
        yield server


def _compared(page: Page) -> Locator:
    """Both audits side by side."""
    picks = page.get_by_role("checkbox", name="Compare the audit of")
    compare = page.get_by_role("button", name="Compare these two")
    expect(picks).to_have_count(2)
    picks.nth(0).check()
    expect(compare).to_be_disabled()
    picks.nth(1).check()
    compare.click()
    both = page.get_by_role("article", name="Two audits side by side")
    expect(both.get_by_role("row", name="People 5 6 differs")).to_be_visible()
    return both


def test_two_audits_are_compared_beyond_their_intervals(
    open_page: Open, audited: RunningServer
) -> None:
    both = _compared(open_page("audits", server=audited))
    expect(both).to_contain_text("how many people there are, so guessing differs too")
    worst = both.get_by_role("row", name=re.compile("^Worst attacker names"))
    expect(worst).to_contain_text("clearly lower")
    guessing = both.get_by_role("row", name=re.compile("^most frequent person"))
    expect(guessing).to_contain_text("within the intervals")


@pytest.mark.skipif(not AXE.exists(), reason="`make test` installs axe-core, where there is npm")
def test_axe_finds_nothing_serious_in_two_audits_side_by_side(
    open_page: Open, audited: RunningServer
) -> None:
    page = open_page("audits", server=audited, strict=False)
    _compared(page)
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        assert serious(page) == []


def test_what_is_not_stored_cannot_be_audited_and_the_reason_is_told(open_page: Open) -> None:
    page = open_page("audits")
    page.get_by_role("radio", name="What is stored").click(force=True)
    page.get_by_role("button", name="Start the audit").click()
    expect(page.get_by_role("alert")).to_contain_text("These embeddings cannot be used.")


def test_an_audit_that_is_not_there_is_told(open_page: Open) -> None:
    page = open_page("audits/01a20ca4-2f18-7000-8000-b24d08d66b20")
    expect(page.get_by_role("alert")).to_contain_text("There is no such audit.")
