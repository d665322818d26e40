"""A visitor follows the camera live: boxes, moods over time, what is released, and its end."""

import json
import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.page.conftest import CARD, Open, shown
from tests.page.test_trying import WATCH_CAMERA
from tests.running import RunningServer

LIVE = "Follow the camera live"
STATES = "stream.getTracks().map((track) => track.readyState)"


def _followed(open_page: Open) -> Page:
    """A page that follows the camera and has read a face."""
    page = open_page()
    page.evaluate(WATCH_CAMERA)
    page.get_by_role("button", name=LIVE).click()
    expect(page.get_by_role("region", name="Mood over time")).to_be_visible()
    return page


def test_a_face_is_followed_with_its_mood_and_what_is_released(open_page: Open) -> None:
    page = _followed(open_page)
    moods = page.get_by_role("region", name="Mood over time")
    expect(moods.get_by_role("heading", level=2)).to_have_text(re.compile(r"Face 1 looks \w+: "))
    expect(moods.get_by_text("This frame alone:")).to_be_visible()
    expect(moods.locator(".bars li")).to_have_count(len(CARD.labels))
    expect(moods.get_by_role("img")).to_have_accessible_name(re.compile("last 60 seconds: "))
    released = page.get_by_role("region", name="What is released of this face")
    expect(released).to_contain_text("1 of 4")
    assert CARD.guarantee is not None
    named = CARD.guarantee.levels[CARD.default_level].named
    expect(released).to_contain_text(shown(named[1000]))
    expect(page.locator(".tile", has_text="Frames read")).to_contain_text("a second")
    drawn = """() => document.querySelector(".overlay").getContext("2d")
      .getImageData(0, 0, 640, 480).data.some((value) => value > 0)"""
    assert page.evaluate(drawn)


def test_stopping_lets_the_camera_go_and_shows_what_was_seen(open_page: Open) -> None:
    page = _followed(open_page)
    page.get_by_role("button", name="Stop", exact=True).click()
    assert page.evaluate(STATES) == ["ended"]
    seen = page.get_by_role("region", name="What was seen")
    expect(seen).to_contain_text("The server has kept nothing of it.")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("region", name="Mood over time")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Back to pictures").click()
    expect(page.get_by_role("button", name=LIVE)).to_be_focused()


def test_leaving_the_tab_ends_the_stream_and_lets_the_camera_go(
    open_page: Open, keeping_server: RunningServer
) -> None:
    page = _followed(open_page)
    watching = open_page("server")
    title = watching.get_by_role("heading", name="Streams that run now")
    running = watching.locator("section", has=title)
    expect(running.get_by_role("row")).to_have_count(2)
    expect(running).to_contain_text(CARD.default_level)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    assert page.evaluate(STATES) == ["ended"]
    expect(running).to_contain_text("No stream runs now.")
    assert keeping_server.client.get("/v1/streams").json() == {"streams": []}


def test_a_stricter_level_begins_anew(open_page: Open) -> None:
    page = _followed(open_page)
    with page.expect_websocket(lambda socket: socket.url.endswith("/v1/stream?level=strict")):
        page.get_by_role("radio", name="strict").click(force=True)
    expect(page.get_by_role("region", name="What is released of this face")).to_be_visible()


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (1008, "no frame came for 30 s", "The server has ended the stream."),
        (1012, "", "The stream broke off."),
    ],
)
def test_a_stream_that_the_server_ends_is_told_and_the_camera_let_go(
    open_page: Open, code: int, reason: str, told: str
) -> None:
    opened = {"type": "opened", "vectors": 4, "proved": True, "seconds": 60}
    model = {"name": CARD.name, "version": CARD.version, "level": "balanced", "prior": "wild"}

    def end(socket: WebSocketRoute) -> None:
        socket.send(json.dumps({**opened, "model": model}))
        socket.on_message(lambda _: socket.close(code=code, reason=reason))

    page = open_page()
    page.evaluate(WATCH_CAMERA)
    page.route_web_socket("**/v1/stream*", end)
    page.get_by_role("button", name=LIVE).click()
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_role("alert")).to_contain_text(reason)
    assert page.evaluate(STATES) == ["ended"]
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


def test_frames_that_are_refused_are_told_until_one_is_read(open_page: Open) -> None:
    problem = {"type": "urn:faceveil:problem:rate-exceeded", "title": "", "status": 429}
    refused = {"type": "refused", "frame": 1, "at": 0.1, "dropped": 0, "error": problem}
    opened = {"type": "opened", "vectors": 4, "proved": True, "seconds": 60}
    model = {"name": CARD.name, "version": CARD.version, "level": "balanced", "prior": "wild"}
    read = {"type": "frame", "frame": 2, "at": 0.2, "dropped": 0, "found": 0, "faces": []}
    image = {"image": {"width": 640, "height": 480}, "ended": []}
    let_go: list[WebSocketRoute] = []

    def refuse(socket: WebSocketRoute) -> None:
        socket.send(json.dumps({**opened, "model": model}))
        socket.on_message(lambda _: socket.send(json.dumps(refused)))
        let_go.append(socket)

    page = open_page()
    page.route_web_socket("**/v1/stream*", refuse)
    page.get_by_role("button", name=LIVE).click()
    expect(page.get_by_role("alert")).to_contain_text("Your key has used up this minute's share.")
    let_go[0].on_message(lambda _: let_go[0].send(json.dumps({**read, **image})))
    expect(page.get_by_text("Nobody is seen.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_camera_that_is_denied_is_told(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """() => navigator.mediaDevices.getUserMedia = () =>
          Promise.reject(new DOMException("", "NotAllowedError"))"""
    )
    page.get_by_role("button", name=LIVE).click()
    expect(page.get_by_role("alert")).to_contain_text("The camera was not allowed.")
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
