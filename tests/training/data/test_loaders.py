"""Each loader reads the layout of its set's publisher; the pictures here are drawn."""

import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.drawn import draw_face
from training.data import ckplus, ckplus48, drawn, ferplus, manifest
from training.data.named_sets import NAMED_SETS
from training.data.record import EMOTIONS, DataError, Record
from training.data.sets import SETS

Labels = tuple[str | None, str | None, str | None]

LAYOUTS: list[tuple[str, dict[str, Labels | None]]] = [
    ("jaffe", {"KA.AN1.39.tiff": ("anger", "KA", None), "README": None}),
    (
        "yale",
        {"subject04.sad": ("sadness", "subject04", None), "subject04.glasses": None},
    ),
    (
        "frl",
        {
            "neutral_front/001_03.jpg": ("neutral", "001", None),
            "smiling_front/001_08.jpg": ("happiness", "001", None),
        },
    ),
    ("lfw", {"Ada_Example/Ada_Example_0001.jpg": (None, "Ada_Example", None)}),
    (
        "kdef",
        {
            "AF01/AF01ANS.JPG": ("anger", "F01", "A"),
            "BM35/BM35AFS.JPG": ("fear", "M35", "B"),
            "AF01/AF01ANHL.JPG": None,
            "AF01/AF31V.JPG": None,
        },
    ),
    (
        "ravdess",
        {
            "Actor_12/03-01-06-01-02-01-12.jpg": ("fear", "12", "01-06-01-02-01"),
            "Actor_12/01-01-08-02-02-01-12-0007.png": ("surprise", "12", "01-08-02-02-01"),
            "Actor_12/01-01-02-02-02-01-12_frame3.jpg": (None, "12", "01-02-02-02-01"),
            "Actor_12/01-01-06-01-02-01-12.mp4": None,
        },
    ),
    (
        "crema-d",
        {
            "1001_DFA_ANG_XX.jpg": ("anger", "1001", "DFA_ANG_XX"),
            "1001/1001_IEO_HAP_LO-0040.png": ("happiness", "1001", "IEO_HAP_LO"),
            "1001_DFA_ANG_XX.flv": None,
        },
    ),
    (
        "ferg",
        {
            "aia/aia_anger/aia_anger_1.png": ("anger", "AIA", None),
            "ray/ray_joy/ray_joy_12.png": ("happiness", "RAY", None),
            "README.txt": None,
        },
    ),
    (
        "ckplus48",
        {
            "anger/S010_004_00000019.png": ("anger", "S010", "004"),
            "happy/S011_006_00000013.png": ("happiness", "S011", "006"),
            "contempt/S138_008_00000009.png": (None, "S138", "008"),
            "frames/S138_008_00000009.png": None,
        },
    ),
    (
        "own",
        {
            "ada/happiness/1.jpg": ("happiness", "ada", None),
            "ada/contempt/2.PNG": (None, "ada", None),
            "ada/Happy/3.jpg": ("happiness", "ada", None),
            "ada/AFRAID/4.jpg": ("fear", "ada", None),
            "ada/calm/5.jpg": (None, "ada", None),
            "ada/anger/notes.txt": None,
        },
    ),
]


def lay_out(folder: Path, names: list[str]) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture " + name.encode())


def labels_of(records: Iterator[Record]) -> dict[str, Labels]:
    return {r.identifier: (r.emotion, r.subject, r.session) for r in records}


@pytest.mark.parametrize(("name", "layout"), LAYOUTS)
def test_files_are_told_apart_by_their_names(
    name: str, layout: dict[str, Labels | None], tmp_path: Path
) -> None:
    lay_out(tmp_path, list(layout))
    assert labels_of(SETS[name].load(tmp_path)) == {
        file: labels for file, labels in layout.items() if labels
    }


@pytest.mark.parametrize(("name", "layout"), LAYOUTS)
def test_a_record_reads_the_file_that_it_names(
    name: str, layout: dict[str, Labels | None], tmp_path: Path
) -> None:
    lay_out(tmp_path, list(layout))
    for record in SETS[name].load(tmp_path):
        assert record.read() == b"picture " + record.identifier.encode()


@pytest.mark.parametrize("name", [name for name, known in SETS.items() if known.place])
def test_a_folder_without_the_set_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        list(SETS[name].load(tmp_path))


@pytest.mark.parametrize("name", NAMED_SETS)
def test_a_naming_scheme_is_shown_by_a_name_that_fits_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        list(NAMED_SETS[name].load(tmp_path))
    example = str(error.value).rsplit("(", 1)[1].removesuffix(").")
    lay_out(tmp_path, [example])
    assert list(labels_of(NAMED_SETS[name].load(tmp_path))) == [example]


def test_two_modalities_of_a_ravdess_clip_are_one_session(tmp_path: Path) -> None:
    lay_out(tmp_path, ["01-01-06-01-02-01-12-1.jpg", "02-01-06-01-02-01-12-1.jpg"])
    assert len({r.session for r in SETS["ravdess"].load(tmp_path)}) == 1


class TestTraits:
    def london(self, folder: Path, table: str) -> dict[str, object]:
        names = ["neutral_front/001_03.jpg", "smiling_front/002_08.jpg", "neutral_front/003_03.jpg"]
        lay_out(folder, names)
        (folder / "london_info.csv").write_text(table)
        return {r.subject or "": r.traits for r in SETS["frl"].load(folder)}

    def test_a_table_of_people_tells_what_is_known_of_each(self, tmp_path: Path) -> None:
        head = "face_id,face_age,face_gender,face_eth\n"
        assert self.london(tmp_path, head + "001,24,female,west_asian\n002,NA,male,white\n") == {
            "001": {"sex": "female", "age": "20 to 29", "origin": "west asian"},
            "002": {"sex": "male", "origin": "white"},
            "003": {},
        }

    def test_a_table_of_other_columns_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="face_age"):
            self.london(tmp_path, "face_id,age\n001,24\n")


class TestCkPlus:
    def sequence(self, folder: Path, name: str, frames: int, label: str | None) -> None:
        stem = name.replace("/", "_")
        lay_out(
            folder / "cohn-kanade-images" / name,
            [f"{stem}_{number:08}.png" for number in range(1, frames + 1)],
        )
        if label is not None:
            file = folder / "Emotion" / name / f"{stem}_{frames:08}_emotion.txt"
            file.parent.mkdir(parents=True)
            file.write_text(label)

    def read(self, folder: Path) -> dict[str, Labels]:
        return {Path(name).stem: labels for name, labels in labels_of(ckplus.load(folder)).items()}

    def test_the_first_frame_is_neutral_and_the_last_three_carry_the_label(
        self, tmp_path: Path
    ) -> None:
        self.sequence(tmp_path, "S010/004", 7, "   7.0000000e+00\n")
        assert self.read(tmp_path) == {
            "S010_004_00000001": ("neutral", "S010", "004"),
            **{f"S010_004_0000000{n}": ("surprise", "S010", "004") for n in (5, 6, 7)},
        }

    @pytest.mark.parametrize("label", [None, "   2.0000000e+00"], ids=["untold", "contempt"])
    def test_a_peak_without_one_of_our_emotions_has_none(
        self, tmp_path: Path, label: str | None
    ) -> None:
        self.sequence(tmp_path, "S010/004", 4, label)
        emotions = [emotion for emotion, _, _ in self.read(tmp_path).values()]
        assert emotions == ["neutral", None, None, None]

    def test_no_frame_is_both_neutral_and_peak(self, tmp_path: Path) -> None:
        self.sequence(tmp_path, "S010/004", 2, "1")
        assert [emotion for emotion, _, _ in self.read(tmp_path).values()] == ["neutral", "anger"]

    def test_a_label_out_of_range_is_an_error(self, tmp_path: Path) -> None:
        self.sequence(tmp_path, "S010/004", 4, "9")
        with pytest.raises(DataError, match="0 to 7"):
            list(ckplus.load(tmp_path))


class TestCkPlus48Table:
    def write(self, folder: Path, emotion: object, pixels: object) -> None:
        with (folder / "ckextended.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["emotion", "pixels", "Usage"])
            rows.writerow([emotion, pixels, "Training"])

    def test_a_row_is_a_picture_of_nobody_we_know(self, tmp_path: Path) -> None:
        face = np.asarray(draw_face(48))
        self.write(tmp_path, 6, " ".join(map(str, face.ravel())))
        (record,) = ckplus48.load(tmp_path)
        assert (record.emotion, record.subject) == ("neutral", None)
        assert np.array_equal(np.asarray(Image.open(BytesIO(record.read()))), face)

    @pytest.mark.parametrize(
        ("emotion", "pixels"),
        [(8, "0 " * 2304), (0, "0 " * 2303), (0, "256 " * 2304), ("x", "0 " * 2304)],
    )
    def test_a_row_of_other_values_is_an_error(
        self, tmp_path: Path, emotion: object, pixels: str
    ) -> None:
        self.write(tmp_path, emotion, pixels)
        with pytest.raises(DataError, match="row 1"):
            list(ckplus48.load(tmp_path))


class TestManifest:
    def write(self, folder: Path, text: str) -> Path:
        (folder / manifest.CSV_NAME).write_text(text)
        return folder

    def test_a_table_may_leave_labels_out(self, tmp_path: Path) -> None:
        rows = "image,subject,emotion,session\na.jpg,ada,anger,monday\nb.jpg,,,\n"
        assert labels_of(manifest.load(self.write(tmp_path, rows))) == {
            "a.jpg": ("anger", "ada", "monday"),
            "b.jpg": (None, None, None),
        }

    def test_a_table_may_have_no_sessions(self, tmp_path: Path) -> None:
        rows = "image,subject,emotion\na.jpg,ada,fear\n"
        assert labels_of(manifest.load(self.write(tmp_path, rows))) == {
            "a.jpg": ("fear", "ada", None)
        }

    def test_a_table_may_tell_of_people(self, tmp_path: Path) -> None:
        rows = "image,subject,emotion,age,sex\na.jpg,ada,fear, 60 ,female\nb.jpg,bob,fear,,\n"
        records = list(manifest.load(self.write(tmp_path, rows)))
        assert [r.traits for r in records] == [{"sex": "female", "age": "60 to 69"}, {}]
        with pytest.raises(DataError, match="'old' is no age in years"):
            list(manifest.load(self.write(tmp_path, rows.replace(" 60 ", "old"))))

    def test_a_table_without_its_columns_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="columns"):
            list(manifest.load(self.write(tmp_path, "image,who\na.jpg,ada\n")))

    def test_a_table_may_call_an_emotion_by_another_word(self, tmp_path: Path) -> None:
        rows = "image,subject,emotion\na.jpg,ada,Angry\nb.jpg,ada,joy\n"
        emotions = [record.emotion for record in manifest.load(self.write(tmp_path, rows))]
        assert emotions == ["anger", "happiness"]

    def test_a_misspelt_emotion_is_refused_rather_than_lost(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"'hapiness' .* is 'happiness' meant"):
            list(manifest.load(self.write(tmp_path, "image,subject,emotion\na.jpg,ada,hapiness\n")))


def test_fer_takes_the_emotion_with_most_votes_and_leaves_out_other_faces(tmp_path: Path) -> None:
    votes = np.eye(10, dtype=np.int64)[[1, 7, 5]]  # happiness, contempt, disgust
    votes[2, [2, 3, 7]] = 0, 3, 1  # and of others for the last one: surprise, contempt
    votes[2, 5] = 6
    faces = np.arange(3 * 48 * 48).reshape(3, 48, 48).astype(np.uint8)
    np.savez(tmp_path / "some.npz", face=faces, votes=votes)
    records = list(ferplus.load(tmp_path / "some.npz"))
    assert [(r.identifier, r.emotion) for r in records] == [
        ("some/0", "happiness"),
        ("some/2", "disgust"),
    ]
    assert np.array_equal(np.asarray(Image.open(BytesIO(records[1].read()))), faces[2])
    assert records[1].votes is not None
    assert dict(zip(EMOTIONS, records[1].votes, strict=True)) == dict.fromkeys(EMOTIONS, 0) | {
        "disgust": 6,
        "surprise": 3,
    }
    assert records[1].ballot == tuple(votes[2].tolist()), "what is no emotion here counts there"


def test_drawn_people_show_every_emotion_as_often() -> None:
    labels = [(r.subject, r.emotion) for r in drawn.load(people=3, takes=2)]
    assert len(labels) == 3 * 2 * len(EMOTIONS)
    assert all(labels.count(label) == 2 for label in labels)
