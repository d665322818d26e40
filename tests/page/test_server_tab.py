"""An operator reads the access log and has it checked; what runs now is in `test_live`."""

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.page.conftest import KEEPING, Open
from tests.running import RunningServer, running_server


def _erase(server: RunningServer, times: int) -> None:
    for _ in range(times):
        assert server.client.post("/v1/subjects/erase", json={"subject": "nobody"}).is_success


def _check(page: Page, noted: str = "") -> str:
    """What the check says."""
    page.get_by_label("Link that you noted").fill(noted)
    page.get_by_role("button", name="Check the log").click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("yours")
    return told.inner_text()


def test_the_newest_entries_come_first_and_older_ones_when_asked_for(
    open_page: Open, keeping_server: RunningServer
) -> None:
    _erase(keeping_server, 60)
    page = open_page("server")
    rows = page.get_by_role("table", name="Access log").get_by_role("row")
    expect(rows).to_have_count(51)
    expect(rows.nth(1)).to_contain_text("erased a person")
    numbers = [int(text) for text in page.locator(".log td:first-child").all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    while page.get_by_role("button", name="Older entries").count():
        before = rows.count()
        page.get_by_role("button", name="Older entries").click()
        expect(rows).not_to_have_count(before)
    expect(rows.last.get_by_role("cell").first).to_have_text("1")


def test_a_log_that_was_changed_or_rewritten_is_found(open_page: Open, tmp_path: Path) -> None:
    with running_server(tmp_path, KEEPING) as server:
        page = open_page("server", server=server)
        expect(page.get_by_text("Nothing has been done yet that is logged.")).to_be_visible()
        _erase(server, 2)
        told = _check(page)
        assert "The log is as it was written." in told
        (head,) = re.findall("[0-9a-f]{64}", told)
        _erase(server, 1)
        assert "The link that you noted is in it." in _check(page, head)
        assert "If it is not mistyped, the log was rewritten" in _check(page, "1" * 64)
        with sqlite3.connect(tmp_path / "faceveil.db") as database:
            database.execute("DROP TRIGGER access_log_no_UPDATE")
            database.execute("UPDATE access_log SET actor = 'nobody' WHERE seq = 1")
        database.close()
        assert "The log was changed." in _check(page)
