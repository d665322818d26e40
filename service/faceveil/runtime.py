"""The boundary to ONNX Runtime: nothing else imports it, so that it is quiet wherever it is used.

From version 1.29 on its Linux packages tell their makers of each session (the graph's hashes, the
device, a lasting device id kept in the home directory) unless they are told not to, before import.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime as ort

ort.disable_telemetry_events()  # and other platforms' own

Array = NDArray[Any]


class RuntimeSession(Protocol):
    """What we use of an ONNX Runtime session; tests pass their own."""

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Array]) -> list[Any]:
        """Runs the graph; may be called from several threads at once."""
        ...


def open_session(graph: bytes, *, optimised: bool = True) -> RuntimeSession:
    """Opens a graph on the CPU, one thread a call.

    Requests run side by side in worker processes, so a call needs no threads of its own; they would
    not live through the fork, and spinning would burn the cores that other requests wait for.

    Args:
        graph: ONNX file.
        optimised: whether the runtime may fuse and replace operators; without that it is slower,
            and computes what the graph says to the letter, 8-bit convolutions in float32 too.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    if not optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session: RuntimeSession = ort.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"]
    )
    return session
