"""The clients and a real server: what an app does with them, from a picture to an audit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faceveil import AsyncClient, Client
from faceveil.client.answers import Progress
from faceveil.client.problems import (
    KeyReused,
    NoFace,
    SeveralFaces,
    UnknownFeature,
    UnreadableImage,
)
from tests.drawn import draw_face
from tests.pictures import blank, crowd, encoded
from tests.running import DIMENSION, MADE, RunningServer, running_server

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "examples" / "features.csv"


@pytest.fixture(scope="module")
def storing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that stores."""
    settings = {"FACEVEIL_STORE__RETENTION_DAYS": "1"}
    with running_server(tmp_path_factory.mktemp("storing"), settings) as running:
        yield running


@pytest.fixture
def remote(storing: RunningServer) -> Iterator[Client]:
    """A client of it."""
    with Client(f"http://{storing.host}:{storing.port}") as client:
        yield client


def test_a_picture_is_read_as_a_path_as_bytes_and_from_pillow(
    remote: Client, face_jpeg: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "face.jpg"
    file.write_bytes(face_jpeg)
    answers = [remote.anonymize(one) for one in (file, str(file), face_jpeg)]
    assert len({answer.face.emotion.label for answer in answers}) == 1
    assert len(answers[0].face.embedding) == DIMENSION
    drawn = remote.anonymize(draw_face(256), faces="all", limit=3, level="strict", prior="wild")
    assert (drawn.model.level, drawn.model.prior) == ("strict", "wild")
    with pytest.raises(NoFace):
        remote.anonymize(blank())
    assert remote.anonymize(blank(), faces="all").faces == []


def test_of_several_people_the_one_who_is_meant_is_read_and_stored(remote: Client) -> None:
    three = crowd(3)
    with pytest.raises(SeveralFaces, match="There are 3 faces"):
        remote.anonymize(three, faces="only")
    with pytest.raises(SeveralFaces, match="There are 3 faces"):
        remote.store(three, "somebody")
    largest = remote.store(three, "somebody", faces="largest")
    assert (largest.found, len(largest.faces)) == (3, 1)
    assert largest.face.roll is not None
    with pytest.raises(NoFace, match="Of the 3 found"):
        remote.anonymize(three, min_size=1000)
    assert largest.feature_id is not None
    remote.delete_feature(largest.feature_id)


def test_the_example_of_the_page_for_app_developers_runs(
    storing: RunningServer, tmp_path: Path, face_jpeg: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "apps.md").read_text(encoding="utf-8")
    example = page.split("```python\n")[1].split("```")[0]
    face = tmp_path / "face.jpg"
    face.write_bytes(face_jpeg)
    address = f"http://{storing.host}:{storing.port}"
    here = {"http://127.0.0.1:8000": address, "face.jpg": str(face), ', key="fv_..."': ""}
    for written, ours in here.items():
        assert written in example
        example = example.replace(written, ours)
    exec(example, {})  # noqa: S102 - our own page
    assert "[" in capsys.readouterr().out


def test_a_bad_picture_of_a_batch_spoils_no_other(remote: Client, face_jpeg: bytes) -> None:
    good, bad = remote.anonymize_batch([face_jpeg, b"no picture"])
    assert good.result().face.emotion == remote.anonymize(face_jpeg).face.emotion
    assert isinstance(bad.error, UnreadableImage)
    with pytest.raises(UnreadableImage):
        bad.result()


def test_a_batch_of_crops_says_nothing_of_a_detector(remote: Client) -> None:
    crop = encoded(blank(48, 48), "PNG")
    (one,) = remote.anonymize_batch([crop], aligned=True)
    assert (one.result().face.score, one.result().face.quality) == (None, None)


def test_what_is_stored_is_found_exported_brought_back_and_erased(
    remote: Client, tmp_path: Path
) -> None:
    crop, when = encoded(blank(48, 48), "PNG"), datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    stored = [
        remote.store(
            crop, "Zoë", session="s1", captured_at=when, aligned=True, idempotency_key="once"
        )
        for _ in range(2)
    ]
    assert stored[0].feature_id == stored[1].feature_id
    with pytest.raises(KeyReused):
        remote.store(crop, "somebody else", aligned=True, idempotency_key="once")

    kept = remote.look_up_subject("Zoë")
    (feature,) = remote.iter_features(subject=kept.subject, since=when)
    assert (feature.id, feature.session, feature.captured_at) == (
        stored[0].feature_id,
        "s1",
        when,
    )
    assert feature == remote.get_feature(feature.id)

    file = remote.export_features(tmp_path / "features.csv", subject=kept.subject)
    brought = remote.import_file(file, **MADE)
    assert brought.count == 1
    more = remote.import_features(
        [{"subject": "Zoë", "embedding": feature.embedding, "captured_at": when}], **MADE
    )
    remote.delete_feature(more.ids[0])
    with pytest.raises(UnknownFeature):
        remote.get_feature(more.ids[0])

    receipt = remote.erase_subject("Zoë")
    assert receipt.features == 2
    assert remote.get_receipt(receipt.id) == receipt
    assert remote.look_up_subject("Zoë").features == 0


def test_an_audit_is_made_from_start_to_report(remote: Client) -> None:
    told: list[Progress] = []
    asked = remote.audit_file(FEATURES, quick=True, folds=2, limit="rank1<=100%")
    audit = remote.wait_for_audit(asked.id, progress=told.append, every=0.1)
    assert audit.result is not None
    assert audit.result.limit is not None
    assert audit.result.limit.passed
    assert 0 <= audit.result.worst.low <= audit.result.worst.rate <= audit.result.worst.high <= 1
    assert told[-1].done == told[-1].steps
    assert remote.get_audit_report(audit.id).lower().startswith("<!doctype html>")
    assert audit.id in {one.id for one in remote.list_audits().audits}
    remote.delete_audit(audit.id)


@pytest.mark.anyio
async def test_the_asynchronous_client_does_the_same(
    storing: RunningServer, face_jpeg: bytes, tmp_path: Path
) -> None:
    async with AsyncClient(f"http://{storing.host}:{storing.port}") as client:
        read = await client.anonymize(face_jpeg)
        assert read.face.emotion.label in (await client.get_model(read.model.name)).labels
        stored = await client.store(face_jpeg, "Nils")
        assert [one.id async for one in client.iter_features()] == [stored.feature_id]
        file = await client.export_features(tmp_path / "features.csv")
        assert f"{stored.feature_id}," in file.read_text(encoding="utf-8")
        assert (await client.erase_subject("Nils")).features == 1
        with pytest.raises(NoFace):
            await client.anonymize(blank())
