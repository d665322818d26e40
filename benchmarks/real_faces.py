"""Audits of real faces: crops must be caught, copies be found, and the card be right.

    python -m benchmarks.real_faces --data FOLDER

Three questions on the public sets. Are the crops themselves, undefended, re-identifiable? Is the
copy among Yale's files reported? And do people whom the shipped model has never seen (LFW) come out
of an audit of its released embeddings as its card says? Prints a table.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from faceveil.audit.attackers import LDA, NEAREST
from faceveil.audit.case import Options, prepare
from faceveil.audit.closed_set import closed_set
from faceveil.audit.features import Features
from faceveil.audit.ladder import conclude, run
from faceveil.audit.protocol import Split, assign_folds
from faceveil.audit.result import AuditResult
from faceveil.installation import DETECTOR_FILE
from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.detector import open_detector
from faceveil.model.filter import PrivacyFilter
from faceveil.model.noise import KeyedNoise, ModelNoise
from faceveil.settings import Settings
from faceveil.vision.align import CropGeometry
from faceveil.vision.crops import find_crops
from training.data.crops import CropSet, cached_crops
from training.data.record import EMOTIONS, DataError, Record
from training.data.sets import SETS, data_folder

SIDE = 24
FOLDS, SEED = 10, 0


def main(
    data: Annotated[Path | None, typer.Option(help="Folder of the sets; or FACEVEIL_DATA.")] = None,
    crops: Annotated[Path, typer.Option(help="Where crops are cached.")] = Path("runs/crops"),
) -> None:
    """Audit the crops of JAFFE and Yale, and the shipped model on LFW."""
    console = Console(soft_wrap=True)
    bundle = load_bundle(find_bundle(Settings().model.directory, "faceveil"))
    card = bundle.card

    def cropped(name: str) -> CropSet:
        folder = data_folder(data)
        records = SETS[name].records(folder)
        return cached_crops(records, DETECTOR_FILE, card.crop, crops, lambda done, total: None)

    try:
        for name in ("jaffe", "yale"):
            part = cropped(name)
            result = _audited(_pixels(part), part)
            worst = result.worst
            console.print(
                f"{SETS[name].info.name}, {len(part)} crops of {SIDE} x {SIDE} pixels: "
                f"{result.verdict}; worst {worst.attacker} {worst.rate:.1%} "
                f"[{worst.low:.1%}, {worst.high:.1%}], chance {result.chance:.1%}; "
                f"copies: {len(result.data.copies)}, shared by several people: "
                f"{len(result.data.shared)}; found while loading: {part.report.in_words()}"
            )
        _tell_of_copies(console, list(SETS["yale"].records(data_folder(data))), card.crop)
        strangers = cropped("lfw")
    except DataError as problem:
        Console(stderr=True).print(str(problem), style="red")
        raise typer.Exit(2) from None
    noise = ModelNoise(KeyedNoise(b"a key for this measurement"), card).draw
    readings = PrivacyFilter.load(bundle).read(list(strangers.crops), noise)
    released = np.stack([one.embedding for one in readings])
    for system, (rate, low, high) in _strangers(released, strangers).items():
        (stated,) = [
            one.rate
            for one in card.results
            if (one.data, one.level, one.system) == ("LFW", card.default_level, system)
        ]
        agree = "agree" if low <= stated.high and stated.low <= high else "DO NOT AGREE"
        console.print(
            f"LFW, {card.name} {card.version} at {card.default_level}, {system}: audited "
            f"{rate:.2%} [{low:.2%}, {high:.2%}], card {stated.rate:.2%} "
            f"[{stated.low:.2%}, {stated.high:.2%}]: the intervals {agree}"
        )


def _tell_of_copies(console: Console, records: list[Record], geometry: CropGeometry) -> None:
    """Audits Yale with all its files, of which training leaves out the one that is a copy."""
    detector = open_detector(DETECTOR_FILE)
    crops = []
    for record in records:
        found = find_crops(record.read(), detector, geometry, max_pixels=2**24)
        crops.append(found.faces[0].crop)
    case = prepare(
        Features.of(np.stack(crops).reshape(len(crops), -1), [r.subject for r in records])
    )
    for rows in case.data.copies:
        names = " = ".join(records[row].identifier for row in rows)
        console.print(f"Yale, {len(records)} files: the audit keeps together {names}")


def _pixels(part: CropSet) -> NDArray[np.float64]:
    """(N, SIDE * SIDE) grey levels of crops reduced by averaging."""
    faces, height, width = part.crops.shape
    blocks = part.crops.reshape(faces, SIDE, height // SIDE, SIDE, width // SIDE)
    pixels: NDArray[np.float64] = blocks.mean(axis=(2, 4)).reshape(faces, -1)
    return pixels


def _audited(embedding: NDArray[np.float64], part: CropSet) -> AuditResult:
    emotion = [EMOTIONS[label] if label >= 0 else "unknown" for label in part.emotion]
    features = Features.of(embedding, part.subject, emotion)
    case = prepare(features, Options(quick=True, seed=SEED, folds=FOLDS))
    return conclude(case, {step.key: outcome for step, outcome in run(case)})


def _strangers(
    released: NDArray[np.float32], part: CropSet
) -> dict[str, tuple[float, float, float]]:
    """Rate and interval of the card's attackers of strangers, on the card's folds."""
    turn = assign_folds(part.subject, part.group, FOLDS, SEED)
    splits = []
    for number in range(FOLDS):
        known = turn != number
        probes = ~known & np.isin(part.subject, part.subject[known])
        splits.append(
            Split(
                released[known].astype(np.float64),
                part.subject[known],
                released[probes].astype(np.float64),
                part.subject[probes],
                gallery_groups=part.group[known],
            )
        )
    results = closed_set(splits, (LDA, NEAREST), SEED)
    return {name: (one.rate.rate, one.rate.low, one.rate.high) for name, one in results.items()}


if __name__ == "__main__":
    typer.run(main)
