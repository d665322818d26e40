"""Has a graph prove on this machine what its card says of it, before it answers anybody.

A digest tells that a graph is the one that was judged; not that this processor computes it. ONNX
Runtime chooses its arithmetic by processor, and 8-bit products can saturate where there is no VNNI:
such a filter runs, and is another one than was audited. So a card holds answers of its graph, and
the session that is to serve must give them.

That noise is added is proved too, of every graph: what is released is the embedding without noise
plus sigma times the noise that is handed in, at each level, and all else is read in that alone: the
emotion, and the expression where there is one. Of a graph with a guarantee, so is what the
guarantee stands on: that nothing which is released lies further than its radius from a codeword,
whatever the crop.
"""

import numpy as np
from numpy.typing import NDArray

from faceveil.guarantee import beyond
from faceveil.model.bundle import BundleError
from faceveil.model.card import Card
from faceveil.runtime import Array, RuntimeSession
from faceveil.vision.face import GreyImage

ROUNDING = 1e-3
"""Largest difference in what is computed in float32 in every graph: the noise and what is read."""

Answered = tuple[NDArray[np.float32], ...]
"""Embeddings (N, D), emotions (N, E) and expressions (N, V), as far as the card tells of them."""


def examine(card: Card, session: RuntimeSession, batch: int) -> None:
    """Runs the graph in both shapes that requests use, and compares.

    Args:
        card: of the graph.
        session: that is to serve.
        batch: faces of a full run; the other shape is one face.

    Raises:
        BundleError: if the graph answers otherwise than its card says.
    """
    crops = _crops(card) + (_hostile(card) if card.guarantee else [])
    sigmas = [level.sigma for level in card.levels.values()]
    probes = [(crop, 0.0) for crop in crops] + [(crops[0], sigma) for sigma in sigmas]
    full = -(-len(probes) // batch) * batch
    rows = probes + probes[:1] * (full - len(probes))
    noise = np.linspace(-1, 1, card.dimension, dtype=np.float32)
    runs = [
        _run(card, session, [(crop, noise, sigma) for crop, sigma in rows[start : start + batch]])
        for start in range(0, full, batch)
    ]
    embedding, *read = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    clean = embedding[: len(crops)]
    for sigma, released in zip(sigmas, embedding[len(crops) :], strict=False):
        if not _near(released, clean[0] + np.float32(sigma) * noise, ROUNDING * (1 + sigma)):
            raise BundleError(
                f"The graph of {card.name} {card.version} does not release its embedding with the "
                f"noise that it is given (sigma {sigma:g}). It must not serve: make the bundle "
                "again, or take one from somebody you trust."
            )
    _refuse_beyond(card, clean)
    single = [_run(card, session, [(crop, noise, 0.0)]) for crop in crops[:2]]
    # Noise that leads two faces to one released embedding: nothing but it may tell what is read.
    place = np.array(card.guarantee.codewords[0] if card.guarantee else 0.0, np.float32)
    one, other = (
        _run(card, session, [(crop, place - own[0], 1.0)])
        for crop, (own, *_) in zip(crops, single, strict=False)
    )
    for name, of_one, of_other in list(zip(card.outputs, one, other, strict=True))[1:]:
        if not _near(of_one, of_other, ROUNDING):
            raise BundleError(
                f"The graph of {card.name} {card.version} tells more of the {name} than the "
                "released embedding does, past the noise. It must not serve: make the bundle "
                "again, or take one from somebody you trust."
            )
    _compare(card, (clean, *(values[: len(crops)] for values in read)))
    _compare(card, tuple(np.concatenate(parts) for parts in zip(*single, strict=True)))


def _crops(card: Card) -> list[GreyImage]:
    shape = (card.crop.height, card.crop.width)
    if card.checks:
        return [
            np.frombuffer(one.crop, np.uint8).reshape(shape).copy() for one in card.checks.answers
        ]
    slope = np.linspace(0, 255, shape[0] * shape[1]).astype(np.uint8).reshape(shape)
    return [slope, 255 - slope]


def _hostile(card: Card) -> list[GreyImage]:
    """Crops that are no faces, which may drive a graph further than any face does."""
    shape = (card.crop.height, card.crop.width)
    rng = np.random.default_rng(0)
    return [
        np.full(shape, 0, np.uint8),
        np.full(shape, 255, np.uint8),
        (255 * (np.indices(shape).sum(axis=0) % 2)).astype(np.uint8),
        *rng.integers(256, size=(3, *shape), dtype=np.uint8),
    ]


def _refuse_beyond(card: Card, clean: NDArray[np.float32]) -> None:
    """Lets pass embeddings without noise that lie within the guarantee's radius of a codeword.

    Raises:
        BundleError: if one does not.
    """
    if card.guarantee is None:
        return
    rest = np.linalg.norm(beyond(clean, card.guarantee.codewords), axis=1).max()
    if not rest <= card.guarantee.radius * (1 + ROUNDING):
        raise BundleError(
            f"The graph of {card.name} {card.version} releases what lies {rest:.4g} beyond its "
            f"standard expressions, and its guarantee stands on {card.guarantee.radius:.4g}. It "
            "must not serve: make the bundle again, or take one from somebody you trust."
        )


def _run(
    card: Card, session: RuntimeSession, rows: list[tuple[GreyImage, NDArray[np.float32], float]]
) -> Answered:
    crops, noises, sigmas = zip(*rows, strict=True)
    feed: dict[str, Array] = {
        "face": np.stack(crops),
        "noise": np.stack(noises),
        "sigma": np.array(sigmas, np.float32),
    }
    answered = tuple(session.run(list(card.outputs), feed))
    if [one.shape for one in answered] != [(len(rows), size) for size in card.outputs.values()]:
        sizes = ", ".join(f"{name} {size}" for name, size in card.outputs.items())
        raise BundleError(
            f"The graph of {card.name} {card.version} does not answer as many values as its card "
            f"says: {sizes}."
        )
    return answered


def _compare(card: Card, answered: Answered) -> None:
    """Compares answers with the first of the card's.

    Raises:
        BundleError: if one differs.
    """
    if card.checks is None:
        return
    answers, tolerance = card.checks.answers[: len(answered[0])], card.checks.tolerance
    for name, given in zip(card.outputs, answered, strict=True):
        expected = np.array([getattr(one, name) for one in answers], np.float32)
        if not _near(given[: len(answers)], expected, tolerance):
            off = float(np.abs(given[: len(answers)] - expected).max())
            raise BundleError(
                f"{card.name} {card.version} computes otherwise on this processor than where it "
                f"was judged, so its card does not hold here: a value of a test face's {name} is "
                f"{off:.2g} off, {tolerance:g} is let pass. {_remedy(card)}"
            )


def _remedy(card: Card) -> str:
    twin = card.quantised_from or card.noise_of
    if twin is None:
        return (
            "Its file is intact: serve it with another release of ONNX Runtime or on another "
            "processor."
        )
    name, version = twin.split("/")
    return (
        "Graphs in 8-bit integers do so where products saturate, as on processors without VNNI. "
        f"Serve its twin in float32, {name} {version}: FACEVEIL_MODEL__NAME={name}."
    )


def _near(one: NDArray[np.float32], other: NDArray[np.float32], tolerance: float) -> bool:
    return bool(np.abs(one - other).max() <= tolerance)  # a NaN is not near
