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
    records, _ = _apart(name, study, judged)
    if not records and _is_animated(name):
        raise DataError(
            f"No {SETS[name].info.name} are left: all show people who are held out, or who are in "
            "sets that are learned too, whose folds may not learn from them. Animate other "
            "portraits beside these."
        )
    return _cropped(name, records, study, progress, geometry)


def is_left(name: str, study: Study, judged: Collection[str]) -> bool:
    """Whether `gathered` leaves anything of a set; it leaves out animated faces alone."""
    return not _is_animated(name) or bool(_apart(name, study, judged)[0])


def made_of(names: Collection[str], study: Study, progress: Progress) -> dict[str, CropSet]:
    """The animated faces that show people of the sets beside them, which `gathered` leaves out.

    Args:
        names: of the sets.
        study: says where they are.
        progress: called with how far it is.

    Returns:
        By the short names of the animated sets; without those that have none.
    """
    made = {name: _apart(name, study, names)[1] for name in names if _is_animated(name)}
    return {
        name: _cropped(name, records, study, progress, GEOMETRY)
        for name, records in made.items()
        if records
    }


def _is_animated(name: str) -> bool:
    return SETS[name].info is origin.INFO


def _apart(name: str, study: Study, judged: Collection[str]) -> tuple[list[Record], list[Record]]:
    """A set's records; apart, animated faces that were made of the portraits of judged sets."""
    of_judged = tuple(f"{of}-" for of in judged) if _is_animated(name) else ()
    others: list[Record] = []
    made: list[Record] = []
    for record in SETS[name].records(data_folder(study.data)):
        (made if (record.subject or "").startswith(of_judged) else others).append(record)
    return others, made


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
