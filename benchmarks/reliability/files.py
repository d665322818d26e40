"""Files of features that are broken: whole ones of each kind, and how they are sent."""

import io
import random
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED

import numpy as np

from benchmarks.form import END, FORM, fields, part
from benchmarks.reliability.mutator import Mutator
from benchmarks.reliability.sent import Input
from tests.running import DIMENSION, MADE

_ROWS = 12


@cache
def _columns() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "embedding": rng.normal(size=(_ROWS, DIMENSION)).astype(np.float32),
        "subject": [f"person {row % 3}" for row in range(_ROWS)],
        "emotion": ["fear"] * _ROWS,
        "session": [f"s{row % 2}" for row in range(_ROWS)],
    }


@cache
def npzs() -> Sequence[bytes]:
    """Archives, stored and packed."""
    plain, packed = io.BytesIO(), io.BytesIO()
    columns = {name: np.asarray(column) for name, column in _columns().items()}
    np.savez(plain, allow_pickle=False, **columns)
    np.savez_compressed(packed, allow_pickle=False, **columns)
    return [plain.getvalue(), packed.getvalue()]


def _npy(column: str) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(_columns()[column]), allow_pickle=False)
    return file.getvalue()


def _with_a_broken_array(chance: random.Random) -> bytes:
    """A right archive, and in it an array that is not."""
    arrays = {name: _npy(name) for name in _columns()}
    name = chance.choice(list(arrays))
    arrays[name] = Mutator(chance).broken(arrays[name], arrays[chance.choice(list(arrays))])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", chance.choice((ZIP_STORED, ZIP_DEFLATED))) as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), array)
    return file.getvalue()


def npz(data: bytes, chance: random.Random) -> Input:
    """Sends a broken archive, or a right one that holds a broken array."""
    return features(_with_a_broken_array(chance) if chance.random() < 0.5 else data, ".npz")


@cache
def csvs() -> Sequence[bytes]:
    """Tables, with either end of a line."""
    columns = _columns()
    embedding = np.asarray(columns["embedding"])
    heads = ["subject", "emotion", "session", *(f"e{number}" for number in range(DIMENSION))]
    lines = [heads]
    lines += [
        [f"person {row % 3}", "fear", "s1", *map(str, embedding[row])] for row in range(_ROWS)
    ]
    return [end.join(map(",".join, lines)).encode() for end in ("\n", "\r\n")]


@cache
def parquets() -> Sequence[bytes]:
    """Columns, packed in three ways."""
    import pyarrow
    import pyarrow.parquet

    columns = dict(_columns())
    table = pyarrow.table(columns | {"embedding": list(np.asarray(columns["embedding"]))})
    files = []
    for options in ({}, {"compression": "zstd"}, {"use_dictionary": False, "compression": "none"}):
        file = io.BytesIO()
        pyarrow.parquet.write_table(table, file, **options)
        files.append(file.getvalue())
    return files


def features(data: bytes, suffix: str) -> Input:
    """Sends a file of features, to be stored."""
    file = part("file", data, f'; filename="features{suffix}"')
    return Input(target="/v1/features", kind=FORM, body=fields(**MADE) + file + END)
