"""Feature files built to take gigabytes are refused, and the server stays as small as it was."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.api.refusals import assert_refused
from tests.running import DIMENSION, MADE, RunningServer, running_server

MOST_GROWTH = 96 * 2**20
"""Bytes: bodies of a few megabytes, and what an interpreter takes besides."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"FACEVEIL_STORE__RETENTION_DAYS": "1", "FACEVEIL_AUDIT__OWN_WORKER": "false"}
    with running_server(tmp_path_factory.mktemp("bombs"), settings) as running:
        yield running


def _peak(server: RunningServer) -> int:
    """The most memory that the server's own process ever had, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _many_arrays() -> bytes:
    """Arrays each of which is within bounds."""
    label = np.array(["x" * 1024] * 12_000)
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        embedding=np.zeros((12_000, DIMENSION), np.float32),
        subject=label,
        emotion=label,
        session=label,
    )
    return packed.getvalue()


def _forged_footer() -> bytes:
    """A Parquet file whose footer announces a million columns, which Arrow makes room for."""
    schema = b"\x15\x02\x19\x1c\x48\x01r\x15\x00\x00"
    columns = b"\x16\x02\x19\x1c\x19\xfc\xbf\x84\x3d"  # 999,999 of them
    footer = schema + columns + bytes(23_000)
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("f.npz", _many_arrays()),
        ("f.parquet", _forged_footer()),
        ("f.csv", b"subject,e0\n" + b"1," * 4_000_000),
    ],
    ids=["arrays", "footer", "line"],
)
def test_a_bomb_is_refused_and_costs_the_server_no_memory(
    server: RunningServer, name: str, data: bytes
) -> None:
    fields = MADE
    for path, form in (("/v1/audits", {}), ("/v1/features", fields)):
        words = {"file": (name, b"words")}
        server.client.post(path, files=words, data=form)  # whatever is loaded at the first time
        before = _peak(server)
        assert_refused(
            server.client.post(path, files={"file": (name, data)}, data=form), 422, "unfit-features"
        )
        assert _peak(server) - before < MOST_GROWTH
    assert server.client.get("/readyz").status_code == 200
