"""What is proved of a trained filter, for its card."""

from collections.abc import Mapping

import numpy as np
import torch

from faceveil.guarantee import Guarantee, Shared
from training.data.crop_set import CropSet
from training.filter.model import Filter
from training.filter.release import LEVELS, RADIUS, Expressions, people_of_each, sigma_of


def guarantee_of(filter_: Filter, calibration: Mapping[str, CropSet]) -> Guarantee | None:
    """The guarantee of a filter with a codebook; none where it has none.

    Args:
        filter_: as it is released.
        calibration: sets by their names, on which is counted how many people show each codeword; a
            face that nobody named counts as a person of its own.
    """
    if not isinstance(filter_.base, Expressions):
        return None
    codebook = filter_.base.codebook
    shared = []
    for name, part in calibration.items():
        chosen = codebook.nearest(torch.from_numpy(filter_.embed(part.crops))).numpy()
        people = people_of_each(chosen, part.subject, len(codebook.codewords))
        everybody = people_of_each(np.zeros_like(chosen), part.subject, 1)
        shared.append(
            Shared(
                data=name,
                people=int(everybody[0]),
                fewest=int(people.min()),
                median=float(np.median(people)),
            )
        )
    sigmas = {name: sigma_of(mu) for name, mu in LEVELS.items()}
    return Guarantee.of(codebook.codewords.numpy(), RADIUS, sigmas, shared)
