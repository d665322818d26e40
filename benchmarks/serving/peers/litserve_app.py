"""LitServe, as its "Speed up serving" guide and its `LitServer` reference advise for a CPU.

A worker process a core (`workers_per_device`), its queue on ZeroMQ (`fast_queue`, which the
reference recommends from 100 requests a second), as many API servers as workers (the default). No
batching: the guide uses it where a batch costs less than its parts, and here it does not.
"""

import os
import sys
from typing import Any

import litserve
from fastapi import Request

from benchmarks.serving.peers.pipeline import Pipeline, contents


class Face(litserve.LitAPI):
    """The pipeline behind LitServe's hooks."""

    def setup(self, device: str) -> None:
        """Loads the models, once in each worker."""
        self.pipeline = Pipeline()

    def decode_request(self, request: Request) -> bytes:
        """The uploaded file's bytes."""
        return contents(request["image"])

    def predict(self, x: bytes) -> dict[str, Any]:
        """Reads one image."""
        return self.pipeline(x)

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """The answer as it is."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(
        Face(),
        accelerator="cpu",
        workers_per_device=len(os.sched_getaffinity(0)),
        fast_queue=True,
    )
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning"
    )
