"""A server that asks for a key, one that is busy, and one that goes away."""

import json
import os
import subprocess
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.page.conftest import Open, both_read
from tests.running import COMMAND, running_server


def _keys(state: Path, *arguments: str) -> str:
    """What `faceveil keys` prints."""
    done = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, "keys", *arguments],
        env={**os.environ, "FACEVEIL_STATE_DIRECTORY": str(state)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _key(state: Path) -> str:
    return _keys(state, "create", "visitor", "--scope", "admin")


def _sign_in(page: Page, key: str) -> None:
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_label("API key", exact=True).fill(key)
    page.keyboard.press("Enter")


def _kept_by(page: Page) -> str:
    """Everything that outlives a page, and its address."""
    kept: str = page.evaluate(
        """async () => JSON.stringify([
          {...localStorage}, {...sessionStorage}, document.cookie, location.href,
          (await indexedDB.databases()).map((one) => one.name), await caches?.keys(), history.state,
        ])"""
    )
    return kept


def test_a_key_is_asked_for_kept_in_memory_and_gone_with_the_page(
    open_page: Open, tmp_path: Path
) -> None:
    key = _key(tmp_path)
    with running_server(tmp_path, {}) as server:
        page = open_page(server=server)
        expect(page.get_by_text("This server asks for an API key.")).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        dialog = page.get_by_role("dialog", name="Sign in with an API key")
        field = dialog.get_by_label("API key", exact=True)
        expect(field).to_be_focused()
        field.fill(f"{key[:-3]}xyz")
        field.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("This key does not count.")
        shown: list[tuple[str, str | None]] = []
        page.on("request", lambda one: shown.append((one.url, one.headers.get("x-api-key"))))
        field.fill(key)
        field.press("Enter")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.get_by_role("button", name="Take a drawn face").click()
        expect(page.get_by_text("1 face found.").first).to_be_visible()
        expect(page.locator("pre")).to_contain_text("$FACEVEIL_KEY")
        assert [url for url, given in shown if given == key] == [
            f"http://{server.host}:{server.port}/v1/tokens"
        ]
        read = [given for url, given in shown if "/v1/anonymize" in url]
        assert [given and given.startswith("fvt_") for given in read] == [True]
        assert key not in page.content()
        assert key not in _kept_by(page)

        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("This server asks for an API key.")).to_be_visible()
        assert page.locator("canvas").count() == 0
        _sign_in(page, key)
        expect(page.get_by_role("button", name="Choose a picture")).to_be_visible()
        page.reload()
        expect(page.get_by_text("This server asks for an API key.")).to_be_visible()

        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        server.kill()
        field.fill(key)
        field.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("The server does not answer.")


def test_a_token_that_has_ended_is_replaced_and_a_revoked_key_told(
    open_page: Open, tmp_path: Path
) -> None:
    key = _key(tmp_path)
    with running_server(tmp_path, {}) as server:
        page = open_page(server=server)
        _sign_in(page, key)
        drawn = page.get_by_role("button", name="Take a drawn face")
        expect(page.get_by_role("heading", name="How much noise")).to_be_visible()
        ended = '{"type": "urn:faceveil:problem:unauthorized", "status": 401}'
        page.route("**/v1/anonymize*", lambda route: route.fulfill(status=401, body=ended), times=1)
        with page.expect_request("**/v1/tokens"):
            drawn.click()
        expect(page.get_by_text("1 face found.").first).to_be_visible()
        page.get_by_role("button", name="Another picture").click()
        with page.expect_websocket() as opened:
            page.get_by_role("button", name="Follow the camera live").click()
        expect(page.get_by_role("region", name="Mood over time")).to_be_visible()
        assert key not in opened.value.url
        _keys(tmp_path, "revoke", key.split("_")[1])
        expect(page.get_by_role("alert")).to_contain_text("The server has ended the stream.")
        page.get_by_role("button", name="Start again").click()
        expect(page.get_by_role("alert")).to_contain_text("This key does not count.")


def test_a_server_that_goes_away_is_told_of_and_found_again(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_role("button", name="Take a drawn face")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("button", name="Take a drawn face").click()
    away = page.get_by_text("This page looks for it every two seconds.")
    expect(away).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Nothing you did here is lost.")
    page.context.set_offline(False)
    expect(away).to_be_hidden()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("1 face found.").first).to_be_visible()


def test_a_busy_server_is_asked_again_no_sooner_than_it_says(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_role("button", name="Take a drawn face")).to_be_visible()
    asked = 0

    def refuse_once(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            route.continue_()
            return
        problem = {"type": "urn:faceveil:problem:overloaded", "status": 429, "detail": "Busy."}
        route.fulfill(
            status=429,
            headers={"Retry-After": "600", "Content-Type": "application/problem+json"},
            body=json.dumps(problem),
        )

    page.clock.install()
    page.route("**/v1/anonymize*", refuse_once)
    page.get_by_role("button", name="Take a drawn face").click()
    again = page.get_by_role("alert").get_by_role("button")
    expect(again).to_be_disabled()
    expect(again).to_contain_text("Try again in")
    page.clock.fast_forward(601_000)
    expect(again).to_have_text("Try again")
    again.click()
    expect(page.get_by_text("1 face found.").first).to_be_visible()


def test_after_sign_out_no_picture_of_before_is_sent(open_page: Open, tmp_path: Path) -> None:
    key = _key(tmp_path)
    with running_server(tmp_path, {}) as server:
        page = open_page(server=server)
        _sign_in(page, key)
        both_read(page)
        asked: list[Route] = []

        def hold_the_first(route: Route) -> None:
            asked.append(route)
            if len(asked) > 1:
                route.continue_()

        page.route("**/v1/anonymize?*", hold_the_first)
        page.get_by_role("radio", name="strict").click(force=True)
        expect(page.get_by_text("Reading …").first).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("This server asks for an API key.")).to_be_visible()
        asked[0].continue_()
        _sign_in(page, key)
        page.get_by_role("button", name="Take a drawn face").click()
        expect(page.get_by_text("1 face found.").first).to_be_visible()
        assert len(asked) == 2, "that of before, and the drawn face"


def test_nothing_in_the_pages_memory_outlives_a_sign_out(open_page: Open, tmp_path: Path) -> None:
    key = _key(tmp_path)
    with running_server(tmp_path, {"FACEVEIL_MODEL__HAND_OUT": "keys"}) as server:
        page = open_page(server=server)
        _sign_in(page, key)
        here = page.get_by_role("switch", name="On this device")
        here.check()
        page.get_by_role("button", name="Take a drawn face").click()
        expect(page.get_by_text("1 face found.").first).to_be_visible()
        page.evaluate("location.hash = 'audits/an-id'")
        page.evaluate("window.memory = 'of this visitor'")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("This server asks for an API key.")).to_be_visible()
        assert page.evaluate("window.memory ?? null") is None
        assert "an-id" not in page.url
        _sign_in(page, key)
        page.get_by_role("link", name="Try").click()
        expect(here).not_to_be_checked()


def test_who_signs_in_does_not_go_on_where_somebody_without_a_key_was(
    open_page: Open, tmp_path: Path
) -> None:
    with running_server(tmp_path, {}) as server:
        page = open_page(server=server)
        held: list[Route] = []
        page.get_by_role("switch", name="On this device").check()
        page.route("**/v1/device/model/*", lambda route: held.append(route))
        page.get_by_role("button", name="Take a drawn face").click()
        expect(page.get_by_text("Reading …").first).to_be_visible()
        page.get_by_role("banner").get_by_role("button", name="Sign in").click()
        page.get_by_label("API key", exact=True).fill(_key(tmp_path))
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        # Whose model is handed out to nobody with a key, so that it cannot be switched off either.
        with page.expect_request("**/v1/anonymize?*"):
            page.get_by_role("button", name="Take a drawn face").click()
        expect(page.get_by_text("1 face found.").first).to_be_visible()
