"""CPU time by stage, by picture and by number of faces, in process and on one thread."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.serving.peers.pipeline import MOST_PIXELS, Pipeline
from benchmarks.serving.pictures import Album
from benchmarks.serving.plan import Plan
from benchmarks.serving.spread import Spread
from benchmarks.serving.table import table
from faceveil.model.bundle import list_bundles, load_bundle
from faceveil.model.filter import BATCH, PrivacyFilter
from faceveil.model.noise import KeyedNoise, ModelNoise
from faceveil.settings import Settings
from faceveil.vision.align import align
from faceveil.vision.crops import find_crops
from faceveil.vision.decode import decode
from faceveil.vision.selection import Selection


def cpu_ms(work: Callable[[], object], rounds: int, repeats: int) -> Spread:
    """CPU milliseconds of this thread for one call: the medians of each repeat's rounds."""
    work()
    medians = []
    for _ in range(repeats):
        took = []
        for _ in range(rounds):
            began = time.thread_time()
            work()
            took.append((time.thread_time() - began) * 1000)
        medians.append(Spread.of(took).median)
    return Spread.of(medians)


def pictures_table(album: Album, plan: Plan) -> str:
    """Each stage of reading the largest face, for each usual picture."""
    pipeline = Pipeline()
    card = pipeline.filter.card

    def spent(work: Callable[[], object]) -> str:
        return cpu_ms(work, plan.rounds, plan.repeats).shown()

    rows = []
    for picture in album.usual():
        data = picture.data
        pixels = decode(data, max_pixels=MOST_PIXELS).pixels
        face = pipeline.detector.detect(pixels)[0]
        crop = align(pixels, face.left_eye, face.right_eye, card.crop)

        def whole(data: bytes = data) -> None:
            crops = find_crops(data, pipeline.detector, card.crop, max_pixels=MOST_PIXELS)
            pipeline.infer([one.crop for one in crops.faces])

        rows.append(
            [
                picture.name,
                f"{len(data) / 1000:.0f}",
                spent(lambda data=data: decode(data, max_pixels=MOST_PIXELS)),  # type: ignore[misc]
                spent(lambda pixels=pixels: pipeline.detector.detect(pixels)),  # type: ignore[misc]
                spent(
                    lambda pixels=pixels, face=face: align(  # type: ignore[misc]
                        pixels, face.left_eye, face.right_eye, card.crop
                    )
                ),
                spent(lambda crop=crop: pipeline.infer([crop])),  # type: ignore[misc]
                spent(whole),
            ]
        )
    head = ["picture", "KB", "decode", "detect", "align", "infer", "all of it"]
    return table(head, rows)


def crowds_table(album: Album, plan: Plan) -> str:
    """Reading all faces of pictures of one size, with more and more faces."""
    pipeline = Pipeline()
    card = pipeline.filter.card
    rows = []
    for picture in album.crowds(plan.crowds):

        def find(data: bytes = picture.data) -> list[object]:
            found = find_crops(
                data,
                pipeline.detector,
                card.crop,
                max_pixels=MOST_PIXELS,
                wanted=Selection("all", 64),
            )
            return [one.crop for one in found.faces]

        crops = find()
        rounds = max(3, plan.rounds // 10)
        looked = cpu_ms(find, rounds, plan.repeats)
        inferred = cpu_ms(
            lambda crops=crops: pipeline.infer(crops),  # type: ignore[misc]
            rounds,
            plan.repeats,
        )
        rows.append(
            [
                str(picture.faces),
                str(len(crops)),
                looked.shown(1),
                inferred.shown(),
                f"{inferred.median / len(crops):.2f}",
                f"{(looked.median + inferred.median) / len(crops):.2f}",
            ]
        )
    head = ["faces", "found", "decode, detect, align", f"infer, {BATCH} a run", "infer, a face"]
    return table([*head, "all of it, a face"], rows)


def models_table(plan: Plan) -> str:
    """Inference of each installed model, the same in float32 and in int8 among them."""
    rows = []
    for (name, version), folder in list_bundles(Settings().model.directory).items():
        filter_ = PrivacyFilter.load(load_bundle(folder))
        noise = ModelNoise(KeyedNoise(b"bench"), filter_.card).draw
        crop = filter_.card.crop
        grey = np.random.default_rng(0).integers(0, 256, (BATCH, crop.height, crop.width), np.uint8)
        crops = list(grey)
        alone = cpu_ms(partial(filter_.read, crops[:1], noise), plan.rounds, plan.repeats)
        among = cpu_ms(partial(filter_.read, crops, noise), plan.rounds, plan.repeats)
        size = filter_.card.graph.bytes / 1e6
        rows.append(
            [f"{name} {version}", f"{size:.2f}", alone.shown(), f"{among.median / BATCH:.2f}"]
        )
    return table(["model", "MB", "one face", f"a face among {BATCH}"], rows)
