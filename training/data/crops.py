"""Crops of a data set, made once by the service's own vision path, then kept in a cache."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.engine.cpus import usable_cores
from service.problems import Problem
from service.vision.align import CropGeometry
from service.vision.crops import find_crops
from service.vision.detect import BlazeFace
from training.data.record import EMOTIONS, DataError, Record

UNKNOWN = -1

_MAX_PIXELS = 89_000_000


@dataclass(frozen=True, slots=True)
class CropSet:
    """The crops of one set, or of several joined.

    Attributes:
        crops: uint8, shape (N, H, W).
        emotion: int64, shape (N,), index into `EMOTIONS`, or UNKNOWN.
        subject: int64, shape (N,), number of the person, or UNKNOWN.
        source: int64, shape (N,), number of the set it came from.
        dropped: identifiers of the pictures left out: no readable face, or an exact copy.
    """

    crops: NDArray[np.uint8]
    emotion: NDArray[np.int64]
    subject: NDArray[np.int64]
    source: NDArray[np.int64]
    dropped: tuple[str, ...] = ()

    def __len__(self) -> int:
        """N."""
        return len(self.crops)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "CropSet":
        """The chosen rows, their numbers unchanged."""
        return CropSet(
            self.crops[rows],
            self.emotion[rows],
            self.subject[rows],
            self.source[rows],
        )


def join(sets: Iterable[CropSet]) -> CropSet:
    """Joins sets; people of different sets stay different."""
    parts = list(sets)
    people, subjects = 0, []
    for part in parts:
        subjects.append(np.where(part.subject == UNKNOWN, UNKNOWN, part.subject + people))
        people += int(part.subject.max(initial=-1)) + 1
    return CropSet(
        np.concatenate([part.crops for part in parts]),
        np.concatenate([part.emotion for part in parts]),
        np.concatenate(subjects),
        np.concatenate([np.full(len(part), number) for number, part in enumerate(parts)]),
        tuple(name for part in parts for name in part.dropped),
    )


def cached_crops(
    records: Iterable[Record],
    detector_file: Path,
    geometry: CropGeometry,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CropSet:
    """The crops of a set's records, from the cache where they are in it.

    The cache's key covers the detector's digest, the geometry and the identifiers and labels of
    the records; it does not cover the images, so delete the cache if they change.

    Args:
        records: of one set.
        detector_file: the face detector's ONNX file.
        geometry: of the crops.
        cache: folder of the cache; face crops are kept in it.
        progress: called with how many records are done, and of how many.
    """
    records = list(records)
    key = hashlib.sha256(detector_file.read_bytes())
    key.update(geometry.model_dump_json().encode())
    for record in records:
        key.update(f"{record.identifier}|{record.emotion}|{record.subject}\n".encode())
    file = cache / f"{key.hexdigest()[:24]}.npz"
    if file.exists():
        with np.load(file) as a:
            dropped = tuple(map(str, a["dropped"]))
            return CropSet(a["crops"], a["emotion"], a["subject"], a["source"], dropped)
    made = crop_records(records, detector_file, geometry, progress)
    cache.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft.npz")
    np.savez(
        draft,
        crops=made.crops,
        emotion=made.emotion,
        subject=made.subject,
        source=made.source,
        dropped=np.array(made.dropped, dtype=np.str_),
    )
    draft.rename(file)
    return made


def crop_records(
    records: Sequence[Record],
    detector_file: Path,
    geometry: CropGeometry,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CropSet:
    """Makes the crops of a set's records on every core, as `cached_crops` says."""
    crops: list[NDArray[np.uint8]] = []
    kept: list[Record] = []
    dropped: list[str] = []
    seen: set[bytes] = set()
    with ProcessPoolExecutor(
        usable_cores(), initializer=_start, initargs=(detector_file, geometry)
    ) as pool:
        made = pool.map(_crop, (record.read() for record in records), chunksize=16)
        for done, (record, crop) in enumerate(zip(records, made, strict=True), start=1):
            progress(done, len(records))
            digest = b"" if crop is None else hashlib.sha256(crop.tobytes()).digest()
            if crop is None or digest in seen:
                dropped.append(record.identifier)
                continue
            seen.add(digest)
            kept.append(record)
            crops.append(crop)
    if not crops:
        raise DataError("In none of the pictures a face was found.")
    people = {name: i for i, name in enumerate(sorted({r.subject for r in kept if r.subject}))}
    return CropSet(
        np.stack(crops),
        np.array([EMOTIONS.index(r.emotion) if r.emotion else UNKNOWN for r in kept]),
        np.array([people[r.subject] if r.subject else UNKNOWN for r in kept]),
        np.zeros(len(kept), np.int64),
        tuple(dropped),
    )


class _Worker:
    """What a process of the pool keeps: the detector, opened once."""

    detector: BlazeFace
    geometry: CropGeometry


def _start(detector_file: Path, geometry: CropGeometry) -> None:
    _Worker.detector, _Worker.geometry = BlazeFace(detector_file), geometry


def _crop(data: bytes) -> NDArray[np.uint8] | None:
    try:
        found = find_crops(data, _Worker.detector, _Worker.geometry, max_pixels=_MAX_PIXELS)
    except Problem:
        return None
    return found.faces[0].crop
