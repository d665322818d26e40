"""Names for the arrays that the audit passes around."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Embeddings, scores and rates."""

Ints: TypeAlias = NDArray[np.int64]
"""Codes: subjects, groups, emotions and row numbers as integers from 0."""

Bools: TypeAlias = NDArray[np.bool_]
"""Masks."""

Labels: TypeAlias = NDArray[Any]
"""Labels as the caller has them: integers or strings."""
