"""A model with a guarantee, from made-up crops to what its graph releases of anything."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from faceveil.audit.attackers import LDA
from faceveil.audit.promises import promise_of
from faceveil.guarantee import Guarantee, nearest
from faceveil.model.bundle import Bundle, load_bundle
from faceveil.model.filter import PrivacyFilter
from faceveil.runtime import open_session
from tests.training.faces import made_up_crops
from training.data.crops import UNKNOWN, CropSet
from training.data.moves import MOVES, UNITS
from training.data.record import EMOTIONS
from training.data.sets import SETS
from training.filter.algorithm import Recipe, new_filter
from training.filter.arithmetic import Precision
from training.filter.release import RADIUS
from training.lab.plan import Plan
from training.studies import expressions, gather
from training.studies.train import release, run
from training.studies.train.options import INT8, TrainStudy
from training.studies.train.run import train_bundles

SIDE = 16
LABELS = ("neutral", "happiness")
READING = replace(
    expressions.READING, dimension=4, filters=(8, 16), steps=30, batch=16, mixed_precision=False
)
HIDING = replace(
    expressions.hiding(replace(READING, steps=4, warm_up=1), 8, READING),
    batch=16,
    faces_a_codeword=2,
    likeness=0.0,
)
NAMED = made_up_crops(people=3, takes=4)
MOVING = np.stack([NAMED.emotion * (0.5 + number / 40) for number, _ in enumerate(MOVES)], axis=1)
NAMED = replace(NAMED, moves=MOVING.astype(np.float32))
CROPS = {"jaffe": NAMED, "lfw": replace(NAMED, emotion=np.full(len(NAMED), UNKNOWN))}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Bundle]:
    """A bundle in float32 and its twin in int8, of a set that names everybody."""
    folder = tmp_path_factory.mktemp("expressions")

    def cropped(name: str, *others: object) -> CropSet:
        del others
        return CROPS[name]

    def plan(study: TrainStudy) -> Plan:
        levels = {"no noise": 0.0, "balanced": expressions.LEVELS["balanced"].sigma}
        return Plan(HIDING, READING, levels, 3, study.seed, (LDA,), study.labels)

    for name in CROPS:
        (folder / SETS[name].place).mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gather, "crops_of", cropped)
        patched.setattr(run, "planned", plan)
        for module in (run, release):
            small = module.GEOMETRY.model_copy(update={"width": SIDE, "height": SIDE})
            patched.setattr(module, "GEOMETRY", small)
        written = train_bundles(
            TrainStudy(
                data=folder,
                sets="jaffe",
                name="proved",
                version="1.0.0",
                models=folder / "models",
                run=folder / "run",
                folds=3,
                emotions=",".join(LABELS),
                reference=False,
                int8=True,
                codewords=8,
                precision=Precision.FLOAT32,
            )
        )
    return [load_bundle(one) for one in written]


def _guarantee(bundle: Bundle) -> Guarantee:
    assert bundle.card.guarantee is not None
    return bundle.card.guarantee


def test_both_serve_with_a_guarantee_on_the_card(bundles: list[Bundle]) -> None:
    for bundle in bundles:
        PrivacyFilter.load(bundle)
        card, proved = bundle.card, _guarantee(bundle)
        assert proved.radius == RADIUS
        assert {name: round(one.mu, 9) for name, one in proved.levels.items()} == {
            "utility": 4.0,
            "balanced": 1.0,
            "strict": 0.5,
        }
        assert card.dimension == len(card.labels) == 2
        assert [one.data for one in proved.shared] == [SETS[n].info.name for n in CROPS]
        assert card.training.preset.startswith("expressions")
        assert "--codewords 8" in card.training.command


def test_both_cards_say_which_shares_of_emotions_their_answers_expect(
    bundles: list[Bundle],
) -> None:
    shown = np.bincount(NAMED.emotion)[: len(LABELS)]
    for bundle in bundles:
        assert bundle.card.prior == pytest.approx(
            dict(zip(LABELS, shown / shown.sum(), strict=True)), abs=1e-6
        )


def test_an_emotion_that_was_never_shown_leaves_a_card_without_a_prior() -> None:
    made = new_filter(SIDE, 2, READING)
    assert release.prior_of(made, LABELS) is None
    made.prior = np.array([1, 0], np.float32)
    assert release.prior_of(made, LABELS) is None
    made.prior = np.array([0.75, 0.25], np.float32)
    assert release.prior_of(made, LABELS) == {"neutral": 0.75, "happiness": 0.25}


def test_two_graphs_have_noise_of_their_own(bundles: list[Bundle]) -> None:
    assert [bundle.card.noise_of for bundle in bundles] == [None, None]
    assert [bundle.card.quantised_from for bundle in bundles] == [None, "proved/1.0.0"]
    assert bundles[1].card.name == bundles[0].card.name + INT8


def test_the_card_tells_of_attackers_who_know_the_codewords(bundles: list[Bundle]) -> None:
    systems = {result.system for result in bundles[0].card.results if result.level == "balanced"}
    assert {"codeword, lda", "beyond the codeword, nearest, noise-free gallery"} <= systems
    assert {"codeword", "lda+codeword, noise-free gallery"} <= systems, "as in an audit"


def test_a_bound_stands_beside_each_attacker_where_there_is_noise(bundles: list[Bundle]) -> None:
    for bundle in bundles:
        attacks = [result for result in bundle.card.results if result.task == "identity"]
        proved = [result.system for result in attacks if result.bound is not None]
        assert {r.level for r in attacks if r.bound is not None} == {"balanced"}
        assert sorted(proved) == sorted(r.system for r in attacks if r.level == "balanced")
        assert not any(result.is_above_bound for result in attacks)
        assert "proved that nobody names more than" in bundle.card.audit
        assert "the codeword alone gives" in bundle.card.audit
        assert "proved at most" in bundle.card.summary


@pytest.mark.parametrize("number", [0, 1], ids=["float32", "int8"])
def test_whatever_goes_in_nothing_beyond_the_radius_comes_out(
    bundles: list[Bundle], number: int
) -> None:
    bundle, dimension = bundles[number], bundles[number].card.dimension
    session, proved = open_session(bundle.graph), _guarantee(bundles[number])
    words = np.array(proved.codewords)

    @settings(max_examples=60, deadline=None)
    @given(
        arrays.arrays(np.uint8, (1, SIDE, SIDE)),
        arrays.arrays(np.float32, (1, dimension), elements=st.floats(-6, 6, width=32)),
        st.sampled_from(sorted(expressions.LEVELS)),
    )
    def holds(face: np.ndarray, noise: np.ndarray, level: str) -> None:
        sigma = np.array([expressions.LEVELS[level].sigma], np.float32)
        feed = {"face": face, "noise": noise, "sigma": sigma}
        released, emotion = session.run(["embedding", "emotion"], feed)
        clean, _ = session.run(["embedding", "emotion"], feed | {"noise": 0 * noise})
        rest = clean[0] - words[nearest(clean, proved.codewords)[0]]
        assert np.linalg.norm(rest) <= proved.radius * (1 + 1e-5) + 1e-6
        assert np.allclose(released - clean, sigma * noise, atol=1e-5)
        read_back = words[nearest(released, proved.codewords)].astype(np.float32)
        _, again = session.run(
            ["embedding", "emotion"], feed | {"noise": (read_back - clean) / sigma}
        )
        assert np.allclose(emotion, again, atol=1e-6)  # it is the codeword's, and nothing else's

    holds()


@pytest.mark.parametrize("number", [0, 1], ids=["float32", "int8"])
def test_the_expression_is_a_function_of_what_is_released_and_of_nothing_else(
    bundles: list[Bundle], number: int
) -> None:
    bundle, dimension = bundles[number], bundles[number].card.dimension
    session, words = open_session(bundle.graph), np.array(_guarantee(bundle).codewords)
    names = list(bundle.card.outputs)

    def told(face: np.ndarray, noise: np.ndarray, sigma: np.ndarray) -> list[np.ndarray]:
        return session.run(names, {"face": face, "noise": noise, "sigma": sigma})

    @settings(max_examples=60, deadline=None)
    @given(
        arrays.arrays(np.uint8, (2, SIDE, SIDE)),
        arrays.arrays(np.float32, (1, dimension), elements=st.floats(-6, 6, width=32)),
        st.sampled_from(sorted(expressions.LEVELS)),
    )
    def holds(faces: np.ndarray, noise: np.ndarray, level: str) -> None:
        sigma = np.array([expressions.LEVELS[level].sigma], np.float32)
        released, _, expression = told(faces[:1], noise, sigma)
        # Noise that leads another face to the same place, and to the codeword alone.
        chosen = nearest(released, words.tolist())
        distance = np.sort(np.linalg.norm(released - words, axis=1))
        if len(distance) > 1 and distance[1] - distance[0] < 1e-3:
            return  # rounding may choose either
        for face, target in ((faces[1:], released), (faces[:1], words[chosen])):
            clean, _, _ = told(face, 0 * noise, sigma)
            _, _, again = told(face, (target - clean).astype(np.float32) / sigma, sigma)
            assert np.array_equal(expression, again)

    holds()


@pytest.mark.parametrize("number", [0, 1], ids=["float32", "int8"])
def test_the_card_tells_how_well_each_move_is_read_at_each_level(
    bundles: list[Bundle], number: int
) -> None:
    card = bundles[number].card
    assert card.expression is not None
    assert card.expression.action_units == list(UNITS)
    assert "36 pictures of 3 people" in card.expression.summary
    assert card.checks is not None
    assert {len(one.expression or ()) for one in card.checks.answers} == {len(MOVES)}
    assert [result.level for result in card.expression.results] == ["no noise", "balanced"]
    for result in card.expression.results:
        assert [move.name for move in result.moves] == list(MOVES)
        assert (result.data, result.people) == (SETS["lfw"].info.name, 3)


def test_an_audit_of_its_embeddings_knows_what_is_proved(
    bundles: list[Bundle], tmp_path: Path
) -> None:
    from faceveil.audit.features import Features

    folder = tmp_path / "proved" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(bundles[0].card.model_dump_json())
    rows = Features.of(np.zeros((4, 2)), [0, 0, 1, 1], model="proved 1.0.0")
    promise = promise_of(replace(rows, levels=frozenset({"strict"})), [tmp_path])
    assert promise == _guarantee(bundles[0]).promise(expressions.LEVELS["strict"].sigma)


def test_without_codewords_nothing_is_promised() -> None:
    study = TrainStudy(emotions=",".join(EMOTIONS), precision=Precision.FLOAT32)
    assert run.planned(study).recipe == Recipe(mixed_precision=False)
