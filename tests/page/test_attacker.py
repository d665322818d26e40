"""Two pictures side by side: what an attacker sees in released and in undefended vectors."""

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from faceveil.installation import MODELS
from faceveil.model.bundle import VERIFIER_FILE, find_bundle
from tests.page.conftest import CARD, MADE_FACES, Open, both_read, shown

FOLDER = find_bundle(MODELS, CARD.name, CARD.version)
VERIFIER = json.loads((FOLDER / VERIFIER_FILE).read_text(encoding="utf-8"))
FILES = "**/v1/device"


def test_both_vectors_are_judged_in_the_browser_and_none_is_sent(open_page: Open) -> None:
    page = open_page()
    both_read(page)
    card = page.get_by_role("region", name="Is it the same person?")
    expect(card).to_contain_text("They never leave the model")
    sent: list[tuple[str, str]] = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    card.get_by_role("button", name="Compare on this device").click()
    expect(page.get_by_role("switch", name="On this device")).to_be_checked()
    tiles = card.locator(".tile")
    expect(tiles).to_have_count(2)
    for tile, name, told in zip(
        tiles.all(),
        ("In what is released", "In undefended vectors"),
        (VERIFIER["released"][CARD.default_level], VERIFIER["undefended"]),
        strict=True,
    ):
        expect(tile).to_contain_text(name)
        expect(tile.locator("b")).to_have_text(re.compile(r"^\d+(\.\d)?%$"))
        expect(card).to_contain_text(f"wrong in {shown(told['eer']['value'])} [")
    expect(card.get_by_role("img")).to_have_count(2)
    expect(card).to_contain_text(f"{VERIFIER['people']['learned']} people of {VERIFIER['data']}")
    assert {method for method, _ in sent} == {"GET"}
    asked = [urlsplit(url) for _, url in sent]
    assert {one.path for one in asked if one.path.startswith("/v1/")} == {
        f"/v1/device/{name}"
        for name in (
            "model/card.json",
            "model/model.onnx",
            "model/verifier.json",
            "detector/blazeface-short/model.onnx",
            "detector/yunet/model.onnx",
        )
    }
    others = {one.path for one in asked if not one.path.startswith("/v1/")}
    assert all(re.fullmatch(r"/page/\w+/vendor/[\w.-]+", path) for path in others), others
    assert {one.query for one in asked} == {""}


def test_a_picture_is_itself_to_an_attacker_with_undefended_vectors(open_page: Open) -> None:
    page = open_page()
    both_read(page)
    page.get_by_role("button", name="Compare on this device").click()
    undefended = page.locator(".pair .tile b").nth(1)
    expect(undefended).to_be_visible()
    apart = float(undefended.inner_text().strip("%"))
    page.get_by_role("button", name="Another picture").nth(1).click()
    page.locator('input[type="file"]').set_input_files(MADE_FACES[0])
    card = page.get_by_role("region", name="Is it the same person?")
    expect(card).to_contain_text("The attacker says: one person.")
    expect(card).to_contain_text("These are the same picture")
    told = undefended.inner_text()
    assert float(told.strip("%")) > max(apart, 75)
    heard = page.get_by_role("status").filter(has_text="In undefended vectors")
    expect(heard).to_contain_text(f"{told} that it is one person. The attacker says: one person.")


def test_another_level_is_judged_by_who_learned_from_that(open_page: Open) -> None:
    strict = {**VERIFIER["released"]["strict"], "eer": {"value": 0.123, "low": 0.1, "high": 0.2}}
    told = {**VERIFIER, "released": {**VERIFIER["released"], "strict": strict}}
    page = open_page()
    page.route(f"{FILES}/model/{VERIFIER_FILE}", lambda route: route.fulfill(json=told))
    both_read(page)
    page.get_by_role("button", name="Compare on this device").click()
    released = page.locator(".pair > *").first
    expect(released).to_contain_text("wrong in 4")
    page.get_by_role("radio", name="strict").click(force=True)
    expect(released).to_contain_text("wrong in 12% [10% to 20%]")


@pytest.mark.parametrize(
    ("handed", "told"),
    [
        (None, "this server does not hand it out"),
        ({"model/card.json": 1, "model/model.onnx": 1}, f"faceveil verifier {CARD.name}."),
    ],
)
def test_where_it_cannot_be_shown_the_page_says_why(
    open_page: Open, handed: dict[str, int] | None, told: str
) -> None:
    page = open_page("models")
    refused = {"type": "urn:faceveil:problem:forbidden", "status": 403}
    page.route(
        FILES,
        lambda route: route.fulfill(
            status=403 if handed is None else 200, json=refused if handed is None else handed
        ),
    )
    page.get_by_role("link", name="Try").click()
    both_read(page)
    card = page.get_by_role("region", name="Is it the same person?")
    expect(card).to_contain_text(told)
    expect(card.get_by_role("button")).to_have_count(0)


def test_what_the_server_has_not_answered_is_not_told_and_can_be_asked_again(
    open_page: Open,
) -> None:
    page = open_page("models")
    held: list[Route] = []
    page.route(FILES, lambda route: held.append(route))
    page.get_by_role("link", name="Try").click()
    both_read(page)
    card = page.get_by_role("region", name="Is it the same person?")
    expect(card).to_contain_text("Comparing")
    assert len(held) == 1
    held.pop().fulfill(status=503, json={"type": "urn:faceveil:problem:busy", "status": 503})
    again = card.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    expect(card).not_to_contain_text("does not hand it out")
    page.unroute(FILES)
    again.click()
    expect(card.get_by_role("button", name="Compare on this device")).to_be_visible()


def test_a_comparison_goes_on_in_another_language(open_page: Open) -> None:
    page = open_page()
    held: list[Route] = []
    page.route(f"{FILES}/model/{VERIFIER_FILE}", lambda route: held.append(route))
    both_read(page)
    page.get_by_role("button", name="Compare on this device").click()
    expect(page.get_by_text("Reading …").first).to_be_visible()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("button", name="English")).to_be_visible()
    assert len(held) == 1
    held.pop().continue_()
    card = page.get_by_role("region", name="Ist es derselbe Mensch?")
    expect(card.locator(".tile b")).to_have_count(2)
    expect(page.get_by_role("status").filter(has_text="In ungeschützten Vektoren")).to_have_count(1)
