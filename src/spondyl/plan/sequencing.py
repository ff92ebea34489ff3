"""Monitor units of a fluence delivered by a sliding window.

Both leaves of a pair travel in one direction; where the fluence rises the leading leaf is slowed by the rise, where
it falls the trailing one. A leaf pair then needs the sum of its fluence's rises, and the field the largest such sum
(Convery and Rosenbloom 1992, doi:10.1088/0031-9155/37/6/012; Spirou and Chui 1994, doi:10.1118/1.597345). Leaf
speed, transmission and interleaf constraints are not in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.core import cite


@cite("Spirou SV, Chui CS, Med Phys 1994;21:1031", "10.1118/1.597345", "minimum beam-on time")
def sliding_window_mu(fluence_mu: NDArray[np.float64]) -> float:
    """Monitor units to deliver `fluence_mu`, shape (leaf pairs, positions along leaf travel).

    >>> sliding_window_mu(np.array([[1.0, 3.0, 2.0, 4.0], [2.0, 2.0, 2.0, 2.0]]))
    5.0
    """
    if fluence_mu.size == 0:
        return 0.0
    rises = np.diff(fluence_mu, axis=1, prepend=0.0)
    return float(np.maximum(rises, 0.0).sum(axis=1).max())


def modulation_factor(total_mu: float, dose_per_fraction_gy: float) -> float:
    """MU per cGy of the prescribed dose per fraction.

    >>> modulation_factor(1800.0, 6.0)
    3.0
    """
    return total_mu / (100.0 * dose_per_fraction_gy)
