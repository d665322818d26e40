"""What a broker, and with it Home Assistant, is told of a camera."""

import json
import re
import socket
from typing import Any

import pytest

from faceveil.offline.mqtt import REPEAT_S, Mqtt, MqttError, id_of, name_of
from tests.offline.broker import Broker, Message, running_broker

AVAILABILITY, STATE = "faceveil/the_kitchen/availability", "faceveil/the_kitchen/state"


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


def frame(*moods: str, intensity: float = 0.7857) -> dict[str, Any]:
    faces = [
        {"mood": {"label": mood, "intensity": intensity}, "embedding": [1.5, 2.5], "track": number}
        for number, mood in enumerate(moods)
    ]
    return {"type": "frame", "faces": faces}


def camera(broker: Broker, clock: Clock | None = None, user: str = "") -> Mqtt:
    return Mqtt(f"mqtt://{user}127.0.0.1:{broker.port}", "The kitchen", "word", clock or Clock())


def states(broker: Broker) -> list[dict[str, Any]]:
    told = [message for message in broker.messages if message.topic == STATE]
    assert not any(message.retained for message in told)
    return [json.loads(message.payload) for message in told]


def test_sensors_are_announced_and_the_camera_is_there_until_it_goes() -> None:
    with running_broker() as broker, camera(broker, user="me@") as mqtt:
        mqtt.tell(frame("happiness"))
    assert broker.logins == [("me", "word")]
    configs = [message for message in broker.messages if message.topic.endswith("/config")]
    assert [message.topic for message in configs] == [
        f"homeassistant/sensor/faceveil_the_kitchen/{sensor}/config"
        for sensor in ("mood", "intensity", "faces")
    ]
    ids = set()
    for message in configs:
        config = json.loads(message.payload)
        assert message.retained
        assert (config["state_topic"], config["availability_topic"]) == (STATE, AVAILABILITY)
        assert config["device"] == {
            "identifiers": ["faceveil_the_kitchen"],
            "name": "The kitchen",
            "manufacturer": "FaceVeil",
        }
        ids.add(config["unique_id"])
    assert len(ids) == 3
    available = [message for message in broker.messages if message.topic == AVAILABILITY]
    assert available == [
        Message(AVAILABILITY, "online", retained=True),
        Message(AVAILABILITY, "offline", retained=True),
    ]
    assert broker.left


def test_a_camera_that_is_cut_off_is_said_to_be_away_by_the_broker() -> None:
    with running_broker() as broker, camera(broker) as mqtt:
        broker.heard(4)
        connection = mqtt._client.socket()
        assert isinstance(connection, socket.socket)
        mqtt._client.reconnect_delay_set(60, 60)
        connection.shutdown(socket.SHUT_RDWR)
        assert broker.heard(5)[-1] == Message(AVAILABILITY, "offline", retained=True)
        mqtt.tell(frame("happiness"))
        assert not states(broker)


def test_the_mood_of_the_largest_face_is_told_and_nothing_of_who_it_is() -> None:
    with running_broker() as broker, camera(broker) as mqtt:
        mqtt.tell({"type": "opened"})
        mqtt.tell(frame("happiness", "neutral", "happiness"))
    assert states(broker) == [
        {
            "faces": 3,
            "mood": "happiness",
            "intensity": 0.79,
            "moods": {"happiness": 2, "neutral": 1},
        }
    ]


def test_what_changes_is_told_once_a_second_and_what_does_not_now_and_then() -> None:
    clock = Clock()
    with running_broker() as broker, camera(broker, clock) as mqtt:
        told = [
            *((0.0, frame("happiness")), (0.5, frame("neutral")), (1.0, frame("neutral"))),
            *((2.5, frame("neutral", intensity=0.2)), (1.0 + REPEAT_S, frame("neutral"))),
            (2.0 + REPEAT_S, frame()),
        ]
        for clock.now, answer in told:
            mqtt.tell(answer)
    assert [state["mood"] for state in states(broker)] == [
        *("happiness", "neutral", "neutral", "nobody"),
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://host", "mqtt://HOST"),
        ("mqtt://", "mqtt://HOST"),
        ("mqtt://host:99999", "mqtt://HOST"),
        ("mqtt://host:port", "mqtt://HOST"),
        ("mqtt://[host", "mqtt://HOST"),
        ("mqtt://me:word@host", "FACEVEIL_MQTT_PASSWORD"),
    ],
)
def test_a_url_that_does_not_fit_is_said(url: str, words: str) -> None:
    with pytest.raises(MqttError, match=words):
        Mqtt(url, "camera", None)


def test_a_broker_that_refuses_or_is_not_there_is_said() -> None:
    with running_broker(refusal=5) as broker, pytest.raises(MqttError, match="not authorized"):
        camera(broker).__enter__()
    with pytest.raises(MqttError, match="cannot be reached"):
        camera(broker).__enter__()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("0", "Camera 0"),
        ("rtsp://me:word@door.local/stream", "door.local"),
        ("/clips/two.mp4", "two"),
    ],
)
def test_a_camera_has_a_name_without_a_password(source: str, name: str) -> None:
    assert name_of(source) == name


def test_two_cameras_never_share_their_topics() -> None:
    names = ("Front door", "玄関", "庭", "玄関 1", "庭 1", "Tür", "Tor", "!")
    ids = [id_of(name) for name in names]
    assert ids[0] == "front_door"
    assert len(set(ids)) == len(names)
    assert all(re.fullmatch("[a-z0-9_]+", one) for one in ids)
