"""On a processor with AVX2 and without VNNI, the int8 bundles compute what their cards say.

Needs a program that runs another on such a processor, whatever this one is, named by the variable
TEST_AVX2_EMULATOR: `make test-avx2` calls it so, with QEMU's user mode. Skipped without it.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnxruntime.quantization import quantize_static

from faceveil.model.bundle import list_bundles, load_bundle
from faceveil.settings import Settings
from training.bundle import quantise
from training.bundle.card import describe_graph, write_bundle
from training.bundle.checks import checks_of, drawn_crops
from training.studies.train.options import INT8

VARIABLE = "TEST_AVX2_EMULATOR"
SHIPPED = list_bundles(Settings().model.directory)
IN_8_BITS = {key: folder for key, folder in SHIPPED.items() if key[0].endswith(INT8)}
SATURATING = "saturating"

pytestmark = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no emulator: `make test-avx2`"
)


def _saturating(models: Path, patch: pytest.MonkeyPatch) -> None:
    """Puts an int8 form with weights of 8 bits there, as bundles were quantised once."""

    def in_8_bits(*arguments: Any, **options: Any) -> None:
        quantize_static(*arguments, **options | {"reduce_range": False})

    patch.setattr(quantise, "quantize_static", in_8_bits)
    whole = load_bundle(next(folder for (name, _), folder in SHIPPED.items() if name == "open"))
    crops = drawn_crops(whole.card.crop)
    graph = quantise.quantised(whole.graph, np.stack(crops))
    members = {
        "name": SATURATING,
        "noise_of": f"open/{whole.card.version}",
        "graph": describe_graph(graph, whole.card.graph.opset),
        "checks": checks_of(graph, whole.card.crop),
    }
    write_bundle(whole.card.model_copy(update=members), graph, None, models)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `faceveil models verify` says there of the int8 bundles and of one that saturates."""
    models = tmp_path_factory.mktemp("models")
    for (name, version), folder in IN_8_BITS.items():
        shutil.copytree(folder, models / name / version)
    with pytest.MonkeyPatch.context() as patch:
        _saturating(models, patch)
    command = [*shlex.split(os.environ[VARIABLE]), sys.executable]
    command += ["-m", "faceveil.cli", "models", "verify"]
    environment = os.environ | {"FACEVEIL_MODEL__DIRECTORY": str(models)}
    answer = subprocess.run(  # noqa: S603 - our own command
        command, env=environment, capture_output=True, text=True
    )
    assert answer.returncode == 1, answer.stderr
    return answer.stdout


@pytest.mark.parametrize("key", IN_8_BITS, ids=" ".join)
def test_each_int8_bundle_answers_as_its_card_says(told: str, key: tuple[str, str]) -> None:
    name, version = key
    assert f"{name} {version}: the graph is its card's and answers as its card says" in told


def test_the_detector_finds_what_it_must(told: str) -> None:
    assert "detector: the file is the one that was measured and finds what it must" in told


def test_a_bundle_that_saturates_there_is_refused_with_its_twin(told: str) -> None:
    refusal = next(line for line in told.splitlines() if line.startswith(SATURATING))
    assert "FAILED" in refusal
    assert "computes otherwise on this processor" in refusal
    assert "FACEVEIL_MODEL__NAME=open" in refusal
