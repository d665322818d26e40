from pathlib import Path

import numpy as np
import pytest

from faceveil.audit.case import Options, prepare
from faceveil.audit.features import Features, FeaturesError, load


def noise(people: int = 4, samples: int = 6, seed: int = 0) -> Features:
    rng = np.random.default_rng(seed)
    subject = np.repeat([f"p{number}" for number in range(people)], samples)
    return Features.of(rng.normal(size=(len(subject), 5)), subject)


def test_exact_and_near_copies_of_a_person_stay_together_and_are_reported() -> None:
    features = noise()
    features.embedding[1] = features.embedding[0]
    features.embedding[8] = features.embedding[7] + 1e-4

    case = prepare(features, Options(folds=3))

    assert case.data.copies == [[0, 1], [7, 8]]
    assert case.groups[0] == case.groups[1]
    assert case.groups[7] == case.groups[8]
    assert len(np.unique(case.groups)) == 22


def test_what_several_people_share_is_reported_and_not_merged() -> None:
    features = noise()
    features.embedding[[0, 1, 6]] = 0.0

    case = prepare(features, Options(folds=3))

    assert case.data.copies == []
    assert case.data.shared == [[0, 1, 6]]
    assert len(np.unique(case.groups)) == 24


def test_a_session_stays_together() -> None:
    features = noise()
    session = np.tile(["a", "b", "c"], 8)
    case = prepare(Features.of(features.embedding, features.subject, session=session))
    assert len(case.splits) == 3
    for split in case.splits:
        assert split.probe_rows is not None
        assert len(np.unique(session[split.probe_rows])) == 1


def test_whoever_has_one_sample_or_one_session_is_set_aside() -> None:
    features = noise(people=4, samples=4)
    subject, session = features.subject.copy(), np.arange(16).astype(str)
    subject[3] = "p9"
    session[4:8] = "once"
    case = prepare(Features.of(features.embedding, subject, session=session))
    assert set(case.data.set_aside) == {"p9", "p1"}
    assert case.data.subjects == 3
    assert case.data.samples == 11


def test_a_large_set_is_sampled_by_person_and_says_so() -> None:
    case = prepare(noise(people=9, samples=20), Options(max_subjects=5, max_samples=50))
    assert case.data.subjects == 5
    assert case.data.samples == 50
    assert case.data.sampled is not None
    assert "5 of 9 people" in case.data.sampled


def test_one_person_is_nobody_to_choose_from() -> None:
    with pytest.raises(FeaturesError, match="two people"):
        prepare(noise(people=1))


def test_a_gallery_of_other_photographs_is_used_whole() -> None:
    case = prepare(noise(), gallery=noise(samples=3, seed=1))
    assert case.data.gallery == "other rows"
    assert [len(split.gallery) for split in case.clean_splits] == [12]
    assert [len(split.probe) for split in case.clean_splits] == [24]


def test_a_gallery_of_another_length_is_refused() -> None:
    with pytest.raises(FeaturesError, match="length"):
        prepare(noise(), gallery=Features.of(np.ones((24, 3)), noise().subject))


@pytest.mark.parametrize(
    ("embedding", "subject", "message"),
    [
        ([[1.0, np.nan]], ["a"], "not finite"),
        ([[np.inf, 1]], ["a"], "not finite"),
        ([1.0, 2.0], ["a", "b"], "shape"),
        ([[1.0], [2.0]], ["a"], "one label for each"),
        ([["x"]], ["a"], "numbers"),
        (np.empty((0, 3)), [], "shape"),
    ],
)
def test_what_cannot_be_audited_is_refused_with_a_sentence(
    embedding: object, subject: list[object], message: str
) -> None:
    with pytest.raises(FeaturesError, match=message):
        Features.of(embedding, subject)


def test_npz_and_csv_hold_the_same_features(tmp_path: Path) -> None:
    features = noise()
    emotion = np.tile(["sad", "happy"], 12)
    np.savez(
        tmp_path / "f.npz",
        embedding=features.embedding,
        subject=features.subject,
        emotion=emotion,
        model="m 1",
    )
    lines = ["subject,emotion,model,e0,e1,e2,e3,e4"] + [
        ",".join([s, m, "m 1", *map(repr, row)])
        for s, m, row in zip(features.subject, emotion, features.embedding.tolist(), strict=True)
    ]
    (tmp_path / "f.csv").write_text("\n".join(lines))

    one, other = load(tmp_path / "f.npz"), load(tmp_path / "f.csv")

    assert one.digest == other.digest
    assert one.model == other.model == "m 1"
    assert (one.embedding == features.embedding).all()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.txt", b"", "come as"),
        ("f.npz", b"no zip", "no .npz"),
        ("f.csv", b"", "header"),
        ("f.csv", b"subject,e0\na,1,2\n", "line 2 has 3 of 2"),
        ("f.csv", b"e0,e1\n1,2\n", "`subject` is missing"),
        ("f.csv", b"subject\na\n", "`embedding` is missing"),
        ("f.csv", b"subject,e0\na,much\n", "numbers"),
        ("f.csv", b"subject,model,e0\na,m1,1\na,m2,1\n", "different models"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FeaturesError, match=message):
        load(tmp_path / name)


def test_a_missing_file_and_pickled_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeaturesError, match="no such file"):
        load(tmp_path / "f.npz")
    np.savez(tmp_path / "f.npz", embedding=np.array([{}], dtype=object), subject=["a"])
    with pytest.raises(FeaturesError, match="never unpacked"):
        load(tmp_path / "f.npz")
