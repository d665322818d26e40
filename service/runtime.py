"""The boundary to ONNX Runtime."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import onnxruntime as ort
from numpy.typing import NDArray

Array = NDArray[Any]


class RuntimeSession(Protocol):
    """What we use of an ONNX Runtime session; tests pass their own."""

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Array]) -> list[Any]:
        """Runs the graph; may be called from several threads at once."""
        ...


def open_session(graph: bytes) -> RuntimeSession:
    """Opens a graph on the CPU, one thread a call.

    Requests run side by side on the scheduler's threads, so a call needs no threads of its own;
    spinning ones would burn the cores that the other requests wait for.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    session: RuntimeSession = ort.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"]
    )
    return session
