"""The tables of filters on sets that they never saw, as Markdown."""

from service.rate import Rate
from training.make import DEFAULT_LEVEL
from training.markdown import environment
from training.unseen.run import NOTHING, Unseen


def readable(result: Unseen) -> str:
    """The tables as Markdown."""
    templates = environment()
    templates.filters |= {
        "rate": lambda rate: "" if rate is None else _rate(rate),
        "percent": lambda share: f"{100 * share:.1f}",
        "interval": _interval,
    }
    return templates.get_template("unseen.md").render(
        u=result, nothing=NOTHING, level=DEFAULT_LEVEL
    )


def _rate(rate: Rate) -> str:
    return f"{100 * rate.rate:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"


def _interval(eer: tuple[float, float, float] | None) -> str:
    if eer is None:
        return ""
    value, low, high = (100 * share for share in eer)
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
