"""A wheel built from this tree serves by itself, wherever it is installed."""

import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from faceveil.installation import MODELS
from faceveil.model.bundle import find_bundle
from tests.running import running_server

ROOT = Path(__file__).parents[1]

PRINT = """
from faceveil.installation import how_to_add
from faceveil.settings import Settings

settings = Settings()
print(settings.model.directory)
print(settings.detector)
print(how_to_add("audit"))
"""


def build(project: Path, folder: Path) -> Path:
    """A project's wheel, built without a network: every tool that builds it is installed."""
    subprocess.run(  # noqa: S603 - our own interpreter
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--wheel-dir", folder, project),
        ],
        check=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this tree."""
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    """The folder that an installation puts the wheel's files into."""
    folder = wheel.parent / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_the_newest_default_model_the_open_one_and_the_detector(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for folder in (
            find_bundle(MODELS, "faceveil"),
            find_bundle(MODELS, "open"),
            MODELS / "detector" / "blazeface-short",
        ):
            inside = Path("faceveil", "models", folder.relative_to(MODELS))
            assert archive.read(f"{inside}/model.onnx") == (folder / "model.onnx").read_bytes()
    bundles = {name.rsplit("/", 1)[0] for name in names if name.endswith("card.json")}
    assert len(bundles) == 2
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"faceveil"}
    assert not [
        name for name in names if name.startswith("faceveil/models/") and name.endswith(".py")
    ]


def test_an_installed_wheel_finds_what_came_with_it(unpacked: Path, tmp_path: Path) -> None:
    printed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PRINT],
        env=os.environ | {"PYTHONPATH": str(unpacked)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    models = unpacked / "faceveil" / "models"
    assert printed == [
        str(models),
        str(models / "detector" / "blazeface-short" / "model.onnx"),
        "Install the wheel with it: `pip install 'PATH_TO_WHEEL[audit]'`.",
    ]


def test_an_installed_wheel_serves(unpacked: Path, tmp_path: Path, face_jpeg: bytes) -> None:
    with running_server(tmp_path, {"PYTHONPATH": str(unpacked)}) as server:
        listed = server.client.get("/v1/models").json()["models"]
        assert [model["name"] for model in listed] == ["faceveil", "open"]
        answer = server.client.post("/v1/anonymize", files={"image": face_jpeg})
        assert len(answer.json()["faces"]) == 1
        page = server.client.get("/", headers={"Accept": "text/html"})
        script = re.search(r'src="(.+/main\.js)"', page.text)
        assert script is not None
        assert server.client.get(f"/{script[1]}").status_code == 200


def test_training_is_a_wheel_of_its_own_with_all_its_modules_and_templates(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(ROOT / "training", tmp_path)) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (about,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = archive.read(about).decode()
    head = ROOT / "training/data/animated"
    parts = [*(ROOT / "training").rglob("*.py"), *(ROOT / "training/templates").glob("*.md")]
    parts += [head / "head.npz", head / "LICENSE", ROOT / "training/data/portraits.csv"]
    assert names == {str(path.relative_to(ROOT)) for path in parts}
    assert f"Requires-Dist: faceveil[audit]=={version('faceveil')}" in metadata


@pytest.mark.parametrize("folder", ["service", "training"])
def test_no_message_names_a_package_that_no_index_has(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        assert "faceveil[" not in path.read_text(encoding="utf-8"), path
