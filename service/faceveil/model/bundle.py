"""A model bundle on disk: `<directory>/<name>/<version>/` with `card.json` and `model.onnx`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from faceveil.model.card import Card

CARD_FILE = "card.json"
VERIFIER_FILE = "verifier.json"
"""Beside a graph of which one was learned; browsers that compare faces read it, nothing else."""


class BundleError(Exception):
    """A bundle is absent, incomplete or not what its card says."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A card and the verified bytes of its graph."""

    card: Card
    graph: bytes


def card_digest(folder: Path) -> str:
    """SHA-256 of a bundle's card, which holds that of its graph: it stands for the whole bundle.

    Raises:
        BundleError: if there is no card.
    """
    return hashlib.sha256(_card_bytes(folder)).hexdigest()


def read_card(folder: Path, pinned: str | None = None) -> Card:
    """Reads a bundle's card.

    Args:
        folder: of the bundle.
        pinned: the digest that the card must have, as `card_digest` gives it.

    Raises:
        BundleError: if there is none, it is not the pinned one or not a card of a version we know,
            or it is another bundle's.
    """
    content = _card_bytes(folder)
    digest = hashlib.sha256(content).hexdigest()
    if pinned not in (None, digest):
        raise BundleError(
            f"{folder} is not the bundle that is pinned: the SHA-256 of its {CARD_FILE} is "
            f"{digest}, FACEVEIL_MODEL__DIGEST says {pinned}. Restore the bundle, name the "
            "version that was pinned, or pin this one, once you know where it comes from."
        )
    try:
        card = Card.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BundleError(f"{folder / CARD_FILE} is not a card: {where}: {first['msg']}") from None
    if (card.name, card.version) != (folder.parent.name, folder.name):
        raise BundleError(
            f"{folder} holds the card of {card.name} {card.version}; it belongs into "
            f"{card.name}/{card.version}."
        )
    return card


def _card_bytes(folder: Path) -> bytes:
    try:
        return (folder / CARD_FILE).read_bytes()
    except FileNotFoundError:
        raise BundleError(f"{folder} holds no {CARD_FILE}") from None


def load_bundle(folder: Path, pinned: str | None = None) -> Bundle:
    """Reads a bundle and verifies its graph against the card's digest.

    The bytes that were verified are the bytes that are run: the file is read once.

    Args:
        folder: of the bundle.
        pinned: the digest that its card must have.

    Raises:
        BundleError: if anything is missing or a digest differs.
    """
    card = read_card(folder, pinned)
    try:
        graph = (folder / card.graph.file).read_bytes()
    except FileNotFoundError:
        raise BundleError(f"{folder} holds no {card.graph.file}") from None
    digest = hashlib.sha256(graph).hexdigest()
    if digest != card.graph.sha256:
        raise BundleError(
            f"{folder / card.graph.file} is not the graph of its card: its SHA-256 is {digest}, "
            f"the card says {card.graph.sha256}. Restore the file or make the bundle again."
        )
    return Bundle(card, graph)


def list_bundles(directory: Path) -> dict[tuple[str, str], Path]:
    """The bundle folders under a models directory, by name and version, in that order.

    A bundle of one name has its newest version last.
    """
    folders = (path.parent for path in directory.glob(f"*/*/{CARD_FILE}"))
    found = {(folder.parent.name, folder.name): folder for folder in folders}
    return dict(sorted(found.items(), key=lambda item: (item[0][0], _release(item[0][1]))))


def find_bundle(directory: Path, name: str, version: str | None = None) -> Path:
    """The folder of a bundle; of its newest version where none is asked for.

    Raises:
        BundleError: if there is no such bundle.
    """
    bundles = list_bundles(directory)
    versions = [found for found in bundles if found[0] == name]
    if version is not None:
        versions = [found for found in versions if found[1] == version]
    if not versions:
        wanted = name if version is None else f"{name} {version}"
        there = ", ".join(f"{n} {v}" for n, v in bundles) or "none"
        raise BundleError(f"There is no bundle {wanted} in {directory} (there: {there}).")
    return bundles[versions[-1]]


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in version.split("."))
