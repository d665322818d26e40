"""Several images in one request: each has its own answer or its own problem."""

import base64
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.refusals import assert_refused
from tests.drawn import draw_face
from tests.pictures import blank, encoded

PATH = "/v1/anonymize/batch"
FACES = [encoded(draw_face(size), "PNG") for size in (256, 224, 192)]


def _form(*images: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("image", (f"{index}.png", image)) for index, image in enumerate(images)]


def _items(client: TestClient, *images: bytes) -> list[dict[str, Any]]:
    response = client.post(PATH, files=_form(*images))
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def test_answers_come_in_the_order_of_the_images(client: TestClient) -> None:
    items = _items(client, *FACES)
    assert [item["index"] for item in items] == [0, 1, 2]
    assert [item["answer"]["image"]["width"] for item in items] == [256, 224, 192]


def test_an_image_in_a_batch_is_answered_as_it_is_alone(client: TestClient) -> None:
    alone = [client.post("/v1/anonymize", files={"image": face}).json() for face in FACES]
    assert [item["answer"] for item in _items(client, *FACES)] == alone


def test_json_gives_the_same_answers_as_a_form(client: TestClient) -> None:
    images = [{"image": base64.b64encode(face).decode()} for face in FACES]
    response = client.post(PATH, json={"images": images})
    assert response.json()["items"] == _items(client, *FACES)


def test_a_bad_image_spoils_no_other(client: TestClient) -> None:
    words, nobody = b"These are words.", encoded(blank(), "PNG")
    good, bad, empty, faceless, last = _items(client, FACES[0], words, b"", nobody, FACES[1])
    assert good["answer"]["image"]["width"] == 256
    assert last["answer"]["image"]["width"] == 224
    types = [item["error"]["type"].rpartition(":")[2] for item in (bad, empty, faceless)]
    assert types == ["unreadable-image", "unreadable-image", "no-face"]


def test_an_item_has_an_answer_or_an_error_and_the_error_has_the_requests_id(
    client: TestClient,
) -> None:
    response = client.post(PATH, files=_form(FACES[0], b"words"), headers={"X-Request-ID": "mine"})
    good, bad = response.json()["items"]
    assert set(good) == {"index", "answer"}
    assert set(bad) == {"index", "error"}
    assert bad["error"]["request_id"] == "mine"


def test_base64_that_is_none_spoils_its_own_item_only(client: TestClient) -> None:
    good = base64.b64encode(FACES[0]).decode()
    response = client.post(PATH, json={"images": [{"image": "***"}, {"image": good}]})
    bad, fine = response.json()["items"]
    assert "base64" in bad["error"]["detail"]
    assert "answer" in fine


def test_the_query_holds_for_every_image(client: TestClient) -> None:
    response = client.post(PATH, files=_form(*FACES), params={"embedding_format": "base64"})
    embeddings = [item["answer"]["faces"][0]["embedding"] for item in response.json()["items"]]
    assert all(isinstance(embedding, str) for embedding in embeddings)


@pytest.mark.parametrize("way", ["form", "json"])
def test_more_images_than_the_limit_are_refused(client: TestClient, way: str) -> None:
    count = 65
    if way == "form":
        response = client.post(PATH, files=_form(*[b"x"] * count))
    else:
        response = client.post(PATH, json={"images": [{"image": "eA=="}] * count})
    problem = assert_refused(response, 422, "invalid-parameters")
    assert "64" in problem["detail"]


@pytest.mark.parametrize("body", [{}, {"images": []}, {"images": [{}]}, {"image": "eA=="}], ids=str)
def test_json_without_images_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    assert_refused(client.post(PATH, json=body), 422, "invalid-parameters")


def test_a_raw_image_is_not_a_batch(client: TestClient) -> None:
    response = client.post(PATH, content=FACES[0], headers={"Content-Type": "image/png"})
    assert_refused(response, 415, "unsupported-content-type")
