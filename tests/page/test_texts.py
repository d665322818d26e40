"""The page's words: each language has all of them, and the code names none that is not there."""

import re
from pathlib import Path

import pytest

from faceveil.page.site import STATIC
from faceveil.problems import Problem

LANGUAGES = sorted((STATIC / "texts").glob("*.js"))
CODE = "\n".join(file.read_text(encoding="utf-8") for file in sorted((STATIC / "js").rglob("*.js")))


def _texts(file: Path) -> dict[str, str]:
    lines = re.findall(
        r'^  "([^"]+)": "((?:[^"\\]|\\.)*)",$', file.read_text(encoding="utf-8"), re.M
    )
    assert len(lines) == len(dict(lines)), f"{file.name} says something twice"
    return dict(lines)


ENGLISH = _texts(STATIC / "texts" / "en.js")


@pytest.mark.parametrize("file", LANGUAGES, ids=lambda file: file.stem)
def test_a_language_has_every_text_with_the_same_places_and_nothing_else(file: Path) -> None:
    texts = _texts(file)
    every_line = [line for line in file.read_text(encoding="utf-8").splitlines() if '": "' in line]
    assert len(every_line) == len(texts), "a text is not written as the others are"
    assert texts.keys() == ENGLISH.keys()
    for name, text in texts.items():
        assert text.strip()
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", ENGLISH[name])), name


def test_every_text_that_the_code_names_is_there() -> None:
    named = set(re.findall(r'\b(?:t|has)\(\s*"([^"]+)"', CODE))
    counted = set(re.findall(r'\bcount\(\s*"([^"]+)"', CODE))
    assert named
    assert counted
    assert sorted(named - ENGLISH.keys()) == []
    for name in counted:
        assert {f"{name}.one", f"{name}.other"} <= ENGLISH.keys()


def test_every_text_is_used() -> None:
    literal = set(re.findall(r'"([\w. ><=-]+)"', CODE))
    families = set(re.findall(r"`([\w.]+\.)\$\{", CODE))
    families |= {f"{kind}." for kind in re.findall(r'\bword\("(\w+)"', CODE)}
    unused = [
        name
        for name in ENGLISH
        if name not in literal
        and name.rsplit(".", 1)[0] not in literal  # .one and .other, .do
        and not any(name.startswith(family) for family in families)
    ]
    assert unused == []


def test_every_problem_that_is_told_in_words_of_its_own_exists() -> None:
    def slugs(problem: type[Problem]) -> set[str]:
        return {problem.slug}.union(*map(slugs, problem.__subclasses__()))

    known = set().union(*map(slugs, Problem.__subclasses__()))
    # Of pictures with several people, some servers have no notion.
    told = {
        re.sub(r"^problem\.([\w-]+).*", r"\1", name)
        for name in ENGLISH
        if name.startswith("problem.")
    }
    assert told - {"unknown", "away", "here", "several-faces"} <= known
