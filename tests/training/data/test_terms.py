"""A model's terms follow from those of the sets that it learned from."""

import pytest

from training.data.sets import SETS
from training.data.terms import LONGEST, Use, terms_of_model

FRL = "FRL London (CC BY 4.0)"
CREMA = "CREMA-D (Open Database License 1.0)"
AGREED = "as agreed with the people who are shown"
DRAWN = "it has seen drawn faces only, and reads no real ones"


def _research(*titles: str) -> str:
    return f"non-commercial research: trained on research-only images ({', '.join(titles)})"


def _of(*names: str, agreed: str | None = None) -> str:
    infos = [SETS[name].info for name in names]
    return terms_of_model({info.name: info.terms for info in infos}, agreed)


@pytest.mark.parametrize(
    ("names", "terms"),
    [
        (("drawn",), f"any use; {DRAWN}"),
        (("frl",), f"any use; with attribution: {FRL}"),
        (("frl", "drawn"), f"any use; with attribution: {FRL}"),
        (("crema-d",), f"any use; with attribution: {CREMA}"),
        (("frl", "crema-d"), f"any use; with attribution: {FRL}, {CREMA}"),
        (("own",), AGREED),
        (("own", "drawn"), AGREED),
        (("own", "frl"), f"{AGREED}; with attribution: {FRL}"),
        (("own", "crema-d"), f"{AGREED}; with attribution: {CREMA}"),
        (("jaffe",), _research("JAFFE")),
        (("jaffe", "drawn"), _research("JAFFE")),
        (("jaffe", "frl"), f"{_research('JAFFE')}; with attribution: {FRL}"),
        (("own", "yale"), f"{_research('Yale')}; {AGREED}"),
        (
            ("ravdess", "jaffe"),
            f"{_research('RAVDESS', 'JAFFE')}; with attribution: RAVDESS (CC BY-NC-SA 4.0)",
        ),
    ],
)
def test_the_strictest_use_counts_and_whoever_asks_is_named(
    names: tuple[str, ...], terms: str
) -> None:
    assert _of(*names) == terms


@pytest.mark.parametrize(
    "name", ["fer", "jaffe", "yale", "lfw", "ckplus", "ckplus48", "kdef", "ravdess", "ferg"]
)
def test_a_set_for_research_makes_every_model_one_for_research(name: str) -> None:
    assert SETS[name].info.terms.use == Use.RESEARCH
    for beside in ("own", "drawn", "frl", "crema-d"):
        assert _of(name, beside).startswith("non-commercial research")
        assert "any use" not in _of(name, beside)


def test_what_the_people_agreed_to_stands_in_the_terms() -> None:
    assert _of("own", agreed=" any use, until 2030 ") == "any use, until 2030"
    assert _of("own", "frl", agreed="any use") == f"any use; with attribution: {FRL}"


def test_what_they_agreed_to_lifts_nothing_that_another_set_asks_for() -> None:
    assert _of("own", "jaffe", agreed="any use") == f"{_research('JAFFE')}; own faces: any use"


def test_nothing_is_said_of_people_who_are_not_there() -> None:
    with pytest.raises(ValueError, match="your own faces"):
        _of("jaffe", agreed="any use")


@pytest.mark.parametrize("words", ["", "  ", "two\nlines", "x" * (LONGEST + 1)])
def test_it_is_one_line(words: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        _of("own", agreed=words)
