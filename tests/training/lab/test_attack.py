"""An attack has one name, and a name is one attack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceveil.audit.attackers import CONDITIONED, LADDER, LDA, NEAREST, KnowingEmotion
from training.lab.attack import Attack, Emotions, Gallery, attempts

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,15}", fullmatch=True)
ATTACKS = st.builds(
    Attack,
    learner=NAMES,
    gallery=st.sampled_from(Gallery),
    emotions=st.sampled_from(Emotions),
    knows_emotion=st.booleans(),
    features=st.one_of(st.just(""), NAMES),
)


@given(ATTACKS)
def test_words_lead_back_to_their_attack(attack: Attack) -> None:
    assert Attack.of(str(attack)) == attack


@given(st.text())
def test_whatever_words_are_read_come_back_as_they_were(words: str) -> None:
    assert str(Attack.of(words)) == words


@given(ATTACKS, ATTACKS)
def test_two_attacks_never_have_the_same_words(one: Attack, other: Attack) -> None:
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (Attack("hybrid2face"), "hybrid2face"),
        (Attack("lda", knows_emotion=True), "lda+emotion"),
        (Attack("lda", features="HOG"), "HOG, lda"),
        (
            Attack("nearest", Gallery.NOISE_FREE, Emotions.OTHERS),
            "nearest, noise-free gallery, other emotions only",
        ),
    ],
)
def test_words_are_those_of_the_cards(attack: Attack, words: str) -> None:
    assert str(attack) == words


def test_every_attacker_of_the_audit_is_named_as_it_names_itself() -> None:
    for attacker in (*LADDER, *map(KnowingEmotion, CONDITIONED)):
        attack = Attack.of(attacker.name)
        assert str(attack) == attacker.name
        assert attack.knows_emotion == isinstance(attacker, KnowingEmotion)


def test_splits_are_cut_once_for_a_gallery_and_the_emotions_in_it() -> None:
    cut: list[tuple[Gallery, Emotions]] = []

    def splits(gallery: Gallery, emotions: Emotions) -> list[list[object]]:
        cut.append((gallery, emotions))
        return []

    found = list(attempts(splits, (LDA, NEAREST), (NEAREST,), tuple(Gallery)))  # type: ignore[arg-type]
    assert [str(one.attack) for one in found] == [
        "lda",
        "nearest",
        "nearest, other emotions only",
        "lda, noise-free gallery",
        "nearest, noise-free gallery",
        "nearest, noise-free gallery, other emotions only",
    ]
    assert cut == [(gallery, emotions) for gallery in Gallery for emotions in Emotions]
