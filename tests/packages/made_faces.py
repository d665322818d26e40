"""Made faces, and what the service answers for them: what `@faceveil/device` is held to.

    python -m tests.packages.made_faces packages/device/test/vectors

writes those that its own tests use. They hold the answers of a model, and are made anew with it.
"""

import argparse
import base64
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from faceveil.installation import DETECTOR_FILE, MODELS
from faceveil.model.bundle import find_bundle, load_bundle
from faceveil.model.detector import load_detector
from faceveil.model.filter import PrivacyFilter
from faceveil.vision.crops import find_crops
from faceveil.vision.face import GreyImage
from faceveil.vision.selection import Selection
from tests.drawn import draw_face
from tests.pictures import crowd
from training.bundle.graph import GraphFilter

EXAMPLE = Path(__file__).parents[2] / "examples" / "face.jpg"
"""An averaged animated face."""

VECTORS = "vectors.json"

ALL_WANTED = ("crowd", "lying")
"""Pictures in which all faces are looked for."""

MODEL_NAMES = ("faceveil", "faceveil-int8")


def made_face(seed: int) -> Image.Image:
    """A drawn face: of some size, skin and smile, turned, tinted, grainy, somewhere on a wall."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(140, 420))
    face = draw_face(side, smile=float(rng.uniform(-1, 1)), skin=int(rng.integers(140, 230)))
    face = face.rotate(float(rng.uniform(-35, 35)), Image.Resampling.BICUBIC, fillcolor=205)
    wall = Image.new("L", (side + int(rng.integers(0, 120)), side + int(rng.integers(0, 60))), 205)
    wall.paste(face, (int(rng.integers(0, wall.width - side + 1)), 0))
    levels = np.asarray(wall, np.float64)[..., np.newaxis] * rng.uniform(0.7, 1.0, 3)
    levels += rng.normal(0, rng.uniform(0, 6), levels.shape)
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def small_set() -> Iterator[tuple[str, Image.Image]]:
    """The pictures of the package's own tests, by name: each takes another way through the code."""
    for seed in (3, 4):
        yield f"made-{seed}", made_face(seed).quantize(48)
    yield "lying", draw_face(150).rotate(90).quantize(24)
    yield "crowd", crowd(3).quantize(24)
    yield "large", draw_face(400).resize((2300, 2300), Image.Resampling.NEAREST).quantize(8)
    through = draw_face(160).convert("RGBA")
    through.putalpha(Image.linear_gradient("L").resize(through.size))
    yield "seen-through", through.quantize(64)
    yield "no-face", Image.new("L", (90, 60), 128)
    with Image.open(EXAMPLE) as example:
        yield "example", example.convert("RGB").resize((160, 160), Image.Resampling.LANCZOS)


class Truth:
    """The service's own vision path and filters, without their noise."""

    def __init__(self, names: Sequence[str] = MODEL_NAMES) -> None:
        """Loads the models of these names."""
        self._detector = load_detector(MODELS / DETECTOR_FILE)
        bundles = [load_bundle(find_bundle(MODELS, name)) for name in names]
        self._filters = {bundle.card.name: PrivacyFilter.load(bundle) for bundle in bundles}
        self._graphs = {bundle.card.name: GraphFilter.of(bundle) for bundle in bundles}
        self.models = {bundle.card.name: bundle.card.version for bundle in bundles}
        self._geometry = bundles[0].card.crop

    def of(self, png: bytes, *, every: bool = False) -> list[dict[str, Any]]:
        """What the service sees in a picture and reads in it: the largest face, or all."""
        wanted = Selection("all", limit=8) if every else Selection("all", quick=True)
        found = find_crops(png, self._detector, self._geometry, max_pixels=10**7, wanted=wanted)
        faces = []
        for face in found.faces:
            assert face.seen is not None
            answers = {}
            for name, one in self._filters.items():
                (reading,) = one._run([face.crop], np.zeros((1, one.card.dimension), "f4"), 0.0)
                answers[name] = {
                    "embedding": reading.embedding.tolist(),
                    "emotion": reading.emotion.tolist(),
                    "undefended": self.undefended(name, face.crop),
                }
            faces.append(
                {
                    "box": [face.box.x, face.box.y, face.box.width, face.box.height],
                    "score": face.seen.score,
                    "eyes": [face.seen.left_eye, face.seen.right_eye],
                    "crop": base64.b64encode(face.crop.tobytes()).decode(),
                    "answers": answers,
                }
            )
        return faces

    def undefended(self, name: str, crop: GreyImage) -> str:
        """What a model computes of a crop before its bottleneck: float32 in base64."""
        (vector,) = self._graphs[name].undefended(crop[np.newaxis])
        return base64.b64encode(vector.tobytes()).decode()


def write(folder: Path, pictures: Iterator[tuple[str, Image.Image]]) -> None:
    """Writes pictures as PNG files, and what the service answers for them as JSON."""
    truth = Truth()
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for name, picture in pictures:
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", optimize=True)
        (folder / f"{name}.png").write_bytes(buffer.getvalue())
        every = name in ALL_WANTED
        faces = truth.of(buffer.getvalue(), every=every)
        cases.append({"picture": f"{name}.png", "every": every, "faces": faces})
    text = json.dumps({"models": truth.models, "cases": cases}, indent=1)
    (folder / VECTORS).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Writes the small set, or so many made faces."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, help="made faces instead of the small set")
    given = parser.parse_args()
    many = ((f"made-{seed}", made_face(seed)) for seed in range(given.count or 0))
    write(given.folder, many if given.count else small_set())


if __name__ == "__main__":
    main()
