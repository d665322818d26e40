"""A card's checks hold what its graph answers to drawn faces, whatever the processor."""

import json
from pathlib import Path

import numpy as np
import pytest

from faceveil.installation import DETECTOR_FILE
from faceveil.model.bundle import BundleError, list_bundles, load_bundle
from faceveil.model.detector import CHECK_FILE, DetectorCheck
from faceveil.model.examination import examine
from faceveil.model.filter import BATCH
from faceveil.runtime import open_session
from faceveil.settings import Settings
from training.bundle.checks import (
    FLOAT32,
    INT8,
    checks_of,
    detector_check,
    drawn_crops,
    with_checks,
)

FOLDERS = list_bundles(Settings().model.directory)
WHOLE = next(folder for (name, _), folder in FOLDERS.items() if name == "open")


def test_the_shipped_answers_are_those_of_the_shipped_graph() -> None:
    bundle = load_bundle(WHOLE)
    made, shipped = checks_of(bundle.graph, bundle.card.crop), bundle.card.checks
    assert shipped is not None
    assert made.tolerance == shipped.tolerance == FLOAT32 < INT8
    for one, other in zip(made.answers, shipped.answers, strict=True):
        np.testing.assert_allclose(one.embedding, other.embedding, atol=FLOAT32 / 10)
        np.testing.assert_allclose(one.emotion, other.emotion, atol=FLOAT32 / 10)


def test_the_drawn_faces_differ_and_are_read_differently() -> None:
    bundle = load_bundle(WHOLE)
    answers = checks_of(bundle.graph, bundle.card.crop).answers
    assert len({one.crop for one in answers}) == len(drawn_crops(bundle.card.crop))
    embeddings = np.array([one.embedding for one in answers])
    assert np.ptp(embeddings, axis=0).max() > 10 * INT8


def test_a_card_gets_its_checks_and_keeps_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / WHOLE.parent.name / WHOLE.name
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes((WHOLE / "model.onnx").read_bytes())
    card = json.loads((WHOLE / "card.json").read_text())
    del card["checks"]
    (folder / "card.json").write_text(json.dumps(card))
    before = load_bundle(folder).card
    after = with_checks(folder)
    assert before.checks is None
    assert after.checks is not None
    assert after.model_copy(update={"checks": None}) == before


def test_another_models_checks_are_not_passed() -> None:
    bundle = load_bundle(WHOLE)
    graph = bundle.graph
    checks = checks_of(graph, bundle.card.crop)
    turned = [
        one.model_copy(update={"embedding": [-value for value in one.embedding]})
        for one in checks.answers
    ]
    card = bundle.card.model_copy(update={"checks": checks.model_copy(update={"answers": turned})})
    with pytest.raises(BundleError, match="otherwise on this processor"):
        examine(card, open_session(graph), BATCH)


def test_the_detectors_check_is_what_it_finds() -> None:
    made = detector_check(DETECTOR_FILE)
    shipped = DetectorCheck.model_validate_json(DETECTOR_FILE.with_name(CHECK_FILE).read_bytes())
    assert [len(one.faces) for one in made.sightings] == [
        len(one.faces) for one in shipped.sightings
    ]
    assert [one.picture for one in made.sightings] == [one.picture for one in shipped.sightings]
