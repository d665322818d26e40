"""Draws the picture in the README, of a real answer: `python -m examples.picture`."""

import base64
import tempfile
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from starlette.testclient import TestClient

from faceveil.app import create_app
from faceveil.settings import NoiseSettings, Settings

FACE = Path(__file__).with_name("face.jpg")
PICTURE = Path(__file__).parents[1] / "docs" / "answer.svg"
KEY = "no secret: it only draws a picture again"
"""So that the embedding has the same noise each time."""

WIDTH, HEIGHT, FACE_SIZE = 880, 296, 200
BAR_WIDTH, BAR_STEP = 130, 26
STRIPE_WIDTH, STRIPE_STEP, STRIPE_HEIGHT = 11, 15.5, 112
FACE_X, MOOD_X, EMBEDDING_X, TOP = 28, 278, 604, 66
_FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
_STYLE = f"""
  text {{ font: 13px {_FONT}; fill: #1f2328 }}
  .head {{ font-size: 15px; font-weight: 600 }}
  .quiet {{ fill: #59636e }}
  .card {{ fill: #ffffff; stroke: #d1d9e0 }}
  .track {{ fill: #eaeef2 }}
  .bar {{ fill: #9db7d5 }}
  .best {{ fill: #0969da; font-weight: 600 }}
  .box {{ fill: none; stroke: #0969da; stroke-width: 2.5 }}
  .arrow {{ fill: none; stroke: #818b98; stroke-width: 2 }}
  .plus {{ fill: #0a7d75 }}
  .minus {{ fill: #bc4c00 }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: #f0f6fc }}
    .quiet {{ fill: #9198a1 }}
    .card {{ fill: #151b23; stroke: #3d444d }}
    .track {{ fill: #262c36 }}
    .bar {{ fill: #4a6488 }}
    .best {{ fill: #4493f8 }}
    .box {{ stroke: #4493f8 }}
    .plus {{ fill: #39c5bb }}
    .minus {{ fill: #f0883e }}
  }}
"""


def ask(face: bytes) -> dict[str, Any]:
    """What the service answers for a JPEG, with the shipped model, its default level, and `KEY`."""
    with tempfile.TemporaryDirectory() as folder:
        noise = NoiseSettings(key=SecretStr(KEY))
        app = create_app(Settings(state_directory=Path(folder), noise=noise))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            response = client.post("/v1/anonymize", files={"image": face})
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def draw(face: bytes, answer: dict[str, Any]) -> str:
    """The answer as an SVG that shows on light and dark pages, and loads nothing.

    Args:
        face: the JPEG that was sent.
        answer: what `/v1/anonymize` said of it.
    """
    found = answer["faces"][0]
    label = found["emotion"]["label"]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="A drawn face goes in; out come the emotion, {label}, and an embedding">',
            f"<style>{_STYLE}</style>",
            f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="12"/>',
            *_sent(face, answer["image"], found["box"]),
            *_mood(found["emotion"]),
            *_embedding(found["embedding"], answer["model"]),
            "</svg>\n",
        ]
    )


def _sent(face: bytes, image: dict[str, int], box: dict[str, float]) -> list[str]:
    """The picture, and where its face was found."""
    scale = FACE_SIZE / image["width"]
    x, y, width, height = (box[name] * scale for name in ("x", "y", "width", "height"))
    middle = TOP + FACE_SIZE / 2
    tip = MOOD_X - 22
    return [
        _text(FACE_X, 40, "A picture goes in", "head"),
        f'<image x="{FACE_X}" y="{TOP}" width="{FACE_SIZE}" height="{FACE_SIZE}" '
        f'href="data:image/jpeg;base64,{base64.b64encode(face).decode()}"/>',
        f'<rect class="box" x="{FACE_X + x:.1f}" y="{TOP + y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="4"/>',
        f'<path class="arrow" d="M{tip - 16} {middle}h16m-6 -6l6 6l-6 6"/>',
    ]


def _mood(emotion: dict[str, Any]) -> list[str]:
    """A bar for each probability."""
    drawn = [_text(MOOD_X, 40, "The mood comes out", "head")]
    for number, (label, share) in enumerate(emotion["probabilities"].items()):
        base = TOP + BAR_STEP * number + 14
        best = label == emotion["label"]
        start, width = MOOD_X + 84, max(BAR_WIDTH * share, 1.5)
        drawn += [
            _text(MOOD_X, base, label, "best" if best else ""),
            f'<rect class="track" x="{start}" y="{base - 11}" width="{BAR_WIDTH}" height="13" '
            'rx="3"/>',
            f'<rect class="{"best" if best else "bar"}" x="{start}" y="{base - 11}" '
            f'width="{width:.1f}" height="13" rx="1.5"/>',
            _text(start + BAR_WIDTH + 10, base, f"{share:.1%}".replace("%", " %"), "quiet"),
        ]
    return [*drawn, _text(MOOD_X, TOP + FACE_SIZE, "read from the noisy embedding alone", "quiet")]


def _embedding(values: list[float], model: dict[str, str]) -> list[str]:
    """A stripe for each value: its colour is the sign, its strength the size."""
    most = max(abs(value) for value in values)
    stripes = [
        f'<rect class="{"plus" if value > 0 else "minus"}" '
        f'x="{EMBEDDING_X + STRIPE_STEP * number}" y="{TOP + 4}" width="{STRIPE_WIDTH}" '
        f'height="{STRIPE_HEIGHT}" opacity="{0.12 + 0.88 * abs(value) / most:.2f}"/>'
        for number, value in enumerate(values)
    ]
    shown = ", ".join(f"{value:.2f}" for value in values[:4])
    base = TOP + 4 + STRIPE_HEIGHT
    return [
        _text(EMBEDDING_X, 40, "The person is blurred", "head"),
        *stripes,
        _text(EMBEDDING_X, base + 24, f"{shown}, ..."),
        _text(EMBEDDING_X, base + 46, f"{len(values)} numbers, noise included,", "quiet"),
        _text(EMBEDDING_X, base + 64, "trained to tell little of whose face it is", "quiet"),
        _text(
            EMBEDDING_X,
            base + 84,
            f"model {model['name']} {model['version']}, level {model['level']}",
            "quiet",
        ),
    ]


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{words}</text>'


def main() -> None:
    """Writes it."""
    face = FACE.read_bytes()
    PICTURE.write_text(draw(face, ask(face)), encoding="utf-8")


if __name__ == "__main__":
    main()
