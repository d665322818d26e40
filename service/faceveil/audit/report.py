"""The report: one self-contained HTML page for whoever has to sign."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from faceveil.audit.figures import figures, title
from faceveil.audit.result import ERASED_HERE, AuditResult

_MEANING = {
    "above its bound": "The guarantee does not hold here: an attacker names more people than it "
    "lets anybody name, or embeddings lie where it lets none lie. The noise key has leaked, the "
    "mechanism was bypassed, or these are not embeddings of the model and the level that they are "
    "said to be. Stop releasing embeddings until it is known which.",
    "re-identifiable": "People can be told by these embeddings better than by guessing. Treat them "
    "as personal data, and as biometric data where they serve to identify.",
    "not distinguished from chance": "None of the attackers tried could tell people better than "
    "guessing can. That is a statement about these attackers and this many samples; it does not "
    "show that nobody can.",
    "inconclusive": "This audit can neither find a risk nor clear of one. The reasons are below; "
    "more samples, or other samples, are needed.",
}


def render(result: AuditResult) -> str:
    """The report as one HTML document that loads nothing from anywhere."""
    environment = Environment(
        loader=PackageLoader("faceveil.audit"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.1%}"
    environment.filters["title"] = title
    return environment.get_template("report.html").render(
        result=result,
        erased_here=Markup(ERASED_HERE),  # noqa: S704 - ours
        figures={name: Markup(svg) for name, svg in figures(result).items()},  # noqa: S704 - ours
        meaning=_MEANING[result.verdict],
    )
