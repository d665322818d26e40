"""The real server: its greeting, and how it starts and stops."""

import contextlib
import os
import re
import socket
import sqlite3
import subprocess
from functools import partial
from pathlib import Path

import pytest

from faceveil.access import keys
from tests.running import COMMAND, DIMENSION, MADE, RunningServer, running_server


def test_the_greeting_tells_the_address_the_model_and_how_to_ask(server: RunningServer) -> None:
    address = f"http://{server.host}:{server.port}"
    greeting = "\n".join(line for line in server.output if not line.startswith("{"))
    assert f"\nFaceVeil answers at {address}\n" in greeting
    assert f"\n  page   open {address} in a browser\n" in greeting
    assert re.search(r"\n  model  faceveil \d+\.\d+\.\d+, level \w+, prior wild\n", greeting)
    assert re.search(r"\n  terms  non-commercial research: .+\n +FACEVEIL_MODEL__USE=any", greeting)
    assert f"\n  try    curl -F image=@examples/face.jpg {address}/v1/anonymize" in greeting


def test_the_greetings_curl_line_is_answered(server: RunningServer, face_jpeg: bytes) -> None:
    (line,) = [line for line in server.output if line.startswith("  try")]
    response = server.client.post(line.split()[-1], files={"image": ("face.jpg", face_jpeg)})
    assert response.status_code == 200


def test_the_server_tells_nothing_of_itself_in_its_headers(server: RunningServer) -> None:
    assert "server" not in server.client.get("/healthz").headers


def test_head_over_tcp_announces_the_length_and_leaves_the_connection_to_the_next(
    server: RunningServer,
) -> None:
    head = b" /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with server.connect() as connection:
        connection.sendall(b"HEAD" + head + b"\r\nGET" + head + b"Connection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    first, second, body = received.split(b"\r\n\r\n")
    assert second.startswith(b"HTTP/1.1 200")
    for answer in (first, second):
        assert b"content-length: %d" % len(body) in answer.lower()


def test_a_key_may_have_white_space_around_it(tmp_path: Path) -> None:
    key = _faceveil(tmp_path, "keys", "create", "app", "--scope", "metrics").stdout.strip()
    with running_server(tmp_path, {}) as server, server.connect() as connection:
        head = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        connection.sendall(head + b"X-API-Key: \t" + key.encode() + b" \t \r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 200")


def test_a_taken_port_stops_the_start_and_is_told(server: RunningServer, tmp_path: Path) -> None:
    answer = _start(tmp_path / "state", port=server.port)
    assert answer.returncode == 2
    assert f"Port {server.port} of 127.0.0.1 is in use" in answer.stderr
    assert "FACEVEIL_SERVER__PORT" in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "state" / "faceveil.db").exists()  # nothing was done yet


def test_an_address_of_another_machine_stops_the_start_and_is_told(tmp_path: Path) -> None:
    for host in ("192.0.2.1", "no-such-machine.invalid"):
        answer = _start(tmp_path, FACEVEIL_SERVER__HOST=host)
        assert answer.returncode == 2
        assert f"{host} is no address of this machine" in answer.stderr
        assert "FACEVEIL_SERVER__HOST" in answer.stderr


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


def _start(state: Path, port: int = 0, **settings: str) -> subprocess.CompletedProcess[str]:
    """Starts a server that is expected to stop by itself."""
    return _faceveil(state, "serve", "--port", str(port), **settings)


def _faceveil(state: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *command],
        capture_output=True,
        text=True,
        env={**os.environ, **settings, "FACEVEIL_STATE_DIRECTORY": str(state)},
        check=False,
        timeout=60,
    )


def test_reached_from_elsewhere_it_refuses_to_start_without_a_key(tmp_path: Path) -> None:
    answer = _start(tmp_path, FACEVEIL_SERVER__HOST="0.0.0.0")  # noqa: S104
    assert answer.returncode == 2
    assert "faceveil keys create" in answer.stderr
    assert "FACEVEIL_ACCESS__OPEN" in answer.stderr


def test_told_so_by_name_it_serves_everybody(tmp_path: Path, face_jpeg: bytes) -> None:
    everywhere = {"FACEVEIL_SERVER__HOST": "0.0.0.0", "FACEVEIL_ACCESS__OPEN": "true"}  # noqa: S104
    with running_server(tmp_path, everywhere) as server:
        headers = {"Host": "faceveil.example"}
        answer = server.client.post("/v1/anonymize", files={"image": face_jpeg}, headers=headers)
        assert answer.status_code == 200
        assert any(line.startswith("  keys   none") for line in server.output)


def test_a_first_start_prints_one_key_once(tmp_path: Path) -> None:
    first = {"FACEVEIL_ACCESS__FIRST_KEY": "true", "FACEVEIL_SERVER__HOST": "0.0.0.0"}  # noqa: S104
    with running_server(tmp_path, first) as server:
        (line,) = [line for line in server.output if line.startswith("  fv_")]
        assert server.client.get("/metrics").status_code == 401
        headers = {"Authorization": f"Bearer {line.strip()}"}
        assert server.client.get("/metrics", headers=headers).status_code == 200
        assert any(line.startswith("  keys   needed") for line in server.output)
    with running_server(tmp_path, first) as server:
        assert not any("fv_" in line for line in server.output if not line.startswith("  try"))
        assert server.client.get("/metrics", headers=headers).status_code == 200


def test_a_key_that_the_operator_brings_is_the_first_and_is_said_nowhere(tmp_path: Path) -> None:
    generated = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, "keys", "generate"], capture_output=True, text=True, check=True
    )
    file, state = tmp_path / "key", tmp_path / "state"
    file.write_text(generated.stdout, encoding="utf-8")
    whole = generated.stdout.strip()
    brought = {
        "FACEVEIL_ACCESS__FIRST_KEY_FILE": str(file),
        "FACEVEIL_ACCESS__FIRST_KEY": "true",  # as in the container image
        "FACEVEIL_SERVER__HOST": "0.0.0.0",  # noqa: S104
    }
    headers = {"Authorization": f"Bearer {whole}"}
    with running_server(state, brought) as server:
        assert server.client.get("/metrics").status_code == 401
        assert server.client.get("/metrics", headers=headers).status_code == 200
        said = [server.output]
    file.unlink()  # only the first start needs it
    with running_server(state, brought) as server:
        assert server.client.get("/metrics", headers=headers).status_code == 200
        said.append(server.output)
    file.write_text(keys.generate(), encoding="utf-8")
    with running_server(state, brought) as server:
        server.said("does not count: there were keys before")
        said.append(server.output)
    secrets = (whole.split("_", 2)[2], file.read_text(encoding="utf-8").split("_", 2)[2])
    assert not any(secret in line for secret in secrets for output in said for line in output)


@pytest.mark.parametrize("content", [None, "", "somebody's secret, long enough for us", "\xff"])
def test_a_first_key_that_is_none_stops_the_start_and_is_not_said(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    answer = _start(tmp_path / "state", FACEVEIL_ACCESS__FIRST_KEY_FILE=str(file))
    assert answer.returncode == 2
    line = answer.stderr.splitlines()[-1]
    assert line.startswith(f"FACEVEIL_ACCESS__FIRST_KEY_FILE: {file} ")
    assert "Traceback" not in answer.stderr
    assert not content or content not in answer.stderr


def test_secrets_are_read_from_files_by_the_server_and_its_worker(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a subject key that nobody must see anywhere\n", encoding="utf-8")
    settings = {
        "FACEVEIL_STORE__SUBJECT_KEY_FILE": str(file),
        "FACEVEIL_NOISE__KEY_FILE": str(file),
        "FACEVEIL_STORE__RETENTION_DAYS": "1",
    }
    with running_server(tmp_path / "state", settings) as server:
        server.said("the worker is ready")
    assert "must see" not in "\n".join(server.output)
    assert not list((tmp_path / "state").glob("*.key"))


def test_a_newer_database_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    with running_server(tmp_path, {}):
        pass
    with sqlite3.connect(tmp_path / "faceveil.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    answer = _start(tmp_path)
    assert answer.returncode == 2
    assert "of a newer FaceVeil" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("name", ["subject", "noise"])
def test_a_key_that_is_gone_stops_the_start_and_comes_back(tmp_path: Path, name: str) -> None:
    with running_server(tmp_path, {}):
        pass
    file = tmp_path / f"{name}.key"
    copy = file.rename(tmp_path / "copy")
    answer = _start(tmp_path)
    assert answer.returncode == 2
    assert f"The {name} key is gone" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not file.exists()
    put_back = _faceveil(tmp_path, "keys", "restore", str(copy))
    assert put_back.returncode == 0, put_back.stderr
    with running_server(tmp_path, {}):
        pass


def test_a_broken_database_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "faceveil.db").write_text("this is no database, " * 400)
    answer = _start(tmp_path)
    assert answer.returncode == 2
    assert "faceveil restore FILE" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_second_server_on_one_folder_serves_and_its_worker_stands_by(tmp_path: Path) -> None:
    keeping = {"FACEVEIL_STORE__RETENTION_DAYS": "1"}
    row = {"subject": "Erika", "embedding": [0.0] * DIMENSION}
    body = MADE | {"features": [row]}
    with running_server(tmp_path, keeping) as first:
        first.said("the worker is ready")
        with running_server(tmp_path, keeping) as second:
            second.said("this one stands by")
            for server in (first, second):
                assert server.client.post("/v1/features", json=body).status_code == 201
            assert (
                first.client.get("/v1/features").json() == second.client.get("/v1/features").json()
            )
            first.process.terminate()
            first.process.wait()
            second.said("the worker is ready")
            said = "\n".join(second.output)
    assert "is started again" not in said
    assert "Fatal" not in said


def test_an_erasure_is_answered_soon_while_somebody_reads_the_file(tmp_path: Path) -> None:
    with running_server(tmp_path, {"FACEVEIL_STORE__RETENTION_DAYS": "1"}) as server:
        row = {"subject": "Erika", "embedding": [0.0] * DIMENSION}
        body = MADE | {"features": [row]}
        assert server.client.post("/v1/features", json=body).status_code == 201
        header = {"Idempotency-Key": "one"}
        with contextlib.closing(sqlite3.connect(tmp_path / "faceveil.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM features").fetchall()
            erase = partial(server.client.post, "/v1/subjects/erase", json={"subject": "Erika"})
            busy = erase(headers=header)
            assert busy.status_code == 503
            assert busy.headers["retry-after"]
            receipt = re.search(r"/v1/subjects/erasures/[0-9a-f-]{36}", busy.json()["detail"])
            assert receipt
            assert server.client.get(receipt[0]).status_code == 503
            assert server.client.post("/v1/features", json=body).status_code == 201
            assert len(server.client.get("/v1/features").json()["features"]) == 1
        again = erase(headers=header)
        assert again.status_code == 200
        assert again.json()["features"] == 1
        assert server.client.get(receipt[0]).json() == again.json()


def test_no_secret_is_in_what_the_server_says(tmp_path: Path, face_jpeg: bytes) -> None:
    secrets = {
        "FACEVEIL_STORE__SUBJECT_KEY": "a subject key that nobody must see anywhere",
        "FACEVEIL_NOISE__KEY": "a noise key that nobody must see anywhere, too",
    }
    with running_server(tmp_path, secrets | {"FACEVEIL_STORE__RETENTION_DAYS": "1"}) as server:
        fields = {"store": "true", "subject": "Erika Mustermann"}
        headers = {"X-API-Key": "fv_wrong_key-of-somebody"}
        server.client.post("/v1/anonymize", files={"image": face_jpeg}, data=fields)
        server.client.post("/v1/anonymize", files={"image": face_jpeg}, headers=headers)
        server.client.post("/v1/subjects/erase", json={"subject": "Erika Mustermann"})
    said = "\n".join(server.output)
    for secret in (*secrets.values(), "Erika", "somebody"):
        assert secret not in said
