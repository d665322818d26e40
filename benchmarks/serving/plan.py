"""How long and how often is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One run's lengths.

    Attributes:
        repeats: of everything that has a spread.
        seconds: of one load.
        concurrencies: connections of the loads.
        rounds: of a stage in process.
        crowds: faces in a picture.
        batches: images in a batch request.
        soak: requests of changing shape.
        shapes: pictures that these go through.
        peers: whether other servers are measured.
    """

    repeats: int = 5
    seconds: float = 3.0
    concurrencies: tuple[int, ...] = (1, 4, 16, 64)
    rounds: int = 60
    crowds: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    batches: tuple[int, ...] = (1, 4, 16, 64, 256)
    soak: int = 20_000
    shapes: int = 48
    peers: bool = True


FULL = Plan()
QUICK = Plan(
    repeats=1,
    seconds=1.0,
    concurrencies=(1, 4),
    rounds=3,
    crowds=(1, 4),
    batches=(1, 4),
    soak=50,
    shapes=6,
    peers=False,
)
"""Keeps the bench alive; its figures mean nothing."""
