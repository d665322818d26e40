"""Clients that others' tools make of the OpenAPI document are whole, and work.

The tools live in an environment of their own, which `make test` makes.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from faceveil.api.anonymize.bodies import IMAGE_TYPES
from tests.running import RunningServer

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "openapi.yaml"
CLIENTS = Path(sys.prefix) / "clients"
PYTHON = CLIENTS / "bin" / "python"
NODE = CLIENTS / "node_modules" / ".bin"

ASK = """
import io, sys
from face_veil_client import Client
from face_veil_client.api.anonymize import anonymize
from face_veil_client.models import ImageForm
from face_veil_client.types import File

image = File(io.BytesIO(sys.stdin.buffer.read()), "face.jpg", "image/jpeg")
answer = anonymize.sync(client=Client(base_url=sys.argv[1]), body=ImageForm(image=image))
print(answer.faces[0].emotion.label)
"""

USE = """
import type { operations } from "./api";

type Anonymize = operations["anonymize"];
type Form = Anonymize["requestBody"]["content"]["multipart/form-data"];
type Answer = Anonymize["responses"][200]["content"]["application/json"];

export const form: Form = { image: "", subject: "somebody", store: true };
export const label = (answer: Answer): string => answer.faces[0].emotion.label;
// @ts-expect-error: a form has no null
export const broken: Form = { image: "", subject: null };
"""


def _run(*command: str | Path, **options: Any) -> str:
    path = f"{CLIENTS / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - tools of our own choosing
        list(command),
        capture_output=True,
        timeout=300,
        env=os.environ | {"PATH": path, "NO_COLOR": "1"},
        check=False,
        **options,
    )
    told: str = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, told
    return told


@pytest.fixture(scope="module")
def operations() -> list[str]:
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]


@pytest.mark.skipif(not PYTHON.exists(), reason="`make test` installs the maker of Python clients")
def test_a_python_client_has_every_operation_and_reads_a_face(
    tmp_path: Path, operations: list[str], server: RunningServer, face_jpeg: bytes
) -> None:
    package = tmp_path / "client"
    command = CLIENTS / "bin" / "openapi-python-client"
    told = _run(command, "generate", "--path", DOCUMENT, "--output-path", package)
    # It knows no images as bodies of their own; forms and JSON it does.
    unsupported = told.count("Unsupported content type image/")
    assert told.count("WARNING") == unsupported == len(IMAGE_TYPES)
    made = [path.stem for path in (package / "face_veil_client" / "api").glob("*/[a-z]*.py")]
    assert len(made) == len(operations)

    address = f"http://{server.host}:{server.port}"
    label = _run(PYTHON, "-c", ASK, address, input=face_jpeg, cwd=package).strip()
    read = server.client.post("/v1/anonymize", files={"image": face_jpeg}).json()
    assert label == read["faces"][0]["emotion"]["label"]


@pytest.mark.skipif(not NODE.exists(), reason="`make test` installs it where there is npm")
def test_a_typescript_client_has_every_operation_and_its_types_hold(
    tmp_path: Path, operations: list[str]
) -> None:
    types = tmp_path / "api.d.ts"
    _run(NODE / "openapi-typescript", DOCUMENT, "--output", types)
    written = types.read_text(encoding="utf-8")
    for name in operations:
        assert f'operations["{name}"]' in written
    use = tmp_path / "use.ts"
    use.write_text(USE, encoding="utf-8")
    _run(NODE / "tsc", "--strict", "--noEmit", use)
