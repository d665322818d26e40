"""Valence, arousal and action units are answered where the model tells them, and only there."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from faceveil.app import create_app
from tests.conftest import HERE
from tests.databases import keeping_settings
from tests.fakes import PRIOR, TELLING, StillDetector, fake_card, fake_engine
from tests.pictures import blank, encoded

PATH = "/v1/anonymize"
PICTURE = encoded(blank(), "PNG")
TOLD = {"valence": -0.4, "arousal": 0.2, "action_units": {"1": 0.1, "12": 0.7}}


def serving(state: Path, **members: Any) -> TestClient:
    engine = fake_engine(StillDetector(), card=fake_card(prior=PRIOR, **members))
    return TestClient(create_app(keeping_settings(state), engine), base_url=HERE)


def faces(client: TestClient, **query: str) -> list[dict[str, Any]]:
    """Of one picture, sent alone, in a batch, and as a frame of a stream."""
    one = client.post(PATH, files={"image": PICTURE}, params=query).json()
    many = client.post(f"{PATH}/batch", files={"image": PICTURE}, params=query).json()
    frames = "&".join(f"{name}={value}" for name, value in query.items())
    with client.websocket_connect(f"ws://127.0.0.1/v1/stream?{frames}") as socket:
        socket.receive_text()
        socket.send_bytes(PICTURE)
        frame = json.loads(socket.receive_text())
        socket.send_text("end")
        socket.receive_text()
    return [*one["faces"], *many["items"][0]["answer"]["faces"], *frame["faces"]]


def test_every_answer_has_it_where_the_card_tells_of_it(tmp_path: Path) -> None:
    with serving(tmp_path, **TELLING) as client:
        assert [face["expression"] for face in faces(client)] == [TOLD] * 3


def test_a_prior_changes_probabilities_and_leaves_it(tmp_path: Path) -> None:
    with serving(tmp_path, **TELLING) as client:
        wild, even = faces(client), faces(client, prior="even")
    for one, other in zip(wild, even, strict=True):
        assert one["emotion"] != other["emotion"]
        assert one["expression"] == other["expression"]


def test_no_answer_has_it_where_the_model_tells_none(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        assert not any("expression" in face for face in faces(client))


@pytest.mark.parametrize("members", [{}, TELLING], ids=["none", "told"])
def test_a_card_says_whether_it_is_told(tmp_path: Path, members: dict[str, Any]) -> None:
    with serving(tmp_path, **members) as client:
        assert client.get("/v1/models/fake/1.2.3").json().get("expression") == members.get(
            "expression"
        )
