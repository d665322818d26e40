"""A visitor looks at models and at what is stored, and erases somebody."""

import re

from playwright.sync_api import expect

from tests.page.conftest import CARD, Open, shown
from tests.running import DIMENSION, MADE, RunningServer


def _store(server: RunningServer, *people: str) -> None:
    rows = [
        {"subject": one, "emotion": mood, "embedding": [float(number)] * DIMENSION}
        for number, one in enumerate(people)
        for mood in ("happiness", "sadness", "sadness")
    ]
    stored = server.client.post("/v1/features", json={**MADE, "features": rows})
    assert stored.status_code == 201, stored.text


def test_each_model_shows_its_terms_its_guarantee_and_its_figures(open_page: Open) -> None:
    page = open_page("models")
    shipped = page.get_by_role("region", name=re.compile(r"^faceveil \d"))
    expect(shipped).to_contain_text("non-commercial research")
    expect(shipped).to_contain_text("privacy proved and measured")
    here = [one for one in CARD.results if (one.data, one.level) == ("JAFFE", CARD.default_level)]
    read = next(one for one in here if one.task == "emotion")
    worst = max((one for one in here if one.task == "identity"), key=lambda one: one.rate.rate)
    assert worst.bound is not None
    figures = (read.rate.rate, worst.rate.rate, worst.chance, worst.bound)
    row = re.compile("JAFFE.*" + ".*".join(re.escape(shown(one)) for one in figures))
    expect(shipped.get_by_role("row", name=row)).to_be_visible()
    shipped.get_by_text("The whole card").click()
    assert CARD.guarantee is not None
    named = CARD.guarantee.levels["strict"].named
    proved = re.compile("^strict.*" + ".*".join(re.escape(shown(one)) for one in named.values()))
    expect(shipped.get_by_role("row", name=proved)).to_be_visible()
    expect(shipped).to_contain_text("Deciding about a person")
    free = page.get_by_role("region", name=re.compile(r"^open \d"))
    expect(free).to_contain_text("any use")
    expect(free).to_contain_text("privacy proved and measured")


def test_a_person_is_erased_with_a_receipt(open_page: Open, keeping_server: RunningServer) -> None:
    _store(keeping_server, "Erika", "Hans")
    page = open_page("features")
    expect(page.get_by_role("row", name=re.compile("pseudonym|…"))).to_have_count(2)
    bars = page.locator(".bars li", has_text="sad")
    expect(bars.locator(".number")).to_have_text("4")
    page.get_by_label("Name or pseudonym").fill("Erika")
    page.get_by_role("button", name="Look what there is").click()
    with page.expect_response("**/v1/subjects/erase") as answered:
        page.get_by_role("button", name="Erase these 3 features for ever").click()
    receipt = answered.value.json()
    expect(page.get_by_text(receipt["id"])).to_be_visible()
    expect(page.get_by_text(receipt["digest"])).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("…"))).to_have_count(1)
    page.get_by_role("button", name="Erase the person").click()
    page.get_by_role("button", name="Erase these 3 features for ever").click()
    expect(page.get_by_role("heading", name="Nothing is stored.")).to_be_visible()
    kept = keeping_server.client.post("/v1/subjects/lookup", json={"subject": "Hans"}).json()
    assert kept["features"] == 0


def test_nobody_is_erased_who_is_not_there(open_page: Open) -> None:
    page = open_page("features")
    page.get_by_label("Name or pseudonym").fill("nobody")
    page.get_by_role("button", name="Look what there is").click()
    expect(page.get_by_text("Nothing is stored of this person.")).to_be_visible()
    expect(page.get_by_role("button", name="for ever")).to_have_count(0)
