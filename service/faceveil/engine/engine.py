"""What reads images, with which model: loaded once, shared by all requests."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faceveil.engine.job import Job, ReadPicture
from faceveil.engine.readers import Readers, Workers, start_workers
from faceveil.model.bundle import BundleError, find_bundle, list_bundles, read_card
from faceveil.model.card import Card
from faceveil.model.noise import KeyedNoise, ModelNoise
from faceveil.pool.scheduler import Scheduler
from faceveil.prior import Prior, PriorError
from faceveil.settings import FOR_ANYONE, Settings

logger = logging.getLogger("faceveil")


@dataclass(frozen=True, slots=True)
class Engine:
    """What reads images, and with which model.

    Attributes:
        card: of the model.
        level: taken where none is asked for.
        prior: taken where none is requested.
        cards: of every installed bundle, one name's newest version last.
        scheduler: has images read.
        walls: tells which walls stand around the processes that read.
    """

    card: Card
    level: str
    prior: Prior
    cards: list[Card]
    scheduler: Scheduler[Job, ReadPicture]
    walls: Callable[[], dict[str, bool]] = dict


def load_engine(settings: Settings, noise_key: bytes, workers: Workers | None = None) -> Engine:
    """What reads images, once its model and its detector are loaded.

    Args:
        settings: all of them.
        noise_key: the store's.
        workers: what `start_workers` returned; without them, they are started here.

    Raises:
        BundleError: if the configured model or the detector is absent or broken, or the model has
            no such level, may not be used so, or cannot answer by the configured prior.
    """
    chosen = settings.model
    card = read_card(find_bundle(chosen.directory, chosen.name, chosen.version), chosen.digest)
    if chosen.use == "anyone" and card.for_research_only:
        raise BundleError(
            f"FACEVEIL_MODEL__USE is anyone, and {card.name} {card.version} is for "
            f"{card.terms}. Serve another model: FACEVEIL_MODEL__NAME={FOR_ANYONE}"
        )
    prior = _prior(settings.prior, card)
    workers = workers or start_workers(settings)
    workers.wait_until_loaded()
    if card.checks is None:
        logger.warning(
            "the model's card holds no checks: whether this processor computes it as it was judged "
            "is not known",
            extra={"bundle": f"{card.name}/{card.version}"},
        )
    readers = Readers(workers, ModelNoise(KeyedNoise(noise_key), card), card)
    return Engine(
        card,
        chosen.level or card.default_level,
        prior,
        _readable_cards(chosen.directory),
        Scheduler(readers, queue=settings.engine.queue, deadline_s=settings.engine.deadline_s),
        lambda: readers.walls,
    )


def _prior(text: str, card: Card) -> Prior:
    try:
        return Prior.of(text, card.labels, card.prior)
    except PriorError as error:
        raise BundleError(
            f"FACEVEIL_PRIOR does not suit {card.name} {card.version}: {error}. Set it to wild, or "
            "serve a model that it suits: `faceveil models show NAME` prints a model's labels and "
            "its prior."
        ) from None


def _readable_cards(directory: Path) -> list[Card]:
    """The installed cards; a broken one keeps nobody from being served by another."""
    cards = []
    for folder in list_bundles(directory).values():
        try:
            cards.append(read_card(folder))
        except BundleError:
            logger.exception(
                "a card cannot be read", extra={"bundle": f"{folder.parent.name}/{folder.name}"}
            )
    return cards
