"""The installed models, in short and with their whole cards."""

from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from faceveil.api.components import Components
from faceveil.api.models.answers import summary_of
from faceveil.app import create_app
from faceveil.rate import Rate
from faceveil.settings import Settings
from tests.api.refusals import assert_refused
from tests.conftest import HERE
from tests.fakes import PROVED, StillDetector, fake_card, fake_engine


def test_every_installed_model_is_listed_in_short(
    client: TestClient, components: Components
) -> None:
    assert components.engine
    answer = client.get("/v1/models")
    listed = answer.json()
    assert listed["default"] == "faceveil"
    installed = Path(components.settings.model.directory).glob("*/*/card.json")
    assert len(listed["models"]) == len(list(installed)) > 0
    assert len(answer.content) < 6144 * len(listed["models"])
    for shown, card in zip(listed["models"], components.engine.cards, strict=True):
        whole = card.model_dump(mode="json")
        for name in shown.keys() - {"headlines", "card", "privacy"}:
            assert shown[name] == whole[name]
        assert client.get(shown["card"]).json() == whole


def test_of_each_it_is_said_that_its_privacy_is_proved_and_how_far_attackers_came(
    client: TestClient,
) -> None:
    for one in client.get("/v1/models").json()["models"]:
        assert one["privacy"]["proved"]
        assert one["privacy"]["levels"]["balanced"]["mu"] == 1
        attacked = [headline for headline in one["headlines"] if headline["identity"]]
        assert len(attacked) >= 4
        assert all(headline["bound"] > headline["identity"]["rate"] for headline in attacked)


def test_of_a_model_without_a_guarantee_it_says_that_nothing_is_proved() -> None:
    privacy = summary_of(fake_card(), "").privacy
    assert not privacy.proved
    assert privacy.levels == {}
    assert privacy.summary.startswith("Measured only")


def test_of_a_model_with_a_guarantee_it_says_what_is_proved() -> None:
    privacy = summary_of(fake_card(**PROVED), "").privacy
    assert privacy.proved
    assert privacy.summary.startswith("Proved, whoever attacks")
    assert "noisy, mu 1: 21.7 % of 10, 3.39 % of 100, 0.48 % of 1,000" in privacy.summary
    assert {name: bounds.mu for name, bounds in privacy.levels.items()} == {"open": 4, "noisy": 1}


def test_of_a_guarantee_that_an_attack_refutes_it_warns() -> None:
    attack = {
        "data": "Set", "protocol": "p", "level": "noisy", "task": "identity", "system": "lda",
        "rate": Rate.of(60, 100), "chance": 0.1, "seed": 0,
    }  # fmt: skip
    for bound, proved in ((0.45, False), (0.6, True)):
        card = fake_card(**PROVED, results=[attack | {"bound": bound}])
        shown = summary_of(card, "")
        assert shown.privacy.proved == proved
        assert shown.privacy.summary.startswith("ABOVE ITS BOUND (Set at noisy)") != proved
        assert shown.headlines[0].bound == bound


def test_the_headlines_are_the_cards_worst_figures_at_its_default_level(
    client: TestClient, components: Components
) -> None:
    assert components.engine
    for shown, card in zip(
        client.get("/v1/models").json()["models"], components.engine.cards, strict=True
    ):
        level = [result for result in card.results if result.level == card.default_level]
        assert {(one["data"], one["protocol"]) for one in shown["headlines"]} == {
            (result.data, result.protocol) for result in level
        }
        for one in shown["headlines"]:
            here = [r for r in level if (r.data, r.protocol) == (one["data"], one["protocol"])]
            attacks = {r.system: r.rate.rate for r in here if r.task == "identity"}
            if attacks:
                assert one["identity"]["rate"] == max(attacks.values()) == attacks[one["attacker"]]
            else:
                assert one["identity"] is one["attacker"] is one["chance"] is None
            read = [r.rate.model_dump(mode="json") for r in here if r.task == "emotion"]
            assert one["emotion"] == (read[0] if read else None)


def test_the_path_of_a_card_has_the_prefix_of_a_proxy(app: FastAPI, client: TestClient) -> None:
    behind = TestClient(app, base_url=HERE, root_path="/faces")
    (first, *_) = behind.get("/faces/v1/models").json()["models"]
    assert first["card"] == f"/faces/v1/models/{first['name']}/{first['version']}"


def test_cards_come_gzipped_to_who_takes_them_so(client: TestClient) -> None:
    plain = client.get("/v1/models/faceveil", headers={"Accept-Encoding": "identity"})
    packed = client.get("/v1/models/faceveil", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 5
    assert packed.json() == plain.json()
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding"


def test_what_is_short_and_what_is_read_from_a_face_come_as_they_are(
    client: TestClient, face_jpeg: bytes
) -> None:
    for answer in (
        client.get("/v1/models/nobody"),
        client.post("/v1/anonymize/batch", files=[("image", face_jpeg)] * 3),
    ):
        assert "Content-Encoding" not in answer.headers


def test_the_default_model_is_shown_as_it_is_served(
    client: TestClient, components: Components
) -> None:
    assert components.engine
    shown = client.get("/v1/models/faceveil").json()
    assert shown == components.engine.card.model_dump(mode="json")


def test_another_installed_model_is_shown_in_its_newest_version(settings: Settings) -> None:
    engine = fake_engine(StillDetector())
    served = engine.card
    versions = ["1.9.0", "1.10.0"]
    engine.cards[:0] = [
        served.model_copy(update={"name": "another", "version": version}) for version in versions
    ]
    with TestClient(create_app(settings, engine), base_url=HERE) as client:
        assert client.get("/v1/models/another").json()["version"] == "1.10.0"
        assert client.get("/v1/models/fake").json()["version"] == served.version
        for version in versions:
            assert client.get(f"/v1/models/another/{version}").json()["version"] == version


def test_an_unknown_model_is_not_found(client: TestClient) -> None:
    for name in ("nobody", "nobody/1.0.0", "faceveil/0.0.1", "..%5cetc", "%00", "ä"):
        assert_refused(client.get(f"/v1/models/{name}"), 404, "unknown-model", without="etc")
    assert_refused(client.get("/v1/models/..%2f..%2fetc"), 404, "not-found", without="etc")
