"""Which prior a request gets, and what its answers become by it."""

from dataclasses import replace

import numpy as np

from faceveil.engine.engine import Engine
from faceveil.engine.job import ReadPicture, shortest
from faceveil.http.errors import unfit
from faceveil.prior import Prior, PriorChoice, PriorError


def chosen_prior(engine: Engine, wanted: PriorChoice | None) -> Prior:
    """The prior of a request: what it names, or else the server's.

    Raises:
        InvalidParameters: if the model cannot answer by it.
    """
    if wanted is None:
        return engine.prior
    try:
        return Prior.of(wanted, engine.card.labels, engine.card.prior)
    except PriorError as error:
        raise unfit("query.prior", f"Only wild: {error}.") from None


def expecting(prior: Prior, done: ReadPicture) -> ReadPicture:
    """What was read of a picture, as it is where emotions are met by this prior."""
    if prior.name == "wild":
        return done
    if not done.faces:
        return done
    read = np.array([face.emotion for face in done.faces], np.float32)
    faces = [
        replace(face, emotion=shortest(emotion))
        for face, emotion in zip(done.faces, prior.corrected(read).astype(np.float32), strict=True)
    ]
    return replace(done, faces=faces)
