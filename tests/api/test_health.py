"""Probes and metrics."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from faceveil.api.components import Components
from faceveil.store.health import Trouble
from tests.api.refusals import assert_refused


def _samples(client: TestClient) -> dict[tuple[str, ...], float]:
    """Every sample's value by its name and the values of its labels."""
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_a_living_process_is_healthy(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_server_with_a_warm_model_is_ready_and_names_it(
    client: TestClient, components: Components
) -> None:
    assert components.engine
    card = components.engine.card
    assert client.get("/readyz").json() == {
        "status": "ready",
        "model": f"{card.name} {card.version}",
        "confinement": components.engine.walls(),
    }


def test_without_a_model_the_server_lives_but_is_not_ready(
    client: TestClient, components: Components, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "engine", None)
    assert client.get("/healthz").status_code == 200
    for path in ("/readyz", "/v1/models", "/v1/models/faceveil"):
        response = client.get(path)
        problem = assert_refused(response, 503, "not-ready")
        assert response.headers["retry-after"] == "1"
        assert problem.get("reason") == ("starting" if path == "/readyz" else None)
    assert_refused(client.post("/v1/anonymize", json={"image": "eA=="}), 503, "not-ready")


def test_a_server_that_was_told_to_stop_is_not_ready_and_still_answers(
    client: TestClient, components: Components, monkeypatch: pytest.MonkeyPatch, face_jpeg: bytes
) -> None:
    monkeypatch.setattr(components, "stopping", True)
    assert assert_refused(client.get("/readyz"), 503, "not-ready")["reason"] == "stopping"
    assert client.post("/v1/anonymize", files={"image": face_jpeg}).status_code == 200


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_server_whose_store_cannot_be_used_is_not_ready_and_says_why(
    client: TestClient,
    components: Components,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
) -> None:
    assert components.opened

    async def troubled() -> Trouble:
        return trouble

    monkeypatch.setattr(components.opened.store, "trouble", troubled)
    # Where nothing is stored, a full disk keeps nobody from being answered.
    answers = {200} if trouble is not Trouble.away else {503}
    assert {client.get("/readyz").status_code} == answers
    stores = components.settings.store.model_copy(update={"retention_days": 1.0})
    keeping = components.settings.model_copy(update={"store": stores})
    monkeypatch.setattr(components, "settings", keeping)
    response = client.get("/readyz")
    assert assert_refused(response, 503, "not-ready")["reason"] == trouble
    assert response.headers["retry-after"] == "1"


def test_an_answered_request_moves_the_counts(client: TestClient, face_jpeg: bytes) -> None:
    before = _samples(client)
    for _ in range(2):
        client.post("/v1/anonymize", files={"image": face_jpeg})
    after = _samples(client)

    def moved(*key: str) -> float:
        return after[key] - before.get(key, 0.0)

    assert moved("faceveil_requests_total", "anonymize", "200") == 2
    assert moved("faceveil_request_seconds_count", "anonymize") == 2
    assert moved("faceveil_faces_total") == 2
    for stage in ("queue", "decode", "detect", "infer"):
        assert moved("faceveil_stage_seconds_count", stage) == 2


def test_a_refusal_moves_the_counts_in_a_batch_too(client: TestClient, face_jpeg: bytes) -> None:
    before = _samples(client)
    client.post("/v1/anonymize", files={"image": b"words"})
    client.post("/v1/anonymize/batch", files=[("image", b"words"), ("image", face_jpeg)])
    after = _samples(client)
    counted = ("faceveil_rejections_total", "unreadable-image")
    assert after[counted] - before.get(counted, 0.0) == 2
    refused = ("faceveil_requests_total", "anonymize", "422")
    assert after[refused] - before.get(refused, 0.0) == 1


def test_what_a_caller_writes_in_a_path_is_no_label(client: TestClient) -> None:
    client.get("/Erika-Mustermann")
    client.get("/v1/models/Erika-Mustermann")
    assert "Erika" not in client.get("/metrics").text


def test_the_queue_is_empty_and_the_workers_are_idle_between_requests(client: TestClient) -> None:
    samples = _samples(client)
    assert samples["faceveil_queue_waiting",] == 0
    assert samples["faceveil_workers_busy",] == 0
