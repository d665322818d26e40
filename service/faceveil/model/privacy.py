"""Whether a model's privacy is proved or measured only, in words for whoever chooses a model."""

from faceveil.guarantee import Bounds
from faceveil.model.card import Card

MEASURED = "Measured only: attackers were tried, and a better one may exist. Nothing is proved."


def refuted(card: Card) -> list[str]:
    """The sets and levels on which an attack of the card lies above what is proved."""
    found = [f"{result.data} at {result.level}" for result in card.results if result.is_above_bound]
    return list(dict.fromkeys(found))


def is_proved(card: Card) -> bool:
    """Whether the model has a guarantee, and no attack of its card refutes it."""
    return card.guarantee is not None and not refuted(card)


def privacy_of(card: Card) -> str:
    """What is proved of a model, or that nothing is."""
    if card.guarantee is None:
        return MEASURED
    if broken := refuted(card):
        return (
            f"ABOVE ITS BOUND ({', '.join(broken)}): an attack named more people than the "
            "guarantee lets anybody name, so the guarantee does not hold. Do not use this model."
        )
    levels = "; ".join(f"{name}, {_words(one)}" for name, one in card.guarantee.levels.items())
    return (
        "Proved, whoever attacks: of equally likely people who show the same standard expression, "
        f"nobody names the right one more often than this. {levels}. What the choice of the "
        "expression tells is measured."
    )


def _words(bounds: Bounds) -> str:
    crowds = (f"{100 * most:.3g} % of {people:,}" for people, most in bounds.named.items())
    return f"mu {bounds.mu:.3g}: {', '.join(crowds)}"
