"""Crops of a data set, cut once by the service's own vision path, then cached."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

import faceveil.vision
from faceveil.installation import YUNET_FILE
from faceveil.model.detector import open_detector
from faceveil.pool.side_by_side import side_by_side
from faceveil.problems import Problem
from faceveil.vision.align import CropGeometry
from faceveil.vision.crops import find_crops
from faceveil.vision.face import Face, GreyImage
from training.data.copies import picture_hash
from training.data.crop_set import UNKNOWN, CropSet, join, limited
from training.data.groups import grouped
from training.data.record import EMOTIONS, TRAITS, DataError, Record
from training.data.report import Copy, Report

__all__ = ["UNKNOWN", "CropSet", "cached_crops", "crop_records", "join", "limited"]

_CACHE_FORMAT = 3
_MAX_PIXELS = 89_000_000
_REPORT = TypeAdapter(Report)


def cached_crops(
    records: Iterable[Record],
    detector_file: Path,
    geometry: CropGeometry,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CropSet:
    """The crops of a set's records, from the cache where they are in it.

    The cache's key covers everything that the crops depend on but the versions of the libraries:
    the bytes of each image and its labels, the detector's file, the geometry, and the code
    of the vision path.

    Args:
        records: of one set.
        detector_file: the face detector's ONNX file.
        geometry: of the crops.
        cache: folder of the cache; face crops stay in it.
        progress: called with how many records are done, and of how many.

    Raises:
        DataError: if there is no face in any of them.
    """
    records = list(records)
    file = cache / f"{_key(records, detector_file, geometry)}.npz"
    if file.exists():
        with np.load(file) as cached:
            return _described(
                CropSet(
                    cached["crops"],
                    cached["emotion"],
                    cached["subject"],
                    cached["source"],
                    cached["group"],
                    _REPORT.validate_json(str(cached["report"])),
                    votes=cached["votes"],
                ),
                records,
            )
    part = crop_records(records, detector_file, geometry, progress)
    cache.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.npz")  # two runs may make the same crops
    np.savez(
        draft,
        crops=part.crops,
        emotion=part.emotion,
        subject=part.subject,
        source=part.source,
        group=part.group,
        votes=part.votes,
        report=np.array(_REPORT.dump_json(part.report).decode()),
    )
    draft.rename(file)
    return part


def crop_records(
    records: Sequence[Record],
    detector_file: Path,
    geometry: CropGeometry,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CropSet:
    """Makes the crops of a set's records on every core.

    Of exact copies (the same pixels in the crop) the first one stays, whatever the labels of the
    others say. Near copies and pictures of one subject's one session stay, in one group.

    Args:
        records: of one set.
        detector_file: the face detector's ONNX file.
        geometry: of the crops.
        progress: called with how many records are done, and of how many.

    Raises:
        DataError: if there is no face in any of them.
    """
    distinct: list[Record] = []
    looks: list[_Look] = []
    without_face: list[str] = []
    copies: list[Copy] = []
    first: dict[bytes, Record] = {}
    with side_by_side(initializer=_start, initargs=(detector_file, geometry)) as pool:
        looked = pool.map(_look, (record.read for record in records), chunksize=16)
        for done, (record, look) in enumerate(zip(records, looked, strict=True), start=1):
            progress(done, len(records))
            if look is None:
                without_face.append(record.identifier)
                continue
            original = first.setdefault(look.crop.tobytes(), record)
            if original is not record:
                copies.append(
                    Copy(record.identifier, original.identifier, _contradict(record, original))
                )
                continue
            distinct.append(record)
            looks.append(look)
    if not distinct:
        raise DataError("In none of the pictures a face was found.")
    people = {name: i for i, name in enumerate(sorted({r.subject for r in distinct if r.subject}))}
    grouping = grouped(distinct, np.stack([look.hash for look in looks]))
    part = CropSet(
        np.stack([look.crop for look in looks]),
        np.array([EMOTIONS.index(r.emotion) if r.emotion else UNKNOWN for r in distinct]),
        np.array([people[r.subject] if r.subject else UNKNOWN for r in distinct]),
        np.zeros(len(distinct), np.int64),
        grouping.group,
        Report(
            pictures=len(records),
            without_face=tuple(without_face),
            copies=tuple(copies),
            merged=tuple(
                tuple(distinct[row].identifier for row in rows) for rows in grouping.copies
            ),
            in_sessions=sum(len(rows) for rows in grouping.sessions),
        ),
        votes=_shares([record.votes for record in distinct]),
    )
    return _described(part, records)


def _described(part: CropSet, records: Iterable[Record]) -> CropSet:
    """The set with what no crop depends on, and no cache holds: it comes from the records anew."""
    dropped = set(part.dropped)
    shown = [record for record in records if record.identifier not in dropped]
    return replace(
        part,
        ballots=_shares([record.ballot for record in shown]),
        moves=_moves([record.moves for record in shown]),
        traits={
            trait: np.array([record.traits.get(trait, "") for record in shown])
            for trait in TRAITS
            if any(trait in record.traits for record in shown)
        },
    )


def _key(records: Iterable[Record], detector_file: Path, geometry: CropGeometry) -> str:
    key = hashlib.sha256(f"{_CACHE_FORMAT} {geometry.model_dump_json()}".encode())
    networks = (detector_file, detector_file.parents[1] / YUNET_FILE)
    for file in [*networks, *sorted(Path(faceveil.vision.__path__[0]).glob("*.py"))]:
        key.update(hashlib.sha256(file.read_bytes()).digest())
    for record in records:
        labels = (record.identifier, record.emotion, record.subject, record.session, record.votes)
        key.update(json.dumps(labels).encode())
        key.update(hashlib.sha256(record.read()).digest())
    return key.hexdigest()[:24]


def _shares(counts: Sequence[tuple[int, ...] | None]) -> NDArray[np.float32]:
    """Of the voters: float32, (N, E); not a number where nobody voted, no columns if none did."""
    some = next((row for row in counts if row is not None), None)
    if some is None:
        return np.empty((len(counts), 0), np.float32)
    none = (0,) * len(some)
    votes = np.array([row or none for row in counts], np.float32)
    total = votes.sum(axis=1, keepdims=True)
    shares: NDArray[np.float32] = np.where(total > 0, votes / np.maximum(total, 1), np.nan)
    return shares


def _moves(known: Sequence[tuple[float, ...] | None]) -> NDArray[np.float32]:
    """Of the faces: float32, (N, V); not a number where nobody knows, no columns if none do."""
    width = max((len(row) for row in known if row is not None), default=0)
    unknown = (np.nan,) * width
    return np.array([row or unknown for row in known], np.float32).reshape(len(known), width)


def _contradict(one: Record, other: Record) -> bool:
    pairs = ((one.emotion, other.emotion), (one.subject, other.subject))
    return any(a is not None and b is not None and a != b for a, b in pairs)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a process of the pool hands back: the crop, and the hash of the whole picture."""

    crop: GreyImage
    hash: NDArray[np.uint8]


class _HashingDetector:
    """The face detector, which also hashes the picture: the vision path decodes it for it alone."""

    def __init__(self, file: Path) -> None:
        self._detector = open_detector(file)
        self.hash: NDArray[np.uint8] = np.empty(0, np.uint8)

    def detect(self, picture: GreyImage, *, thorough: bool = False) -> list[Face]:
        self.hash = picture_hash(picture)
        return self._detector.detect(picture, thorough=thorough)


class _Worker:
    """What a process of the pool holds: the detector, opened once."""

    detector: _HashingDetector
    geometry: CropGeometry


def _start(detector_file: Path, geometry: CropGeometry) -> None:
    _Worker.detector, _Worker.geometry = _HashingDetector(detector_file), geometry


def _look(read: Callable[[], bytes]) -> _Look | None:
    try:
        found = find_crops(read(), _Worker.detector, _Worker.geometry, max_pixels=_MAX_PIXELS)
    except Problem:
        return None
    return _Look(found.faces[0].crop, _Worker.detector.hash)
