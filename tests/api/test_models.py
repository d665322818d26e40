"""The installed models and their whole cards."""

from pathlib import Path

from starlette.testclient import TestClient

from service.api.deps import Components
from service.app import create_app
from service.settings import Settings
from tests.api.refusals import assert_refused
from tests.conftest import HERE
from tests.fakes import StillDetector, fake_engine


def test_every_installed_model_is_listed_with_its_whole_card(
    client: TestClient, components: Components
) -> None:
    assert components.engine
    listed = client.get("/v1/models").json()
    cards = [card.model_dump(mode="json") for card in components.engine.cards]
    assert listed["models"] == cards
    assert listed["default"] == "faceveil"
    installed = Path(components.settings.model.directory).glob("*/*/card.json")
    assert len(listed["models"]) == len(list(installed)) > 0


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


def test_an_unknown_model_is_not_found(client: TestClient) -> None:
    for name in ("nobody", "..%5cetc", "%00", "ä"):
        assert_refused(client.get(f"/v1/models/{name}"), 404, "unknown-model", without="etc")
    assert_refused(client.get("/v1/models/..%2f..%2fetc"), 404, "not-found", without="etc")
