"""The verifiers as a file for the browser, and their figures as a table in Markdown."""

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faceveil.rate import Estimate
from training.lab.markdown import environment
from training.lab.verifier import Verifier
from training.studies.verifier.run import Tested, Verified

FORMAT = 2


def readable(found: Verified) -> str:
    """The table as Markdown."""
    templates = environment()
    templates.filters.update(percent=_percent, share=lambda share: f"{100 * share:.1f}")
    return templates.get_template("verifier.md").render(u=found)


def as_file(found: Verified) -> str:
    """What `@faceveil/device` reads: no vector of anybody, only what many together teach."""
    undefended, *released = found.every
    content = {
        "format": FORMAT,
        "model": {"name": found.card.name, "version": found.card.version},
        "graph_sha256": found.card.graph.sha256,
        "tensor": found.tensor,
        "data": found.data,
        "terms": found.terms.words,
        "people": {"learned": found.learned, "tested": found.tested},
        "pairs": undefended.figures.pairs,
        "command": found.study.command,
        "seed": found.study.seed,
        "created": found.created,
        "undefended": _measured(undefended),
        "released": {one.vector: {"sigma": one.sigma} | _measured(one) for one in released},
    }
    return json.dumps(content, indent=1) + "\n"


def written(verifier: Verifier) -> dict[str, Any]:
    """What computes a verdict, as the file has it."""
    return {
        "mean": _base64(verifier.mean),
        "projection": _base64(verifier.projection),
        "cross": _base64(verifier.cross),
        "square": _base64(verifier.square),
        "scores": verifier.scores.round(5).tolist(),
        "chances": verifier.chances.round(5).tolist(),
    }


def _measured(one: Tested) -> dict[str, Any]:
    figures = one.figures
    return written(one.verifier) | {
        "eer": figures.eer.model_dump(),
        "auc": figures.auc.model_dump(),
        "same": figures.same.round(4).tolist(),
        "different": figures.different.round(4).tolist(),
    }


def _base64(values: NDArray[np.float32] | NDArray[np.float64]) -> str:
    """Float32, little-endian, row by row."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _percent(one: Estimate | None) -> str:
    if one is None:
        return ""
    value, low, high = (100 * share for share in (one.value, one.low, one.high))
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
