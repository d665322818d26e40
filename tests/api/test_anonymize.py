"""One image goes in by any of three ways; an emotion and an embedding come out."""

import base64
import math

import numpy as np
import pytest
from starlette.testclient import TestClient

from faceveil.api.components import Components
from faceveil.model.card import Card
from tests.api.refusals import assert_refused
from tests.drawn import draw_face
from tests.pictures import encoded

PATH = "/v1/anonymize"
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def card(components: Components) -> Card:
    assert components.engine
    return components.engine.card


def test_form_raw_body_and_json_give_the_same_answer(client: TestClient, face_jpeg: bytes) -> None:
    text = base64.b64encode(face_jpeg).decode()
    answers = [
        client.post(PATH, files={"image": ("face.jpg", face_jpeg)}),
        client.post(PATH, content=face_jpeg, headers=JPEG),
        client.post(PATH, json={"image": text}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()


def test_base64_as_browsers_and_shells_write_it_gives_the_same_answer(
    client: TestClient, face_jpeg: bytes
) -> None:
    expected = client.post(PATH, files={"image": face_jpeg}).json()
    text = base64.b64encode(face_jpeg).decode()
    forms = [
        f"data:image/jpeg;base64,{text}",
        base64.encodebytes(face_jpeg).decode(),
        base64.urlsafe_b64encode(face_jpeg).decode().rstrip("="),
    ]
    for form in forms:
        assert client.post(PATH, json={"image": form}).json() == expected
    count = 64 // len(forms)
    images = [{"image": form} for form in forms * count]
    items = client.post(f"{PATH}/batch", json={"images": images}).json()["items"]
    assert [item["answer"] for item in items] == [expected] * len(images)


def test_content_types_are_read_whatever_their_case_and_parameters(
    client: TestClient, face_jpeg: bytes
) -> None:
    headers = {"Content-Type": "Image/JPEG; name=face.jpg"}
    assert client.post(PATH, content=face_jpeg, headers=headers).status_code == 200


def test_the_box_lies_on_the_drawn_face(client: TestClient, face_jpeg: bytes) -> None:
    answer = client.post(PATH, content=face_jpeg, headers=JPEG).json()
    assert answer["image"] == {"width": 256, "height": 256}
    (face,) = answer["faces"]
    box = face["box"]
    for eye_x, eye_y in ((0.40, 0.475), (0.60, 0.475)):
        assert box["x"] < eye_x * 256 < box["x"] + box["width"]
        assert box["y"] < eye_y * 256 < box["y"] + box["height"]
    assert 0.3 < box["width"] / 256 < 0.6
    assert 0.5 < face["score"] <= 1


def test_the_model_that_answered_is_named(client: TestClient, card: Card, face_jpeg: bytes) -> None:
    answer = client.post(PATH, content=face_jpeg, headers=JPEG).json()
    assert answer["model"] == {
        "name": card.name,
        "version": card.version,
        "level": card.default_level,
        "prior": "wild",
    }


def test_the_probabilities_have_the_cards_labels_and_sum_to_one(
    client: TestClient, card: Card, face_jpeg: bytes
) -> None:
    answer = client.post(PATH, content=face_jpeg, headers=JPEG).json()
    emotion = answer["faces"][0]["emotion"]
    probabilities = emotion["probabilities"]
    assert list(probabilities) == card.labels
    assert all(0 <= value <= 1 for value in probabilities.values())
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert probabilities[emotion["label"]] == max(probabilities.values())


def test_the_embedding_is_finite_and_as_long_as_the_card_says(
    client: TestClient, card: Card, face_jpeg: bytes
) -> None:
    answer = client.post(PATH, content=face_jpeg, headers=JPEG).json()
    embedding = answer["faces"][0]["embedding"]
    assert len(embedding) == card.dimension
    assert all(math.isfinite(value) for value in embedding)


def test_base64_holds_the_very_float32_values_that_float_tells(
    client: TestClient, face_jpeg: bytes
) -> None:
    numbers, text = (
        client.post(
            PATH, content=face_jpeg, headers=JPEG, params={"embedding_format": wanted}
        ).json()["faces"][0]["embedding"]
        for wanted in ("float", "base64")
    )
    assert np.array(numbers, "<f4").tobytes() == base64.b64decode(text, validate=True)


def test_asking_again_tells_nothing_new(client: TestClient, face_jpeg: bytes) -> None:
    first, second = (client.post(PATH, content=face_jpeg, headers=JPEG).json() for _ in range(2))
    assert first == second


def test_another_picture_of_the_face_is_answered_with_other_noise(client: TestClient) -> None:
    first, second = (
        client.post(PATH, content=encoded(draw_face(skin=skin), "PNG"), headers=JPEG).json()
        for skin in (190, 191)
    )
    difference = np.subtract(first["faces"][0]["embedding"], second["faces"][0]["embedding"])
    # The pictures differ by one grey level in the skin; without noise the embeddings would by 0.
    assert np.abs(difference).max() > 0.01


def test_server_timing_splits_queue_decode_detect_and_infer(
    client: TestClient, face_jpeg: bytes
) -> None:
    response = client.post(PATH, content=face_jpeg, headers=JPEG)
    stages = dict(part.split(";dur=") for part in response.headers["server-timing"].split(", "))
    assert list(stages) == ["queue", "decode", "detect", "infer"]
    assert all(float(milliseconds) >= 0 for milliseconds in stages.values())


def test_an_answer_is_kept_by_no_cache_and_run_by_no_browser(
    client: TestClient, face_jpeg: bytes
) -> None:
    response = client.post(PATH, content=face_jpeg, headers=JPEG)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_an_aligned_crop_is_taken_as_it_is(client: TestClient, card: Card) -> None:
    size = (card.crop.width, card.crop.height)
    crop = encoded(draw_face(256).resize(size), "PNG")
    answer = client.post(PATH, content=crop, headers=JPEG, params={"aligned": "true"}).json()
    (face,) = answer["faces"]
    assert face["box"] == {"x": 0, "y": 0, "width": size[0], "height": size[1]}
    assert face["score"] is None
    assert len(face["embedding"]) == card.dimension


def test_an_aligned_crop_of_another_size_is_refused_with_the_right_one(
    client: TestClient, card: Card, face_jpeg: bytes
) -> None:
    response = client.post(PATH, content=face_jpeg, headers=JPEG, params={"aligned": "true"})
    problem = assert_refused(response, 422, "not-aligned")
    assert f"{card.crop.width} x {card.crop.height}" in problem["detail"]
