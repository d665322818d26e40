"""The table of a frontier, as Markdown."""

from service.engine.card import Result
from training.frontier.run import REPORTED, Frontier
from training.markdown import environment


def readable(found: Frontier, picture: str) -> str:
    """The table as Markdown.

    Args:
        found: what was tried.
        picture: file that shows it, from where the Markdown lies.
    """
    templates = environment()
    templates.filters["rate"] = _rate
    return templates.get_template("frontier.md").render(f=found, picture=picture, reported=REPORTED)


def _rate(result: Result | None) -> str:
    if result is None:
        return ""
    rate = result.rate
    mark = " **!**" if result.task == "identity" and rate.high < result.chance else ""
    return f"{100 * rate.rate:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]{mark}"
