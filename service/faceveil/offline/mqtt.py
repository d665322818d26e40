"""The mood before a camera, told over MQTT, with Home Assistant's discovery. No vector is told.

Topics, ID being the camera's name in plain letters:

    faceveil/ID/availability                        online or offline; kept by the broker
    faceveil/ID/state                               JSON: faces, mood, intensity, moods
    homeassistant/sensor/faceveil_ID/SENSOR/config  of the sensors mood, intensity and faces; kept

Source: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from faceveil.installation import how_to_add

if TYPE_CHECKING:
    from paho.mqtt.client import Client

PASSWORD = "FACEVEIL_MQTT_PASSWORD"  # noqa: S105 - the variable's name

PAUSE_S, REPEAT_S, STALE_S = 1.0, 20.0, 60
"""Seconds from one state to the next, until the same one is told again, and for which it holds."""

NOBODY = "nobody"
"""The mood where no face is seen."""

PORTS = {"mqtt": 1883, "mqtts": 8883}

_PATIENCE_S = 10.0

_SENSORS: dict[str, dict[str, str]] = {
    "mood": {
        "name": "Mood",
        "icon": "mdi:emoticon-outline",
        "value_template": "{{ value_json.mood }}",
    },
    "intensity": {
        "name": "Intensity",
        "icon": "mdi:gauge",
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "value_template": "{{ (value_json.intensity * 100) | round }}",
    },
    "faces": {
        "name": "Faces",
        "icon": "mdi:account-multiple",
        "state_class": "measurement",
        "value_template": "{{ value_json.faces }}",
    },
}


class MqttError(Exception):
    """The broker cannot be reached, or refuses; the message is a sentence."""


class Mqtt:
    """Tells a broker what a camera shows, from when it is entered until it is left.

    A broker that goes away is connected with again; what it misses meanwhile is lost.
    """

    def __init__(
        self,
        url: str,
        name: str,
        password: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares; nothing is connected yet.

        Args:
            url: of the broker: mqtt://user@host:1883, or mqtts://.
            name: of the camera, as people are shown it.
            password: of the user.
            clock: seconds.

        Raises:
            MqttError: if the URL is none of a broker, or what speaks MQTT is not installed.
        """
        unfit = MqttError("A broker's URL is mqtt://HOST, mqtt://USER@HOST:PORT or mqtts://....")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise unfit from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise unfit
        if parts.password is not None:
            raise MqttError(f"Others can read a password in a command. Set {PASSWORD} instead.")
        self._address = parts.hostname, port or PORTS[parts.scheme]
        self._name, self._clock = name, clock
        self._id = id_of(name)
        self._told: tuple[float, dict[str, Any]] | None = None
        self._client = self._made(parts.scheme == "mqtts")
        self._answered, self._refusal = threading.Event(), ""
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), password)
        self._client.will_set(self._availability, "offline", qos=1, retain=True)

    @property
    def _availability(self) -> str:
        return f"faceveil/{self._id}/availability"

    @property
    def _state(self) -> str:
        return f"faceveil/{self._id}/state"

    def __enter__(self) -> Self:
        """Connects, and says which sensors there are.

        Raises:
            MqttError: if the broker does not answer, or refuses.
        """
        try:
            self._client.connect(*self._address)
        except (OSError, ValueError) as problem:
            raise MqttError(f"The broker cannot be reached: {problem}.") from problem
        self._client.loop_start()
        if not self._answered.wait(_PATIENCE_S) or self._refusal:
            self._client.loop_stop()
            raise MqttError(f"The broker does not let us in: {self._refusal or 'no answer'}.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(RuntimeError):  # where the broker goes just now
            last = self._client.publish(self._availability, "offline", qos=1, retain=True)
            last.wait_for_publish(_PATIENCE_S)
        self._client.disconnect()
        self._client.loop_stop()

    def tell(self, answer: dict[str, Any]) -> None:
        """Tells what a frame shows, if that is new or was told some time ago.

        Args:
            answer: a line of a stream.
        """
        if answer["type"] != "frame" or not self._client.is_connected():
            return
        state, now = state_of(answer["faces"]), self._clock()
        if self._told is not None:
            at, before = self._told
            same = all(state[name] == before[name] for name in ("faces", "mood", "moods"))
            if now - at < (REPEAT_S if same else PAUSE_S):
                return
        self._told = now, state
        self._client.publish(self._state, json.dumps(state))

    def _made(self, tls: bool) -> Client:
        try:
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as problem:
            raise MqttError(f"MQTT needs the extra `mqtt`. {how_to_add('mqtt')}") from problem
        own = f"faceveil_{self._id}_{secrets.token_hex(4)}"
        client = Client(CallbackAPIVersion.VERSION2, client_id=own)
        if tls:
            client.tls_set()
        client.on_connect = self._connected
        return client

    def _connected(self, client: Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        """With each connection, also after one broke."""
        if reason.is_failure:
            self._refusal = str(reason).lower()
        else:
            for sensor in _SENSORS:
                topic = f"homeassistant/sensor/faceveil_{self._id}/{sensor}/config"
                client.publish(topic, json.dumps(self._config(sensor)), qos=1, retain=True)
            client.publish(self._availability, "online", qos=1, retain=True)
        self._answered.set()

    def _config(self, sensor: str) -> dict[str, Any]:
        """What Home Assistant is to know of a sensor."""
        return {
            **_SENSORS[sensor],
            "unique_id": f"faceveil_{self._id}_{sensor}",
            "state_topic": self._state,
            "availability_topic": self._availability,
            "expire_after": STALE_S,
            "device": {
                "identifiers": [f"faceveil_{self._id}"],
                "name": self._name,
                "manufacturer": "FaceVeil",
            },
            "origin": {"name": "FaceVeil", "sw_version": version("faceveil")},
        }


def state_of(faces: list[dict[str, Any]]) -> dict[str, Any]:
    """What is told of a frame's faces: how many, the largest one's mood, and how often each mood.

    Args:
        faces: of an answer, the largest first.
    """
    moods = Counter(face["mood"]["label"] for face in faces)
    mood: dict[str, Any] = faces[0]["mood"] if faces else {"label": NOBODY, "intensity": 0.0}
    return {
        "faces": len(faces),
        "mood": mood["label"],
        "intensity": round(mood["intensity"], 2),
        "moods": dict(sorted(moods.items())),
    }


def id_of(name: str) -> str:
    """What a camera is called in topics: plain letters; of other ones, a hash tells names apart."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if plain and name.isascii():
        return plain
    return "_".join(filter(None, (plain, hashlib.sha256(name.encode()).hexdigest()[:8])))


def name_of(source: str) -> str:
    """What a camera is called where nobody says: by its number, its host or its file."""
    if source.isdigit():
        return f"Camera {source}"
    if "://" in source:
        return urlsplit(source).hostname or "Camera"
    return re.split(r"[\\/]", source)[-1].rpartition(".")[0] or source
