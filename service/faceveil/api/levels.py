"""Which privacy level a request gets: the one it asks for, if its key allows so little noise."""

from faceveil.http.errors import unfit
from faceveil.model.card import Card
from faceveil.problems import Forbidden, LevelTooLoose


def chosen_level(
    card: Card, own: str, loosest: str | None, wanted: str | None, field: str = "query.level"
) -> str:
    """The level of a request.

    Args:
        card: of the model.
        own: the server's level.
        loosest: the loosest that the key allows; None for the server's own.
        wanted: what the request asks for; None for the server's own, or the key's where that is
            stricter.
        field: where it asks for it.

    Raises:
        InvalidParameters: if the model has no such level.
        LevelTooLoose: if it has less noise than the key allows.
        Forbidden: if the key names a level that the model does not have.
    """
    floor = loosest or own
    if floor not in card.levels:
        raise Forbidden(f"This key is for the level '{floor}', which {card.name} does not have.")

    def sigma(level: str) -> float:
        return card.levels[level].sigma

    if wanted is None:
        return max(own, floor, key=sigma)
    if wanted not in card.levels:
        raise unfit(field, f"{card.name} has the levels: {', '.join(card.levels)}.")
    if sigma(wanted) < sigma(floor):
        who = "This server" if loosest is None else "This key"
        raise LevelTooLoose(f"{who} allows the level '{floor}' or stricter.")
    return wanted
