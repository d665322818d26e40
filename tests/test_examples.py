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


@pytest.mark.parametrize(("name", "mood"), [("happy", "happiness"), ("surprised", "surprise")])
def test_animated_faces_are_read_as_they_were_moved(
    server: RunningServer, name: str, mood: str
) -> None:
    picture = (make.FOLDER / f"{name}.jpg").read_bytes()
    (face,) = server.client.post("/v1/anonymize", files={"image": picture}).json()["faces"]
    assert face["emotion"]["label"] == mood


def test_everybody_in_the_group_is_found(server: RunningServer) -> None:
    picture = (make.FOLDER / "group.jpg").read_bytes()
    answer = server.client.post(
        "/v1/anonymize", files={"image": picture}, params={"faces": "all"}
    ).json()
    assert answer["found"] == len(answer["faces"]) == 6


def test_each_animated_file_is_attributed() -> None:
    words = (make.FOLDER / "ATTRIBUTION.md").read_text("utf-8")
    for file in ("happy.jpg", "surprised.jpg", "group.jpg", "clip.mp4"):
        assert (make.FOLDER / file).exists()
        assert f"`{file}`" in words
