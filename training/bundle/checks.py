"""What a graph answers to drawn faces, for its card: the service compares at each start.

    python -m training.bundle.checks models/NAME/VERSION ...

writes the answers into cards anew, and leaves the rest of them as it is;

    python -m training.bundle.checks --detector

writes what the detector finds beside its file, once its networks were made again.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx

from faceveil.installation import DETECTOR_FILE
from faceveil.model.bundle import CARD_FILE, load_bundle
from faceveil.model.card import Card, Checks, ExpectedAnswer
from faceveil.model.detector import CHECK_FILE, DetectorCheck, Sighting, open_detector
from faceveil.model.examination import examine
from faceveil.model.filter import BATCH
from faceveil.runtime import open_session
from faceveil.vision.align import CropGeometry, align
from faceveil.vision.face import GreyImage
from training.bundle.graph import dimension_of, noise_free
from training.data.drawn import EXPRESSIONS
from training.data.drawn_face import Person, Take, draw_face, usual_eyes

FLOAT32, INT8 = 1e-3, 0.05
"""Tolerances of a value. Between processors, float32 was seen to differ by 5e-7, and int8 that does
not saturate not at all; from the reference, int8 differs by 0.01, for it rounds elsewhere. Where
int8 saturates it was 0.3 off on average and 2 at most: docs/figures/processors.md."""

DETECTOR = 0.01
"""Tolerance in pixels and scores; between processors 3e-5 was seen."""

DRAWN = (
    ("happiness", Person()),
    ("surprise", Person(skin=150, hair=30)),
    ("anger", Person(skin=210, hair=120, beard=20)),
    ("fear", Person(glasses=0.05, brow_shade=40)),
)
"""Emotion and person of each face that is drawn."""

_TURNED = 2.2
"""Radii between a rest and its opposite, with rounding."""

_SIZE = 160  # pixels of the picture
_DECIMALS = 6


def checks_of(graph: bytes, geometry: CropGeometry, radius: float = 0.0) -> Checks:
    """What the graph answers, computed to the letter: without the runtime's optimisations.

    Args:
        graph: ONNX file of a bundle.
        geometry: of its crops.
        radius: longest rest beyond a codeword, of a graph that has these. In 8 bits a rest may turn
            about within it, while a codeword that changes is far off.
    """
    model = onnx.load_from_string(graph)
    crops = drawn_crops(geometry)
    (feed,) = noise_free(np.stack(crops), dimension_of(model))
    names = [output.name for output in model.graph.output]
    answered = open_session(graph, optimised=False).run(names, feed)
    in_8_bits = any(node.op_type == "QuantizeLinear" for node in model.graph.node)
    return Checks(
        tolerance=max(INT8, _TURNED * radius) if in_8_bits else FLOAT32,
        answers=[
            ExpectedAnswer.model_construct(
                crop=crop.tobytes(),
                **{
                    name: one.astype(float).round(_DECIMALS).tolist()
                    for name, one in zip(names, values, strict=True)
                },
            )
            for crop, *values in zip(crops, *answered, strict=True)
        ],
    )


def drawn_crops(geometry: CropGeometry) -> list[GreyImage]:
    """Drawn faces, aligned: uint8, (geometry.height, geometry.width), each."""
    return [
        align(
            draw_face(person, EXPRESSIONS[emotion], Take(noise=0), _SIZE),
            *usual_eyes(_SIZE),
            geometry,
        )
        for emotion, person in DRAWN
    ]


def detector_check(path: Path) -> DetectorCheck:
    """What the detector finds in drawn pictures: a face, upright and on its head; a slope of light.

    Args:
        path: of its network for single faces, beside whose folder the other one's lies.
    """
    detector = open_detector(path)
    face = draw_face(Person(), EXPRESSIONS["happiness"], Take(), _SIZE)
    slope = np.tile(np.linspace(0, 255, _SIZE // 2).astype(np.uint8), (_SIZE // 2, 1))
    return DetectorCheck(
        tolerance=DETECTOR,
        sightings=[
            Sighting.model_construct(
                width=picture.shape[1],
                height=picture.shape[0],
                picture=picture.tobytes(),
                faces=detector.detect(picture),
            )
            for picture in (face, np.ascontiguousarray(face[::-1, ::-1]), slope)
        ],
    )


def with_checks(folder: Path) -> Card:
    """A bundle's card with the answers of its graph, which this machine has given too.

    Args:
        folder: of the bundle.

    Raises:
        BundleError: if the bundle is broken, or this processor answers otherwise than the graph
            says.
    """
    bundle = load_bundle(folder)
    checks = checks_of(bundle.graph, bundle.card.crop)
    card = bundle.card.model_copy(update={"checks": checks})
    examine(card, open_session(bundle.graph), BATCH)
    return card


def main() -> None:
    """Reads the arguments and writes the cards."""
    parser = argparse.ArgumentParser(prog="python -m training.bundle.checks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, nargs="*", help="of a bundle")
    parser.add_argument("--detector", action="store_true", help="write what the detector finds")
    arguments = parser.parse_args()
    if arguments.detector:
        text = detector_check(DETECTOR_FILE).model_dump_json(indent=1)
        DETECTOR_FILE.with_name(CHECK_FILE).write_text(text + "\n", encoding="utf-8")
    for folder in arguments.folder:
        card = with_checks(folder)
        (folder / CARD_FILE).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"{folder / CARD_FILE}\n")


if __name__ == "__main__":
    main()
