"""Which promise embeddings are held to: that of the model and the level that they name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from faceveil.audit.features import Features, FeaturesError
from faceveil.guarantee import Promise, promise_in


def promise_of(
    features: Features, models: Iterable[Path], card: Path | None = None
) -> Promise | None:
    """What is proved of features; None where nothing is, or nobody knows of which model they are.

    Args:
        features: with the name and version of their model, and its levels.
        models: folders of installed models; the first that has the model counts.
        card: file of the model's card; without one, that of the model that the features name.

    Raises:
        FeaturesError: if the card is none, or has a guarantee and none of the levels named.
    """
    name, _, version = (features.model or "").partition(" ")
    if card is None:
        cards = (one for folder in models for one in folder.glob("*/*/card.json"))
        card = next((one for one in cards if _is(one, name, version)), None)
    if card is None:
        return None
    try:
        return promise_in(card, features.levels)
    except ValueError as problem:
        raise FeaturesError(str(problem)) from problem


def _is(card: Path, name: str, version: str) -> bool:
    # Compared, not joined to a path: an upload's model is whatever a client says.
    return (card.parent.parent.name, card.parent.name) == (name, version)
