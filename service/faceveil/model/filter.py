"""The privacy filter: face crops go in, released embeddings and their emotions come out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceveil.model.bundle import Bundle, BundleError
from faceveil.model.card import Card
from faceveil.model.examination import examine
from faceveil.model.noise import Noise, digest_of
from faceveil.runtime import Array, RuntimeSession, open_session
from faceveil.vision.face import GreyImage

BATCH = 8
"""Faces a run of the graph. Every run has this shape or a single face's, so that the runtime's
memory does not grow with each new shape."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is released of one face.

    Attributes:
        embedding: float32, shape (D,), noise included.
        emotion: float32, shape (E,), probabilities in the card's order of labels.
        expression: float32, shape (V,), valence, arousal and the card's action units; none where
            the model tells none.
    """

    embedding: NDArray[np.float32]
    emotion: NDArray[np.float32]
    expression: NDArray[np.float32] | None = None


class PrivacyFilter:
    """One model, at the privacy level that is asked for. Safe to share between threads.

    Attributes:
        card: of the model.
        level: taken where none is asked for.
    """

    def __init__(self, card: Card, session: RuntimeSession, level: str | None = None) -> None:
        """Joins a model and a level.

        Raises:
            BundleError: if the card has no such level.
        """
        self.card = card
        self.level = level or card.default_level
        if self.level not in card.levels:
            raise BundleError(
                f"The model {card.name} has no level {self.level!r}; it has: "
                f"{', '.join(card.levels)}."
            )
        self._sigmas = {name: level.sigma for name, level in card.levels.items()}
        self._outputs = list(card.outputs)
        self._session = session

    @classmethod
    def load(cls, bundle: Bundle, level: str | None = None) -> "PrivacyFilter":
        """Opens a bundle's graph and examines it in each shape that requests will use.

        Raises:
            BundleError: if the card has no such level, or the graph does not run as it says.
        """
        card = bundle.card
        try:
            session = open_session(bundle.graph)
            ready = cls(card, session, level)
            examine(card, session, BATCH)
        except BundleError:
            raise
        except Exception as error:  # ONNX Runtime's errors have no narrower base
            raise BundleError(
                f"The graph of {card.name} {card.version} does not run: {error}"
            ) from error
        return ready

    def read(self, crops: list[GreyImage], noise: Noise, level: str | None = None) -> list[Reading]:
        """Reads aligned crops.

        Args:
            crops: uint8, shape (H, W) of the card's geometry, each.
            noise: asked once for all of them.
            level: one of the card's; without one, the filter's own.
        """
        if not crops:
            return []
        level = level or self.level
        drawn = noise([digest_of(crop) for crop in crops], level)
        readings: list[Reading] = []
        while len(readings) < len(crops):
            done = len(readings)
            end = done + (BATCH if len(crops) - done >= BATCH else 1)
            readings += self._run(crops[done:end], drawn[done:end], self._sigmas[level])
        return readings

    def _run(
        self, crops: list[GreyImage], noise: NDArray[np.float32], sigma: float
    ) -> list[Reading]:
        feed: dict[str, Array] = {
            "face": np.stack(crops),
            "noise": noise,
            "sigma": np.full(len(crops), sigma, np.float32),
        }
        answers = self._session.run(self._outputs, feed)
        return [Reading(*values) for values in zip(*answers, strict=True)]
