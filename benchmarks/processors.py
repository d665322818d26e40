"""Bundles on another processor than this one: do they read and release there what they do here?

    python -m benchmarks.processors --data FOLDER --emulator 'qemu-x86_64 -cpu Haswell' BUNDLE ...

Each bundle, a folder with card and graph, reads the faces of the public sets that it learned from,
on this processor and on the one that the emulator imitates. Prints a table, which stands in
docs/figures/processors.md.
"""

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.serving.table import table
from faceveil.installation import DETECTOR_FILE
from faceveil.model.bundle import load_bundle
from training.data.crops import cached_crops, limited
from training.data.sets import SETS, data_folder

SMALL = ("jaffe", "frl")
"""Sets of a few hundred faces; an emulator takes a tenth of a second a face in int8."""

_READ = """
import sys
import numpy as np
from faceveil.runtime import open_session
graph, crops, dimension, out = sys.argv[1:]
session = open_session(open(graph, "rb").read())
outputs = []
for face in np.array_split(np.load(crops), 32):
    count = len(face)
    noise, sigma = np.zeros((count, int(dimension)), np.float32), np.zeros(count, np.float32)
    feed = {"face": face, "noise": noise, "sigma": sigma}
    outputs.append(session.run(["embedding", "emotion"], feed))
np.savez(out, *map(np.concatenate, zip(*outputs)))
"""

Outputs = tuple[NDArray[np.float32], NDArray[np.float32]]


def main(
    bundles: Annotated[list[Path], typer.Argument(help="Folders of bundles, NAME/VERSION.")],
    emulator: Annotated[str, typer.Option(help="Command that imitates another processor.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the sets; or FACEVEIL_DATA.")] = None,
    crops: Annotated[Path, typer.Option(help="Where crops are cached.")] = Path("runs/crops"),
) -> None:
    """Read the sets here and there."""
    folder = data_folder(data)
    rows = []
    for bundle in bundles:
        loaded = load_bundle(bundle)
        card = loaded.card
        learned = {source.name for source in card.training.data}
        for known in (SETS[name] for name in SMALL if SETS[name].info.name in learned):
            part = limited(
                cached_crops(
                    known.records(folder), DETECTOR_FILE, card.crop, crops, lambda done, total: None
                ),
                tuple(card.labels),
            )
            here, there = (
                _outputs(command, bundle / card.graph.file, part.crops, card.dimension)
                for command in ([], shlex.split(emulator))
            )
            off = np.linalg.norm(there[0] - here[0]) / np.linalg.norm(here[0])
            hits = [one[1].argmax(axis=1) == part.emotion for one in (here, there)]
            rows.append(
                [
                    f"{card.name} {card.version}",
                    known.info.name,
                    str(len(part)),
                    *(f"{hit.mean():.1%}" for hit in hits),
                    f"{off:.2g}",
                    f"{np.abs(there[0] - here[0]).max():.2g}",
                ]
            )
    head = ["bundle", "set", "faces", "read here", "read there", "embedding off", "most, a value"]
    typer.echo(table(head, rows))


def _outputs(command: list[str], graph: Path, faces: NDArray[np.uint8], dimension: int) -> Outputs:
    """Embeddings and emotions without noise, by a process that the command starts."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "crops.npy"), Path(folder, "outputs.npz")
        np.save(given, faces)
        words = [*command, sys.executable, "-c", _READ, *map(str, (graph, given, dimension, out))]
        subprocess.run(words, check=True)  # noqa: S603 - our own program
        with np.load(out) as outputs:
            return outputs["arr_0"], outputs["arr_1"]


if __name__ == "__main__":
    typer.run(main)
