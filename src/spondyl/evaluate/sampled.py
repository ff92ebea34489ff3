"""Dose of a contoured structure's pieces: coarse all over, finer at its hot and cold ends.

Near-maximum and near-minimum doses hang on few pieces. So the structure is cut coarse first; the pieces that may hold
some of its `END_PIECES` hottest or coldest, by the dose's slope across them, are cut again and take their place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Cap, Structure, contoured_pieces, contoured_volume_cm3
from spondyl.dose import Dose
from spondyl.evaluate.interpolation import NO_BOXES, dose_and_range_at

PIECES, LARGEST_MM, MOST_PIECES = 25_000, 0.8, 80_000
"""Pieces have sides of 0.8 mm, less for fewer than `PIECES`, more for more than `MOST_PIECES`."""
MOST_CELLS = 150_000
END_PIECES = 300
END_MM, MOST_PARTS = 0.5, 40_000
"""Pieces at an end are cut into parts of 0.5 mm at most, or into as many as this."""
HALVED = 0.5
"""Parts are at most half as long as their pieces."""
FLAT_GY = 0.01
"""A piece across which the dose differs by less is not cut."""

Sampled = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Points (n, 3) in mm, their doses in Gy (n,), NaN off the dose grid, and the volumes in cm3 (n,) they stand for."""


def sampled(dose: Dose, structure: Structure, cap: Cap) -> Sampled | None:
    """Points of a structure with contours, their doses and volumes; None where it has no contours."""
    step = _step_mm(contoured_volume_cm3(structure))
    pieces = contoured_pieces(structure, cap, step, MOST_CELLS, rim=True)
    if pieces is None:
        return None
    points, weights = pieces.points_mm, pieces.weights_cm3
    gy, extremes = dose_and_range_at(dose, points, pieces.boxes_mm)
    hot, cold = _ends(gy, extremes, weights)
    if not (cut := hot | cold).any():
        return points, gy, weights
    part = min(END_MM, HALVED * step)
    finer = [pieces.finer(np.flatnonzero(end), part, MOST_PARTS) for end in (hot, cold & ~hot) if end.any()]
    keep = ~cut & (weights > 0)
    new_points = np.concatenate([p for p, _ in finer])
    new_gy, _ = dose_and_range_at(dose, new_points, NO_BOXES)
    return (
        np.concatenate((points[keep], new_points)),
        np.concatenate((gy[keep], new_gy)),
        np.concatenate((weights[keep], *(w for _, w in finer))),
    )


def _step_mm(volume_cm3: float) -> float:
    mm3 = max(1000.0 * volume_cm3, 1.0)
    return max(min(LARGEST_MM, (mm3 / PIECES) ** (1 / 3)), (mm3 / MOST_PIECES) ** (1 / 3))


def _ends(
    gy: NDArray[np.float64], extremes_gy: NDArray[np.float64], weights_cm3: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pieces that may hold some of the hottest, and of the coldest.

    By the range of dose in their cells, not by the dose of their points: pieces whose points happen to be hot would
    else be replaced by cooler parts, and those whose points happen to be cool would stay.
    """
    known = gy[(weights_cm3 > 0) & np.isfinite(gy)]
    none = np.zeros(len(gy), dtype=np.bool_)
    if not len(known):
        return none, none
    count = min(END_PIECES, len(known))
    ordered = np.partition(known, (count - 1, len(known) - count))
    lowest, highest = extremes_gy.T
    steep = highest - lowest > FLAT_GY
    return steep & (highest > ordered[-count]), steep & (lowest < ordered[count - 1])
