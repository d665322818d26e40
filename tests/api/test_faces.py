"""Which faces of a picture are answered, and which requests do not fit."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.refusals import assert_refused
from tests.pictures import crowd, encoded

PATH = "/v1/anonymize"
PNG = {"Content-Type": "image/png"}


@pytest.fixture(scope="module")
def three() -> bytes:
    return encoded(crowd(3), "PNG")


def _faces(client: TestClient, picture: bytes, **query: Any) -> list[dict[str, Any]]:
    response = client.post(PATH, content=picture, headers=PNG, params=query)
    assert response.status_code == 200, response.text
    faces: list[dict[str, Any]] = response.json()["faces"]
    return faces


def test_the_largest_face_alone_is_answered_by_default(client: TestClient, three: bytes) -> None:
    (face,) = _faces(client, three)
    assert face["box"]["x"] + face["box"]["width"] < 320
    assert _faces(client, three, faces="largest") == [face]


def test_all_faces_are_answered_largest_first(client: TestClient, three: bytes) -> None:
    boxes = [face["box"] for face in _faces(client, three, faces="all")]
    assert len(boxes) == 3
    lefts, widths = ([box[side] for box in boxes] for side in ("x", "width"))
    assert lefts == sorted(lefts)
    assert widths == sorted(widths, reverse=True)


def test_each_face_has_an_embedding_of_its_own(client: TestClient, three: bytes) -> None:
    embeddings = {tuple(face["embedding"]) for face in _faces(client, three, faces="all")}
    assert len(embeddings) == 3


def test_a_limit_keeps_the_largest(client: TestClient, three: bytes) -> None:
    everyone = _faces(client, three, faces="all")
    assert _faces(client, three, faces="all", limit=2) == everyone[:2]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "2"}, "query.limit"),
        ({"faces": "largest", "limit": "2"}, "query.limit"),
        ({"faces": "all", "limit": "0"}, "query.limit"),
        ({"faces": "all", "limit": "65"}, "query.limit"),
        ({"faces": "all", "limit": "many"}, "query.limit"),
        ({"faces": "some"}, "query.faces"),
        ({"embedding_format": "hex"}, "query.embedding_format"),
        ({"aligned": "perhaps"}, "query.aligned"),
        ({"face": "all"}, "query.face"),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [PATH, f"{PATH}/batch"])
def test_a_parameter_that_does_not_fit_is_refused_by_name(
    client: TestClient, three: bytes, path: str, query: dict[str, str], field: str
) -> None:
    response = client.post(path, files={"image": three}, params=query)
    problem = assert_refused(response, 422, "invalid-parameters")
    assert [error["field"] for error in problem["errors"]] == [field]
