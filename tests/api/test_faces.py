"""Which faces of a picture are answered, and which requests do not fit."""

from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.api.refusals import assert_refused
from tests.drawn import draw_face
from tests.pictures import blank, crowd, encoded

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


def test_of_several_people_none_is_the_only_one(client: TestClient, three: bytes) -> None:
    response = client.post(PATH, content=three, headers=PNG, params={"faces": "only"})
    problem = assert_refused(response, 422, "several-faces")
    assert "There are 3 faces" in problem["detail"]


def test_the_answer_tells_how_many_faces_there_are(client: TestClient, three: bytes) -> None:
    queries: list[dict[str, Any]] = [{"faces": "all", "limit": 1}, {"faces": "all"}]
    for query in ({"faces": "largest"}, *queries):
        answer = client.post(PATH, content=three, headers=PNG, params=query).json()
        assert answer["found"] == 3


def test_a_frame_without_a_face_is_no_error_where_all_are_wanted(client: TestClient) -> None:
    empty = encoded(blank(), "PNG")
    assert _faces(client, empty, faces="all") == []
    assert_refused(client.post(PATH, content=empty, headers=PNG), 422, "no-face")


def test_a_face_is_read_upright_however_it_is_turned(client: TestClient) -> None:
    upright = draw_face(400, smile=1)
    (straight,) = _faces(client, encoded(upright, "PNG"))
    for degrees, turn in ((-90, Image.Transpose.ROTATE_90), (180, Image.Transpose.ROTATE_180)):
        (face,) = _faces(client, encoded(upright.transpose(turn), "PNG"))
        assert abs((face["roll"] - degrees + 180) % 360 - 180) < 4
        assert face["emotion"]["label"] == straight["emotion"]["label"]


def test_a_face_says_where_its_points_lie_and_how_it_is_turned(client: TestClient) -> None:
    (face,) = _faces(client, encoded(draw_face(400), "PNG"))
    assert face["points"]["left_eye"]["x"] == pytest.approx(0.4 * 400, abs=8)
    assert face["points"]["nose"]["y"] == pytest.approx(0.6 * 400, abs=20)
    assert abs(face["yaw"]) < 15
    assert face["quality"] == {"doubts": []}


@pytest.mark.parametrize("query", [{"min_score": 0.99}, {"min_size": 200}, {"max_yaw": 0}], ids=str)
def test_faces_may_be_left_out_by_what_is_seen_of_them(
    client: TestClient, three: bytes, query: dict[str, float]
) -> None:
    assert _faces(client, three, faces="all", **query) == []
    response = client.post(PATH, content=three, headers=PNG, params=query)
    assert "Of the 3 found" in assert_refused(response, 422, "no-face")["detail"]


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
        ({"faces": "only", "limit": "2"}, "query.limit"),
        ({"faces": "some"}, "query.faces"),
        ({"min_score": "1.1"}, "query.min_score"),
        ({"min_size": "-1"}, "query.min_size"),
        ({"max_yaw": "91"}, "query.max_yaw"),
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
