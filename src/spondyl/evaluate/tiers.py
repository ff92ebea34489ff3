"""Which of a structure's pieces are cut again, and what is left of the others: the compiled part."""

from __future__ import annotations

import numpy as np
from numba import njit  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from numpy.typing import NDArray

COARSE = 127
"""The tier of pieces that are not cut."""


@njit(cache=True, nogil=True)
def known(dose_gy: NDArray[np.float64], weights_cm3: NDArray[np.float64]) -> NDArray[np.float64]:
    """Doses that are known of pieces with a volume."""
    found, count = np.empty(len(dose_gy)), 0
    for n in range(len(dose_gy)):
        if weights_cm3[n] > 0.0 and np.isfinite(dose_gy[n]):
            found[count] = dose_gy[n]
            count += 1
    return found[:count]


@njit(cache=True, nogil=True)
def first_tier(
    extremes: NDArray[np.float64], hottest: NDArray[np.float64], coldest: NDArray[np.float64], flat: float
) -> NDArray[np.int8]:
    """For ranges of dose (n, 2) the first k with a highest above `hottest[k]` (2 k) or a lowest below `coldest[k]`
    (2 k + 1); `COARSE` for those that are not wider than `flat` or reach neither."""
    tiers = np.full(len(extremes), COARSE, dtype=np.int8)
    for n in range(len(extremes)):
        lowest, highest = extremes[n, 0], extremes[n, 1]
        if not highest - lowest > flat:
            continue
        for k in range(len(hottest)):
            if highest > hottest[k]:
                tiers[n] = 2 * k
                break
            if lowest < coldest[k]:
                tiers[n] = 2 * k + 1
                break
    return tiers


@njit(cache=True, nogil=True)
def uncut(
    tiers: NDArray[np.int8], dose_gy: NDArray[np.float64], weights_cm3: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Which pieces are not cut and have a volume, their doses and volumes."""
    kept = np.empty(len(tiers), dtype=np.bool_)
    gy, cm3, count = np.empty(len(tiers)), np.empty(len(tiers)), 0
    for n in range(len(tiers)):
        kept[n] = tiers[n] == COARSE and weights_cm3[n] > 0.0
        if kept[n]:
            gy[count], cm3[count] = dose_gy[n], weights_cm3[n]
            count += 1
    return kept, gy[:count], cm3[:count]
