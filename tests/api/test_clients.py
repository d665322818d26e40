"""Clients that others' tools make of the OpenAPI document are whole, and work.

The tools live in an environment of their own, which `make test` makes.
"""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from faceveil.api.anonymize.bodies import IMAGE_TYPES
from faceveil.api.video.bodies import CLIP_TYPES
from tests.running import RunningServer

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "openapi.yaml"
CLIENTS = Path(sys.prefix) / "clients"
PYTHON = CLIENTS / "bin" / "python"
NODE = ROOT / "packages" / "node_modules" / ".bin"

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

TYPES = """
import type { operations } from "./api";

declare const process: { argv: string[] };

type Anonymize = operations["anonymize"];
type Form = Anonymize["requestBody"]["content"]["multipart/form-data"];
type Body = Anonymize["requestBody"]["content"]["application/json"];
type Answer = Anonymize["responses"][200]["content"]["application/json"];

export const form: Form = { image: "", subject: "somebody" };
// @ts-expect-error: a form has no null
export const broken: Form = { image: "", subject: null };

async function main(): Promise<void> {
  const [, , address, image] = process.argv;
  const body: Body = { image };
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${address}/v1/anonymize?faces=all`, request);
  const read = (await answer.json()) as Answer;
  console.log(read.faces[0].emotion.label);
}

void main();
"""

SDK = """
import { anonymize } from "./sdk/sdk.gen";
import { client } from "./sdk/client.gen";

declare const process: { argv: string[] };

async function main(): Promise<void> {
  const [, , baseUrl, image] = process.argv;
  client.setConfig({ baseUrl });
  const { data, error } = await anonymize({ body: { image }, query: { faces: "all" } });
  if (data === undefined) throw new Error(error.detail);
  console.log(data.faces[0].emotion.label);
}

void main();
"""

TSC = (
    *("--strict", "--noEmitOnError", "--target", "es2022"),
    *("--module", "commonjs", "--moduleResolution", "node10", "--outDir", "made"),
)


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
    # It knows no images or clips as bodies of their own, nor answers of several lines; forms and
    # JSON it does.
    unsupported = [told.count(f"Unsupported content type {kind}/") for kind in ("image", "video")]
    assert unsupported == [len(IMAGE_TYPES), len(CLIP_TYPES)]
    assert told.count("WARNING") == sum(unsupported) + told.count("(Unsupported content_type")
    made = [path.stem for path in (package / "face_veil_client" / "api").glob("*/[a-z]*.py")]
    assert len(made) == len(operations)

    mypy = (sys.executable, "-m", "mypy", "--config-file=", "--python-executable", PYTHON)
    _run(*mypy, "face_veil_client", cwd=package)
    label = _run(PYTHON, "-c", ASK, _address(server), input=face_jpeg, cwd=package).strip()
    assert label == _label(server, face_jpeg)


def _needs(tool: str) -> pytest.MarkDecorator:
    reason = f"`make test` installs {tool} where there is npm"
    return pytest.mark.skipif(not (NODE / tool).exists(), reason=reason)


def _address(server: RunningServer) -> str:
    return f"http://{server.host}:{server.port}"


def _label(server: RunningServer, picture: bytes) -> str:
    read = server.client.post("/v1/anonymize", files={"image": picture}).json()
    label: str = read["faces"][0]["emotion"]["label"]
    return label


def _label_by(program: str, folder: Path, server: RunningServer, picture: bytes) -> str:
    """What a program in TypeScript, once it is compiled, reads in a picture."""
    (folder / "use.ts").write_text(program, encoding="utf-8")
    _run(NODE / "tsc", *TSC, "use.ts", cwd=folder)
    image = base64.b64encode(picture).decode()
    return _run("node", "made/use.js", _address(server), image, cwd=folder).strip()


@_needs("openapi-typescript")
def test_the_types_for_typescript_have_every_operation_and_hold(
    tmp_path: Path, operations: list[str], server: RunningServer, face_jpeg: bytes
) -> None:
    types = tmp_path / "api.d.ts"
    _run(NODE / "openapi-typescript", DOCUMENT, "--output", types)
    written = types.read_text(encoding="utf-8")
    for name in operations:
        assert f'operations["{name}"]' in written
    assert _label_by(TYPES, tmp_path, server, face_jpeg) == _label(server, face_jpeg)


@_needs("openapi-ts")
def test_a_typescript_client_has_every_operation_and_reads_a_face(
    tmp_path: Path, operations: list[str], server: RunningServer, face_jpeg: bytes
) -> None:
    _run(NODE / "openapi-ts", "--input", DOCUMENT, "--output", tmp_path / "sdk")
    written = (tmp_path / "sdk" / "sdk.gen.ts").read_text(encoding="utf-8")
    for name in operations:
        assert f"export const {name} = " in written
    assert _label_by(SDK, tmp_path, server, face_jpeg) == _label(server, face_jpeg)


@_needs("redocly")
def test_a_linter_finds_nothing_wrong_with_the_document(tmp_path: Path) -> None:
    # It asks its makers for newer versions of itself otherwise, and tells them of its use.
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    _run("env", *map("=".join, quiet.items()), NODE / "redocly", "lint", DOCUMENT, cwd=tmp_path)
