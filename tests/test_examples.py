"""What is shipped to try with is what its script makes, and does what a first try needs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from examples import make
from faceveil import cli
from tests.running import RunningServer, running_server

ROOT = Path(__file__).parents[1]
FACE = make.FOLDER / "face.jpg"
FEATURES = make.FOLDER / "features.csv"


def test_the_picture_is_what_its_script_draws(tmp_path: Path) -> None:
    drawn = tmp_path / "face.jpg"
    drawn.write_bytes(make.face())
    with Image.open(FACE) as shipped, Image.open(drawn) as again:
        # Versions of Pillow and its JPEG library may differ by a rounding.
        assert np.abs(np.asarray(shipped, int) - np.asarray(again, int)).max() <= 4


def test_the_embeddings_are_what_their_script_makes() -> None:
    assert FEATURES.read_bytes() == make.features().encode()


def test_the_shipped_picture_is_read_as_it_was_drawn(server: RunningServer) -> None:
    answer = server.client.post("/v1/anonymize", files={"image": FACE.read_bytes()}).json()
    (face,) = answer["faces"]
    assert face["emotion"]["label"] == "surprise"


def test_the_greeting_in_a_checkout_names_the_picture_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with running_server(tmp_path, {}) as here:
        assert "curl -F image=@examples/face.jpg http://" in "\n".join(here.output)
    monkeypatch.chdir(tmp_path)
    with running_server(tmp_path, {}) as elsewhere:
        assert "curl -F image=@face.jpg http://" in "\n".join(elsewhere.output)


def test_the_audit_finds_the_people_in_the_shipped_embeddings() -> None:
    audited = CliRunner().invoke(cli.app, ["audit", str(FEATURES), "--quick"])
    assert audited.exit_code == 0, audited.output
    assert "re-identifiable" in audited.stdout
