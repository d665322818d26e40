"""What the paper says: its settings that differ between the sets, and its accuracies.

Narula, Wang, Chaspari 2020, arXiv 2001.06103, sections 3 and 4.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Published:
    """One of the paper's two experiments.

    Attributes:
        iterations: T of Algorithm 1.
        images: to how many the set was augmented.
        accuracy: of each system, in percent.
    """

    iterations: int
    images: int
    accuracy: dict[str, float]


PAPER = {
    "jaffe": Published(
        iterations=50,
        images=3038,
        accuracy={
            "Face": 99.26,
            "Emotion": 84.27,
            "Emotion2Face": 90.41,
            "Hybrid2Emotion": 81.57,
            "Hybrid2Face": 25.79,
        },
    ),
    "yale": Published(
        iterations=20,
        images=3033,
        accuracy={
            "Face": 87.96,
            "Emotion": 44.61,
            "Emotion2Face": 78.44,
            "Hybrid2Emotion": 49.12,
            "Hybrid2Face": 1.00,
        },
    ),
}

TASK: dict[str, Literal["emotion", "identity"]] = {
    "Face": "identity",
    "Emotion": "emotion",
    "Emotion2Face": "identity",
    "Hybrid": "emotion",
    "Hybrid2Emotion": "emotion",
    "Hybrid2Face": "identity",
    "Hybrid2Face, one epoch": "identity",
    "f_i after line 3": "identity",
    "f_i after line 4": "identity",
}
"""What each system of the paper's is asked for; the last three are not in its table.

They show how much a weak head hides: one that saw each image once, and Algorithm 1's own adversary
while it is fooled and after it was retrained."""
