"""Base64 is read in every form that clients write it in, and nothing else is."""

import base64
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceveil.engine.encoded import file_of_text
from faceveil.problems import UnreadableImage

PREFIXES = [
    "",
    "data:image/jpeg;base64,",
    "DATA:image/svg+xml;Base64,",
    "data:image/png;charset=utf-8;base64,",
    "data:application/octet-stream;base64,",  # FileReader's, for a file of unknown kind
]
BREAKS = ["", "\n", "\r\n", " "]
FORMS = list(itertools.product(PREFIXES, BREAKS, (False, True), (False, True)))


def _written(data: bytes, prefix: str, end: str, for_urls: bool, padded: bool) -> str:
    text = (base64.urlsafe_b64encode if for_urls else base64.b64encode)(data).decode()
    if not padded:
        text = text.rstrip("=")
    lines = [text[start : start + 76] for start in range(0, len(text), 76)]
    return prefix + "".join(line + end for line in lines)


@settings(max_examples=25)
@given(data=st.binary(min_size=1, max_size=300))
def test_every_form_gives_the_bytes_back(data: bytes) -> None:
    wrong = [form for form in FORMS if file_of_text(_written(data, *form)) != data]
    assert wrong == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/face.jpg",
        "https://example.org/Erika",
        " HTTPS://example.org/face.jpg",
        "ftp://example.org/face.jpg",
        "file:///etc/passwd",
        "s3://bucket/face.jpg",
        "data:text/html;base64,eHh4",
        "data:image/png,eHh4",
        "data:eHh4",
    ],
)
def test_a_url_is_told_that_none_is_fetched(url: str) -> None:
    with pytest.raises(UnreadableImage, match="None is ever fetched") as refusal:
        file_of_text(url)
    assert "example" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "words!",
        "eHh4e",  # one character too many for whole bytes
        "eHh4eA=",  # padded by half
        "eA==eA==",
        "==",
        "-_+/",  # two alphabets
        "eHh4\x00",
        "eHh4\u00e4",
        "eHh4\u2003eHh4",
        "data:image/png;base64,words!",
        "data:image/png;base64,http://example.org/",
    ],
)
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(UnreadableImage, match="not base64"):
        file_of_text(text)
