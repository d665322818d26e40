"""A face's mood over time: what it shows now, how strongly, and since when.

Two filters go over what single frames say, both of them causal.

An exponential mean gives the intensity. The label comes from a hidden Markov model: a mood lasts a
while, then another follows, as often as it is met; what a frame says counts as evidence. Frames
that follow closely err alike, so the sooner one comes, the less it counts: a mood that a camera of
25 frames a second shows for a second counts as much as at 5. Hysteresis keeps the label until
another is clearly likelier. The onset is where the frames' evidence for the new label against the
old one began to grow: Page, "Continuous inspection schemes", Biometrika 41 (1954).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LASTS_S = 2.0
"""Mean seconds of a mood: of the transitions."""

ALIKE_S = 0.2
"""Seconds within which frames err alike."""

MEAN_S = 0.4
"""Time constant of the exponential mean."""

CLEARLY = 2.0
"""How many times likelier another mood must be to take over."""

_LEAST = 1e-6
"""Probability that no mood falls below, so that a frame that is wrong cannot rule one out."""


@dataclass(frozen=True, slots=True)
class Mood:
    """What a face shows, over time.

    Attributes:
        label: place in the card's labels.
        intensity: exponential mean of this label's probability, 0 to 1.
        onset: when it began, in seconds; that is known a moment later.
        began: whether this frame is the one at which it took over.
    """

    label: int
    intensity: float
    onset: float
    began: bool


class MoodFilter:
    """Follows the mood of one face."""

    def __init__(self, expected: NDArray[np.float64]) -> None:
        """Begins.

        Args:
            expected: (E,), the share of each emotion that the frames' probabilities expect.
        """
        self._expected = expected / expected.sum()
        self._belief = self._mean = self._expected
        self._for_each = np.zeros(len(expected))  # evidence against the label, by label
        self._since = np.zeros(len(expected))  # from when on there was some
        self._label, self._onset, self._at = -1, 0.0, 0.0

    def see(self, probabilities: NDArray[np.float64], at: float) -> Mood:
        """Takes in what a frame says.

        Args:
            probabilities: (E,), of one frame.
            at: seconds, not before the frame before.
        """
        first = self._label < 0
        stays, new, mixed = (1.0, 1.0, 1.0) if first else _weights(at - self._at)
        self._at = at
        likelihood = np.maximum(probabilities, _LEAST) / self._expected
        belief = (stays * self._belief + (1 - stays) * self._expected) * likelihood**new
        self._belief = np.maximum(belief / belief.sum(), _LEAST)
        self._mean = self._mean + mixed * (probabilities - self._mean)
        if not first:
            self._weigh(new * np.log(likelihood / likelihood[self._label]))
        leader = int(self._belief.argmax())
        began = first or bool(self._belief[leader] > CLEARLY * self._belief[self._label])
        if began:
            self._label, self._onset = leader, at if first else float(self._since[leader])
            self._for_each[:] = 0
        return Mood(self._label, float(self._mean[self._label]), self._onset, began)

    def _weigh(self, gain: NDArray[np.float64]) -> None:
        self._since[self._for_each == 0] = self._at
        self._for_each = np.maximum(self._for_each + gain, 0)


def _weights(elapsed: float) -> tuple[float, float, float]:
    """How likely a mood stays, and how much a new frame counts for the belief and for the mean."""
    lasts, alike, mean = np.exp(-elapsed / np.array([LASTS_S, ALIKE_S, MEAN_S]))
    return float(lasts), float(1 - alike), float(1 - mean)
