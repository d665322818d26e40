"""A set of animated faces: what training reads, the same by seed, and on whose terms."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faceveil.vision.align import CropGeometry
from tests.training.data.animated.synthetic import KnowingLandmarker, drawn, somebody
from training.data import manifest
from training.data.animated import origin
from training.data.animated.shot import Plan, Shot
from training.data.animated.writing import CONTACT_SHEET, write_set
from training.data.crops import crop_records
from training.data.moves import DETAILS
from training.data.record import EMOTIONS, DataError
from training.data.sets import SETS
from training.studies import animate
from training.studies.animate import Animation, animate_portraits

DETECTOR = Path("models/detector/blazeface-short/model.onnx")
GEOMETRY = CropGeometry(width=48, height=48, left_eye=(0.3, 0.3), right_eye=(0.7, 0.3))
FREE = {"sets": ["frl", "cc0"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("animated")
    write_set({"nobody": somebody()}, place, Plan(takes=2, size=96), FREE)
    return place


def test_training_reads_it(folder: Path) -> None:
    records = list(manifest.load(folder))
    assert {record.subject for record in records} == {"nobody"}
    assert [record.emotion for record in records] == [e for e in EMOTIONS for _ in range(2)]


def test_the_face_is_found_in_every_picture(folder: Path) -> None:
    report = crop_records(list(manifest.load(folder)), DETECTOR, GEOMETRY).report
    assert report.dropped == ()


def test_the_same_seed_makes_the_same_pictures(folder: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        write_set({"nobody": somebody()}, tmp_path / str(seed), Plan(1, 1, 96, seed), FREE)
    name = "nobody/fear/fear-00.jpg"
    assert (tmp_path / "0" / name).read_bytes() == (folder / name).read_bytes()
    assert (tmp_path / "1" / name).read_bytes() != (folder / name).read_bytes()


def test_all_that_is_known_of_a_picture_is_written_down(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / DETAILS).read_text("utf-8").splitlines()]
    assert [line["image"] for line in lines] == [r.identifier for r in manifest.load(folder)]
    anger = next(line for line in lines if line["emotion"] == "anger")
    assert anger["acting"]["left"]["4"] > 0
    assert {"yaw", "light", "blur"} <= anger["take"].keys()


def test_the_contact_sheet_shows_a_row_a_person(folder: Path) -> None:
    with Image.open(folder / CONTACT_SHEET) as sheet:
        pixels = np.asarray(sheet)
    assert pixels.shape == (128, 128 * 2 * len(EMOTIONS), 3)
    cells = pixels.reshape(128, -1, 128, 3).std(axis=(0, 2, 3))
    assert (cells > 5).all()


def test_the_contact_sheet_shows_a_clip_at_its_strongest(tmp_path: Path) -> None:
    shots = write_set({"nobody": somebody()}, tmp_path, Plan(takes=1, frames=5, size=64), FREE)
    strongest = max((shot for shot in shots if "/surprise/" in shot.image), key=_strength)
    with (
        Image.open(tmp_path / CONTACT_SHEET) as sheet,
        Image.open(tmp_path / strongest.image) as one,
    ):
        column = 2 * EMOTIONS.index("surprise") * 128
        shown = np.asarray(sheet.crop((column, 0, column + 128, 128)))
        assert np.array_equal(shown, np.asarray(one.resize((128, 128))))


def _strength(shot: Shot) -> float:
    return shot.strength


def test_faces_from_free_portraits_may_be_used_for_anything(folder: Path) -> None:
    assert SETS["animated"].info.terms.use == 0
    assert len(list(origin.load(folder))) == 2 * len(EMOTIONS)


@pytest.mark.parametrize("sets", [[], ["frl", "jaffe"]])
def test_faces_from_other_portraits_are_none_of_that_set(tmp_path: Path, sets: list[str]) -> None:
    (tmp_path / origin.ORIGIN).write_text(json.dumps({"sets": sets}))
    with pytest.raises(DataError, match="--sets own"):
        origin.load(tmp_path)


def test_a_folder_that_says_nothing_of_its_origin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="says nothing"):
        origin.load(tmp_path)


def test_portraits_of_ones_own_become_a_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portraits = tmp_path / "portraits"
    portraits.mkdir()
    (pixels, points), (smiling, _) = drawn(), drawn(yaw=3)
    Image.fromarray(pixels).save(portraits / "ada.png")
    Image.fromarray(smiling).save(portraits / "bea.png")
    known = KnowingLandmarker({pixels.tobytes(): points})
    monkeypatch.setattr(animate, "Landmarker", lambda _: known)
    asked = Animation(portraits, None, None, tmp_path / "made", takes=1, size=64)
    said = animate_portraits(asked)
    assert "Left out bea.png: no face was found" in said
    assert "7 pictures of 1 people" in said
    assert json.loads((tmp_path / "made" / origin.ORIGIN).read_text())["sets"] == []
    with pytest.raises(DataError, match="not empty"):
        animate_portraits(asked)


def test_only_sets_of_free_portraits_are_taken(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No sets of free portraits: lfw"):
        animate_portraits(Animation(tmp_path, "frl,lfw", None, tmp_path / "made"))


def test_several_sets_are_one_and_a_person_is_held_out_of_all(tmp_path: Path) -> None:
    people = [f"cc0-{number:03}" for number in range(40)]
    for place in ("plain", "bold"):
        (tmp_path / place).mkdir()
        (tmp_path / place / origin.ORIGIN).write_text(json.dumps(FREE))
        rows = "".join(f"{name}/fear/1.jpg,{name},fear\n" for name in people)
        (tmp_path / place / manifest.CSV_NAME).write_text(f"image,subject,emotion\n{rows}")
    learned = list(origin.load(tmp_path))
    held_out = list(origin.load(tmp_path, held_out=True))
    assert {one.subject for one in learned} | {one.subject for one in held_out} == set(people)
    assert not {one.subject for one in learned} & {one.subject for one in held_out}
    assert 0 < len(held_out) < len(learned)
    assert len({one.identifier for one in learned + held_out}) == 2 * len(people)
