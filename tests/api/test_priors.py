"""A caller says how often each emotion is met, and is answered accordingly."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from faceveil.app import create_app
from tests.api.refusals import assert_refused
from tests.conftest import HERE
from tests.databases import keeping_settings
from tests.fakes import PRIOR, FakeSession, StillDetector, fake_card, fake_engine
from tests.pictures import blank, encoded

PATH = "/v1/anonymize"
PICTURE = encoded(blank(), "PNG")
OWN = {"neutral": 0.2, "happiness": 0.7, "surprise": 0.1}
WRITTEN = ",".join(f"{label}={share}" for label, share in OWN.items())
EVEN = dict.fromkeys(PRIOR, 1 / 3)
READ = dict(zip(PRIOR, FakeSession().emotion.tolist(), strict=True))

Serving = Callable[..., TestClient]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Clients of servers with a model whose card has a prior, or another one."""
    with ExitStack() as opened:

        def start(prior: str = "wild", learned: dict[str, float] | None = PRIOR) -> TestClient:
            engine = fake_engine(StillDetector(), card=fake_card(prior=learned), prior=prior)
            app = create_app(keeping_settings(tmp_path / prior), engine)
            return opened.enter_context(TestClient(app, base_url=HERE))

        yield start


def _by_bayes(expected: dict[str, float]) -> dict[str, float]:
    odds = {label: READ[label] / PRIOR[label] * expected[label] for label in PRIOR}
    return {label: share / sum(odds.values()) for label, share in odds.items()}


def _answers(client: TestClient, **query: str) -> list[dict[str, Any]]:
    """Of one picture, sent alone and in a batch."""
    one = client.post(PATH, files={"image": PICTURE}, params=query)
    (item,) = client.post(f"{PATH}/batch", files={"image": PICTURE}, params=query).json()["items"]
    return [one.json(), item["answer"]]


@pytest.mark.parametrize(
    ("server", "wanted", "used", "expected"),
    [
        ("wild", {}, "wild", PRIOR),
        ("wild", {"prior": "wild"}, "wild", PRIOR),
        ("wild", {"prior": "even"}, "even", EVEN),
        ("even", {}, "even", EVEN),
        ("even", {"prior": "wild"}, "wild", PRIOR),
        (WRITTEN, {}, "server", OWN),
        (WRITTEN, {"prior": "even"}, "even", EVEN),
        (WRITTEN, {"prior": "wild"}, "wild", PRIOR),
    ],
)
def test_a_request_names_the_prior_and_else_the_server_does(
    serving: Serving, server: str, wanted: dict[str, str], used: str, expected: dict[str, float]
) -> None:
    for answer in _answers(serving(server), **wanted):
        assert answer["model"]["prior"] == used
        (face,) = answer["faces"]
        read = _by_bayes(expected)
        assert face["emotion"]["probabilities"] == pytest.approx(read, rel=1e-6)
        assert face["emotion"]["label"] == max(read, key=read.__getitem__)


def test_wild_is_to_the_last_bit_what_the_model_answers(serving: Serving) -> None:
    plain, named = (_answers(serving(), **wanted)[0] for wanted in ({}, {"prior": "wild"}))
    assert plain == named
    probabilities = plain["faces"][0]["emotion"]["probabilities"]
    np.testing.assert_array_equal(
        np.array(list(probabilities.values()), np.float32), FakeSession().emotion
    )


def test_the_embedding_is_the_same_by_every_prior(serving: Serving) -> None:
    client = serving(WRITTEN)
    wanted: list[dict[str, str]] = [{}, {"prior": "wild"}, {"prior": "even"}]
    embeddings = [_answers(client, **one)[0]["faces"][0]["embedding"] for one in wanted]
    assert embeddings[0] == embeddings[1] == embeddings[2]


def test_a_model_whose_card_has_no_prior_answers_by_wild_alone(serving: Serving) -> None:
    client = serving(learned=None)
    for path in (PATH, f"{PATH}/batch"):
        for wanted in ({}, {"prior": "wild"}):
            assert client.post(path, files={"image": PICTURE}, params=wanted).is_success
        refused = client.post(path, files={"image": PICTURE}, params={"prior": "even"})
        (error,) = assert_refused(refused, 422, "invalid-parameters")["errors"]
        assert error["field"] == "query.prior"
        assert error["message"].startswith("Only wild: the model's card does not say")


@pytest.mark.parametrize("wanted", ["server", WRITTEN, "Even", ""])
def test_a_request_names_nothing_but_wild_and_even(serving: Serving, wanted: str) -> None:
    refused = serving(WRITTEN).post(PATH, files={"image": PICTURE}, params={"prior": wanted})
    assert_refused(refused, 422, "invalid-parameters")


@pytest.mark.parametrize("prior", ["wild", "even", None])
def test_what_is_stored_is_what_was_answered(serving: Serving, prior: str | None) -> None:
    client = serving(WRITTEN)
    wanted = {"prior": prior} if prior else {}
    fields = {"store": "true", "subject": "Zoë"}
    answer = client.post(PATH, files={"image": PICTURE}, data=fields, params=wanted).json()
    stored = client.get(f"/v1/features/{answer['feature_id']}").json()
    assert stored["emotion"] == answer["faces"][0]["emotion"]["label"]


def test_the_priors_of_these_tests_lead_to_other_labels() -> None:
    labels = {max(read, key=read.__getitem__) for read in map(_by_bayes, (EVEN, OWN))}
    assert labels == {"surprise", "happiness"}


def test_one_idempotency_key_is_not_for_two_priors(serving: Serving) -> None:
    client = serving()
    fields, key = {"store": "true", "subject": "Zoë"}, {"Idempotency-Key": "k"}

    def store(prior: str) -> Any:
        query = {"prior": prior}
        return client.post(PATH, files={"image": PICTURE}, data=fields, params=query, headers=key)

    assert store("even").json()["feature_id"] == store("even").json()["feature_id"]
    assert_refused(store("wild"), 422, "key-reused")


@pytest.mark.parametrize(
    ("server", "name", "shares"),
    [("wild", "wild", PRIOR), ("even", "even", EVEN), (WRITTEN, "server", OWN)],
)
def test_the_models_list_says_what_the_server_expects_and_what_each_model_learned(
    serving: Serving, server: str, name: str, shares: dict[str, float]
) -> None:
    client = serving(server)
    listed = client.get("/v1/models").json()
    assert (listed["prior"], listed["shares"]) == (name, shares)
    assert listed["models"][0]["prior"] == PRIOR
    assert client.get("/v1/models/fake").json()["prior"] == PRIOR


def test_of_a_model_whose_card_has_no_prior_the_list_says_so(serving: Serving) -> None:
    listed = serving(learned=None).get("/v1/models").json()
    assert (listed["prior"], listed["shares"], listed["models"][0]["prior"]) == ("wild", None, None)
