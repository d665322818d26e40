"""BentoML, as its guides "Workers" and "Input and output types" advise for CPU work.

    bentoml serve benchmarks.serving.peers.bentoml_app:Face

A worker process a core (`workers="cpu_count"`); a file comes as a `Path`. No adaptive batching: its
guide uses it where a batch costs less than its parts, and here it does not.
"""

from pathlib import Path
from typing import Any

import bentoml

from benchmarks.serving.peers.pipeline import Pipeline


@bentoml.service(workers="cpu_count")
class Face:
    """The pipeline as a BentoML service."""

    def __init__(self) -> None:
        self.pipeline = Pipeline()

    @bentoml.api
    def predict(self, image: Path) -> dict[str, Any]:
        """Reads one image."""
        return self.pipeline(image.read_bytes())
