"""The sets of a study as crops, found before hours are spent and cached beside its run."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from faceveil.installation import DETECTOR_FILE
from faceveil.outputs import must_be_writable
from faceveil.vision.align import CropGeometry
from training.data.animated import origin
from training.data.crops import CropSet, cached_crops
from training.data.record import DataError, Record
from training.data.sets import SETS, data_folder
from training.filter.teacher import likeness, weights_file
from training.lab.plan import Progress
from training.studies.preset import GEOMETRY
from training.studies.study import Study

WILD = "fer"
"""Faces in the wild, with emotions and without names."""

HELD_OUT = "fer-test"
STRANGERS = "lfw"
JUDGING = (HELD_OUT, "animated-test")
"""Never learned from: parts of sets that are learned from."""


def cache_of(study: Study) -> Path:
    """Where crops of faces, and what the teacher sees in them, are cached."""
    return study.folder.parent / "crops"


def refuse_at_once(
    names: Collection[str], study: Study, *folders: Path, teacher: bool = False
) -> None:
    """Nothing, where the sets are there, the teacher if it is wanted, and places to write into.

    Raises:
        DataError: if a set is unknown or not there.
        OutputError: if a folder cannot be written into.
    """
    if unknown := sorted(set(names) - SETS.keys()):
        raise DataError(f"Unknown sets: {', '.join(unknown)}. Known: {', '.join(SETS)}.")
    folder = data_folder(study.data)
    for name in names:
        SETS[name].must_be_in(folder)
    if teacher and not any(cache_of(study).glob("teacher-*")):
        weights_file()
    must_be_writable(folders=[*folders, study.folder, cache_of(study)])


def gathered(
    names: Iterable[str],
    study: Study,
    progress: Progress,
    taught: Collection[str] = (),
    judged: Collection[str] = (),
) -> dict[str, CropSet]:
    """The sets by their short names; of those that are taught, with what the teacher sees.

    Args:
        names: of the sets.
        study: says where they are.
        progress: called with how far it is.
        taught: of those that the teacher looks at.
        judged: sets whose people no animated face may show, for it would be learned beside the
            very picture that is tested.

    Raises:
        DataError: if one is not there, or the extra `teacher` is not installed.
    """
    crops = {}
    for name in names:
        crops[name] = crops_of(name, study, progress, GEOMETRY, judged)
        if name in taught:
            crops[name] = _likened(name, crops[name], study, progress)
    return crops


def crops_of(
    name: str,
    study: Study,
    progress: Progress,
    geometry: CropGeometry = GEOMETRY,
    judged: Collection[str] = (),
) -> CropSet:
    """The crops of a set, with the geometry of our models or another one; see `gathered`.

    Raises:
        DataError: if the set is not there, or of animated faces nobody is left.
    """
    if not is_left(name, study, judged):
        raise DataError(
            f"No {SETS[name].info.name} are left: all were made of sets that are learned too, so "
            "no fold may learn from them. Animate other portraits beside these."
        )
    records = SETS[name].records(data_folder(study.data))
    if SETS[name].info is origin.INFO:
        records = (one for one in records if not _is_of(one, judged))
    return _cropped(name, records, study, progress, geometry)


def is_left(name: str, study: Study, judged: Collection[str]) -> bool:
    """Whether a set shows anybody but people of judged sets; see `gathered`."""
    if SETS[name].info is not origin.INFO:
        return True
    return not all(_is_of(one, judged) for one in SETS[name].records(data_folder(study.data)))


def made_of(
    judged: Collection[str], name: str, study: Study, progress: Progress
) -> dict[str, CropSet]:
    """The animated faces of a set that `gathered` leaves out, by its short name; empty without any.

    Args:
        judged: sets whose people they show.
        name: of the set.
        study: says where it is.
        progress: called with how far it is.
    """
    if SETS[name].info is not origin.INFO:
        return {}
    records = [one for one in SETS[name].records(data_folder(study.data)) if _is_of(one, judged)]
    return {name: _cropped(name, records, study, progress, GEOMETRY)} if records else {}


def _is_of(record: Record, sets: Collection[str]) -> bool:
    """Whether an animated face was made of a portrait of one of the sets."""
    return (record.subject or "").startswith(tuple(f"{name}-" for name in sets))


def _cropped(
    name: str,
    records: Iterable[Record],
    study: Study,
    progress: Progress,
    geometry: CropGeometry,
) -> CropSet:
    return cached_crops(
        records,
        DETECTOR_FILE,
        geometry,
        cache_of(study),
        partial(progress, f"cropping {SETS[name].info.name}"),
    )


def _likened(name: str, part: CropSet, study: Study, progress: Progress) -> CropSet:
    stage = f"teacher on {SETS[name].info.name}"
    looks = likeness(part.crops, cache_of(study), partial(progress, stage))
    return replace(part, likeness=looks)
