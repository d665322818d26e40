"""What the contracts in pyproject.toml cannot say of imports: what is loaded when."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_serving_loads_nothing_that_only_training_or_auditing_needs() -> None:
    program = "import sys, faceveil.server; print(*sys.modules)"
    answer = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(answer.stdout.split())
    assert "faceveil.app" in loaded
    assert not loaded & {"torch", "sklearn", "scipy", "matplotlib", "pandas", "onnx", "training"}
