"""`@faceveil/client`: its own tests, and a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packages.conftest import NODE, PACKAGES, needs_node, run
from tests.running import RunningServer, running_server

pytestmark = needs_node

CLIENT = PACKAGES / "client"
PAGE = Path(__file__).parents[2] / "docs" / "javascript.md"


@pytest.fixture(scope="module")
def storing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that stores."""
    settings = {"FACEVEIL_STORE__RETENTION_DAYS": "1"}
    with running_server(tmp_path_factory.mktemp("storing"), settings) as running:
        yield running


@pytest.fixture
def face_file(tmp_path: Path, face_jpeg: bytes) -> Path:
    file = tmp_path / "face.jpg"
    file.write_bytes(face_jpeg)
    return file


def test_its_types_hold_and_its_own_tests_pass() -> None:
    run("npm", "test", within=CLIENT)


def test_a_visit_goes_from_the_first_picture_to_the_erasure(
    storing: RunningServer, face_file: Path
) -> None:
    address = f"http://{storing.host}:{storing.port}"
    program = ("--experimental-websocket", "examples/visit.js")
    told = run(NODE, *program, address, face_file, within=CLIENT).splitlines()
    label = told[0].removeprefix("reads ")
    follows = [line for line in told if line.startswith("follows ")]
    assert follows
    assert set(follows) == {f"follows 1 {label}"}
    assert told[len(follows) + 1 :] == [
        "released 1",
        f"keeps visit-1 {label}",
        "erased 1",
        "refuses unreadable-image",
    ]


def test_a_stream_that_is_refused_says_what_to_check(storing: RunningServer) -> None:
    program = """
        import { FaceVeil, StreamEnded } from "@faceveil/client";
        const server = new FaceVeil({ url: process.argv[2], key: "fv_wrong" });
        try {
          for await (const told of server.stream([])) console.log(told);
        } catch (error) {
          console.log(error instanceof StreamEnded, error.message);
        }
    """
    flags = ("--experimental-websocket", "--input-type=module", "-")
    address = f"http://{storing.host}:{storing.port}"
    told = run(NODE, *flags, address, within=CLIENT, text=program)
    assert told.startswith("true The stream did not open: check the address, the key")


def test_the_example_of_the_page_for_javascript_runs(
    storing: RunningServer, face_file: Path
) -> None:
    blocks = PAGE.read_text(encoding="utf-8").split("```js\n")[1:]
    example = blocks[0].split("```")[0]
    here = {
        "http://127.0.0.1:8000": f"http://{storing.host}:{storing.port}",
        "face.jpg": str(face_file),
        ', key: "fv_..."': "",
    }
    for written, ours in here.items():
        assert written in example
        example = example.replace(written, ours)
    assert "[" in run(NODE, "--input-type=module", within=CLIENT, text=example)
