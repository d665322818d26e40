"""The tables of filters on sets that they never saw, as Markdown."""

from dataclasses import replace

from training.lab.attack import Attack, Emotions
from training.lab.markdown import environment, in_percent
from training.studies.preset import DEFAULT_LEVEL
from training.studies.unseen.judge import NOTHING
from training.studies.unseen.run import Unseen


def readable(result: Unseen) -> str:
    """The tables as Markdown."""
    templates = environment()
    templates.filters.update(
        rate=lambda rate: "" if rate is None else in_percent(rate),
        percent=lambda share: f"{100 * share:.1f}",
        interval=_interval,
        attack=_attack,
    )
    return templates.get_template("unseen.md").render(
        u=result, nothing=NOTHING, level=DEFAULT_LEVEL
    )


def _attack(attack: Attack) -> str:
    """In words; the table says which emotions it may use."""
    return str(replace(attack, emotions=Emotions.ALL))


def _interval(eer: tuple[float, float, float] | None) -> str:
    if eer is None:
        return ""
    value, low, high = (100 * share for share in eer)
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
