"""The real server: its greeting, and how it starts and stops."""

import re
import socket
import subprocess
from pathlib import Path

from tests.running import COMMAND, RunningServer, running_server


def test_the_greeting_tells_the_address_the_model_and_how_to_ask(server: RunningServer) -> None:
    address = f"http://{server.host}:{server.port}"
    greeting = "\n".join(line for line in server.output if not line.startswith("{"))
    assert f"\nFaceVeil answers at {address}\n" in greeting
    assert re.search(r"\n  model  faceveil \d+\.\d+\.\d+, level \w+ \(.+\)\n", greeting)
    assert f"\n  try    curl -F image=@face.jpg {address}/v1/anonymize" in greeting


def test_the_greetings_curl_line_is_answered(server: RunningServer, face_jpeg: bytes) -> None:
    (line,) = [line for line in server.output if line.startswith("  try")]
    response = server.client.post(line.split()[-1], files={"image": ("face.jpg", face_jpeg)})
    assert response.status_code == 200


def test_the_server_tells_nothing_of_itself_in_its_headers(server: RunningServer) -> None:
    assert "server" not in server.client.get("/healthz").headers


def test_a_taken_port_stops_the_start_and_is_told(server: RunningServer, tmp_path: Path) -> None:
    answer = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, "serve", "--port", str(server.port)],
        capture_output=True,
        text=True,
        env={"FACEVEIL_STATE_DIRECTORY": str(tmp_path)},
        check=False,
    )
    assert answer.returncode != 0
    assert "address already in use" in answer.stderr
    assert "FaceVeil answers" not in answer.stderr


def test_a_restarted_server_adds_the_noise_that_it_added_before(
    tmp_path: Path, face_jpeg: bytes
) -> None:
    answers = []
    for _ in range(2):
        with running_server(tmp_path, {}) as server:
            answers.append(server.client.post("/v1/anonymize", files={"image": face_jpeg}).json())
    assert answers[0] == answers[1]
    assert (tmp_path / "noise.key").exists()


def test_a_stopped_server_frees_its_port(tmp_path: Path) -> None:
    with running_server(tmp_path, {"FACEVEIL_LOG__FORMAT": "text"}) as server:
        host, port = server.host, server.port
    with socket.socket() as probe:
        assert probe.connect_ex((host, port)) != 0
