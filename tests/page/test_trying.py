"""A visitor tries faces: from a file, the clipboard, the camera, or drawn; one or two of them."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.drawn import draw_face
from tests.page.conftest import CARD, Open, shown
from tests.pictures import encoded
from tests.running import RunningServer

WATCH_CAMERA = """() => {
  const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => (window.stream = await ask(wanted));
}"""
"""Has the page's window know the camera's stream."""

WATCH_FORMS = """() => {
  const append = FormData.prototype.append;
  window.sent = [];
  FormData.prototype.append = function (field, value, name) {
    sent.push([field, name ?? value.name]);
    return append.call(this, field, value, name);
  };
}"""
"""Has the page's window know under which names files are sent."""


def _choose(page: Page, file: Path, place: int = 0) -> None:
    page.locator('input[type="file"]').nth(place).set_input_files(file)


def _boxed(page: Page) -> bool:
    """Whether the box's colour is in the picture."""
    found: bool = page.evaluate(
        """() => {
          const canvas = document.querySelector(".picture canvas");
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          for (let i = 0; i < data.length; i += 4)
            if (Math.abs(data[i] - 0x7f) < 9 && Math.abs(data[i + 1] - 0xe0) < 9) return true;
          return false;
        }"""
    )
    return found


def test_a_picture_is_answered_with_boxes_moods_and_what_is_kept(
    open_page: Open, face_file: Path
) -> None:
    page = open_page()
    _choose(page, face_file)
    expect(page.get_by_text("1 face found.").first).to_be_visible()
    assert _boxed(page)
    moods = page.get_by_role("region", name="Mood").locator("li")
    expect(moods).to_have_count(len(CARD.labels))
    shares = [int(float(text.split("%")[0])) for text in moods.locator(".number").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    kept = page.get_by_role("region", name="What is kept of you")
    expect(kept).to_contain_text(re.compile(r"Standard expression \d+ of \d+"))
    expect(kept.get_by_role("img")).to_have_accessible_name(re.compile("A drawn face that looks"))
    released = kept.get_by_role("list", name="What is released")
    expect(released.locator("li")).to_have_count(CARD.dimension)


def test_how_a_face_was_seen_is_told_where_the_server_says_it(
    open_page: Open, face_file: Path, keeping_server: RunningServer
) -> None:
    # Not the request itself sent on: playwright loses the bytes of a form that are no text.
    files = {"image": face_file.read_bytes()}
    read = keeping_server.client.post("/v1/anonymize?faces=all", files=files).json()
    read["found"] = 3
    read["faces"][0] |= {"roll": -24.4, "quality": {"doubts": ["dark", "small"]}}
    page = open_page()
    page.route("**/v1/anonymize*", lambda route: route.fulfill(json=read))
    _choose(page, face_file)
    expect(page.get_by_text("3 faces found.")).to_be_visible()
    mood = page.get_by_role("region", name="Mood")
    expect(mood).to_contain_text("turned by 24 degrees")
    expect(mood).to_contain_text("Take this reading with care: it is dark, the face is small.")


def test_the_name_of_a_file_never_leaves_the_browser(open_page: Open, face_file: Path) -> None:
    page = open_page()
    page.evaluate(WATCH_FORMS)
    _choose(page, face_file)
    expect(page.get_by_text("1 face found.").first).to_be_visible()
    assert page.evaluate("sent") == [["image", "picture"]]


def test_a_picture_is_pasted(open_page: Open, face_jpeg: bytes) -> None:
    page = open_page()
    expect(page.get_by_role("button", name="Choose a picture")).to_be_visible()
    page.evaluate(
        """(data) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([bytes], "pasted.jpg", {type: "image/jpeg"}));
          dispatchEvent(new ClipboardEvent("paste", {clipboardData, cancelable: true}));
        }""",
        base64.b64encode(face_jpeg).decode(),
    )
    expect(page.get_by_text("1 face found.").first).to_be_visible()


def test_the_camera_is_asked_for_one_picture_and_let_go(open_page: Open) -> None:
    page = open_page()
    page.evaluate(WATCH_CAMERA)
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Take the picture").click()
    expect(page.get_by_text("1 face found.").first).to_be_visible()
    assert page.evaluate("stream.getTracks().map((track) => track.readyState)") == ["ended"]


def test_leaving_the_tab_lets_the_camera_go(open_page: Open) -> None:
    page = open_page()
    page.evaluate(WATCH_CAMERA)
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("button", name="Take the picture")).to_be_enabled()
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    assert page.evaluate("stream.getTracks()[0].readyState") == "ended"


def test_a_picture_without_a_face_is_told_with_what_to_do(open_page: Open, tmp_path: Path) -> None:
    wall = tmp_path / "wall.png"
    wall.write_bytes(encoded(draw_face(256).point(lambda _: 200), "PNG"))
    page = open_page()
    _choose(page, wall)
    expect(page.get_by_role("alert")).to_contain_text("No face was found.")
    expect(page.get_by_role("alert")).to_contain_text("seen from the front")


def test_what_is_no_picture_is_told(open_page: Open, tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture", encoding="utf-8")
    page = open_page()
    _choose(page, text)
    expect(page.get_by_role("alert")).to_contain_text("cannot be read as a picture")


def test_a_stricter_level_reads_the_picture_again(open_page: Open, face_file: Path) -> None:
    page = open_page()
    _choose(page, face_file)
    expect(page.get_by_text("1 face found.").first).to_be_visible()
    expect(page.get_by_role("radio", name="least noise")).to_be_disabled()
    with page.expect_request("**/v1/anonymize?faces=all&level=strict"):
        page.get_by_role("radio", name="strict").click(force=True)
    expect(page.locator("pre")).to_contain_text("level=strict")
    expect(page.get_by_text("Proved: at most")).to_be_visible()


def test_two_pictures_are_compared_with_what_is_proved(open_page: Open, face_file: Path) -> None:
    page = open_page()
    _choose(page, face_file)
    page.get_by_role("button", name="Compare with a second picture").click()
    _choose(page, face_file)
    same = page.locator(
        "section", has=page.get_by_role("heading", name="What anybody at all can conclude")
    )
    expect(same).to_contain_text("This is the same picture")
    page.get_by_role("button", name="Another picture").nth(1).click()
    page.get_by_role("button", name="Take a drawn face").click()
    assert CARD.guarantee is not None
    bounds = CARD.guarantee.levels[CARD.default_level]
    expect(same).to_contain_text(shown(bounds.true_positives))
    expect(same).to_contain_text(shown(bounds.equal_error))
    expect(same).to_contain_text("That is proved.")


def test_code_for_what_was_done_is_shown_in_three_languages(open_page: Open) -> None:
    page = open_page()
    for language, words in (
        ("curl", "curl -F image=@face.jpg"),
        ("Python", "client.anonymize"),
        ("TypeScript", "await fetch("),
    ):
        page.get_by_role("radio", name=language).click(force=True)
        expect(page.locator("pre")).to_contain_text(words)


def test_the_keyboard_alone_is_enough(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_role("button", name="Take a drawn face")).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Take a drawn face":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 face found.").first).to_be_visible()
    expect(page.get_by_role("button", name="Another picture")).to_be_focused()


@pytest.mark.parametrize(("tag", "word"), [("de-DE", "Probieren"), ("fr-FR", "Try")])
def test_the_browsers_language_is_spoken_where_there_is_a_text_for_it(
    open_page: Open, tag: str, word: str
) -> None:
    page = open_page(language=tag)
    expect(page.get_by_role("link", name=word, exact=True)).to_be_visible()


def test_switching_the_language_keeps_the_picture(open_page: Open, face_file: Path) -> None:
    page = open_page()
    _choose(page, face_file)
    expect(page.get_by_text("1 face found.").first).to_be_visible()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_text("1 Gesicht gefunden.").first).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
