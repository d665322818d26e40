"""Bundles on disk: found by name and version, verified before anything of them is run."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from pydantic import ValidationError

from faceveil.installation import MODELS
from faceveil.model.bundle import (
    VERIFIER_FILE,
    BundleError,
    card_digest,
    find_bundle,
    list_bundles,
    load_bundle,
    read_card,
)
from faceveil.model.card import Card
from tests.fakes import CARD, PRIOR, fake_card

GRAPH = b"stands in for a graph"


def _bundle(directory: Path, name: str = "fake", version: str = "1.0.0", **card: Any) -> Path:
    folder = directory / name / version
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(GRAPH)
    graph = {"sha256": hashlib.sha256(GRAPH).hexdigest(), "bytes": len(GRAPH), "opset": 18}
    members = CARD | {"name": name, "version": version, "graph": graph} | card
    (folder / "card.json").write_text(json.dumps(members))
    return folder


def test_a_whole_bundle_is_loaded_with_the_bytes_that_were_verified(tmp_path: Path) -> None:
    bundle = load_bundle(_bundle(tmp_path))
    assert bundle.graph == GRAPH
    assert (bundle.card.name, bundle.card.version) == ("fake", "1.0.0")


def test_a_graph_that_is_not_its_cards_is_refused_and_both_digests_are_told(
    tmp_path: Path,
) -> None:
    folder = _bundle(tmp_path)
    (folder / "model.onnx").write_bytes(GRAPH + b"!")
    with pytest.raises(BundleError) as refusal:
        load_bundle(folder)
    assert hashlib.sha256(GRAPH + b"!").hexdigest() in str(refusal.value)
    assert hashlib.sha256(GRAPH).hexdigest() in str(refusal.value)


def test_the_bundle_that_is_pinned_is_loaded_and_no_other(tmp_path: Path) -> None:
    folder = _bundle(tmp_path)
    pinned = card_digest(folder)
    assert load_bundle(folder, pinned).graph == GRAPH
    card = folder / "card.json"
    card.write_text(card.read_text().replace("0.5", "0.1"))  # a valid card, of less noise
    assert read_card(folder).levels["noisy"].sigma == 0.1
    for read in (read_card, load_bundle):
        with pytest.raises(BundleError, match=f"FACEVEIL_MODEL__DIGEST says {pinned}"):
            read(folder, pinned)


@pytest.mark.parametrize("missing", ["model.onnx", "card.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    folder = _bundle(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(BundleError, match=missing):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"labels": ["only one"]}, "labels"),
        ({"dimension": 0}, "dimension"),
        ({"default_level": "absent"}, "absent"),
        ({"version": "1.0"}, "version"),
        ({"name": "../escape"}, "name"),
        ({"graph": {"file": "../../x", "sha256": "0" * 64, "bytes": 1, "opset": 1}}, "graph.file"),
        ({"surprise": 1}, "surprise"),
        ({"levels": {"noisy": {"sigma": 0, "summary": ""}}}, "levels.noisy.sigma"),
        ({"prior": {"neutral": 0.5, "happiness": 0.5}}, "the prior has shares of other emotions"),
        ({"prior": PRIOR | {"surprise": 0.0}}, "the share of surprise is not above 0"),
        ({"prior": PRIOR | {"surprise": 0.2}}, "the shares sum to 1.1, not to 1"),
        ({"levels": {"noisy": {"sigma": 1e-9, "summary": ""}}}, "levels.noisy.sigma"),
        ({"levels": {"noisy": {"sigma": math.inf, "summary": ""}}}, "levels.noisy.sigma"),
    ],
    ids=str,
)
def test_a_card_that_is_none_is_refused_by_member(
    tmp_path: Path, change: dict[str, Any], member: str
) -> None:
    with pytest.raises(BundleError, match=f"is not a card: .*{member}"):
        read_card(_bundle(tmp_path, **{"version": "1.0.0"} | change))


def test_a_card_that_is_no_json_is_refused(tmp_path: Path) -> None:
    folder = _bundle(tmp_path)
    (folder / "card.json").write_text("{")
    with pytest.raises(BundleError, match="is not a card"):
        read_card(folder)


def test_a_card_survives_being_written_and_read() -> None:
    card = fake_card(prior=PRIOR)
    assert Card.model_validate_json(card.model_dump_json()) == card
    with pytest.raises(ValidationError, match="frozen"):
        card.name = "another"  # type: ignore[misc]  # a frozen model refuses it, as it should


def test_the_newest_version_is_found_by_number_not_by_text(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.30"):
        _bundle(tmp_path, version=version)
    assert find_bundle(tmp_path, "fake").name == "1.10.0"
    listed = [version for _, version in list_bundles(tmp_path)]
    assert listed == ["1.2.30", "1.9.0", "1.10.0"]


def test_a_version_that_is_asked_for_is_found(tmp_path: Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        _bundle(tmp_path, version=version)
    assert find_bundle(tmp_path, "fake", "1.0.0").name == "1.0.0"


@pytest.mark.parametrize(("name", "version"), [("other", None), ("fake", "3.0.0")])
def test_an_absent_bundle_is_refused_with_those_that_are_there(
    tmp_path: Path, name: str, version: str | None
) -> None:
    _bundle(tmp_path)
    with pytest.raises(BundleError, match=r"there: fake 1\.0\.0"):
        find_bundle(tmp_path, name, version)


def test_a_folder_without_bundles_lists_none(tmp_path: Path) -> None:
    assert list_bundles(tmp_path) == {}
    assert list_bundles(tmp_path / "absent") == {}
    with pytest.raises(BundleError, match="there: none"):
        find_bundle(tmp_path, "fake")


def test_folders_that_are_no_bundles_are_passed_over(tmp_path: Path) -> None:
    _bundle(tmp_path)
    (tmp_path / "detector" / "blazeface-short").mkdir(parents=True)
    assert list(list_bundles(tmp_path)) == [("fake", "1.0.0")]


def test_a_card_in_another_bundles_folder_is_refused(tmp_path: Path) -> None:
    folder = _bundle(tmp_path)
    moved = folder.parent.parent / "another" / folder.name
    moved.parent.mkdir()
    folder.rename(moved)
    with pytest.raises(BundleError, match="belongs into"):
        read_card(moved)


@pytest.mark.parametrize(("name", "version"), list_bundles(MODELS))
def test_a_shipped_graph_answers_nothing_that_is_undefended(name: str, version: str) -> None:
    folder = find_bundle(MODELS, name, version)
    bundle = load_bundle(folder)
    session = onnxruntime.InferenceSession(bundle.graph)
    told = {output.name for output in session.get_outputs()}
    expression = {"expression"} if bundle.card.expression else set()
    assert told == {"embedding", "emotion"} | expression


@pytest.mark.parametrize("file", sorted(MODELS.glob(f"*/*/{VERIFIER_FILE}")))
def test_a_shipped_verifier_is_of_the_graph_beside_it_and_as_free(file: Path) -> None:
    verifier = json.loads(file.read_text(encoding="utf-8"))
    bundle = load_bundle(file.parent)
    name = bundle.card.name
    assert verifier["graph_sha256"] == bundle.card.graph.sha256, f"faceveil verifier {name}"
    assert "research" in bundle.card.terms, "LFW's people were learned for research alone"
    assert verifier["released"].keys() == bundle.card.levels.keys()
