"""Dose of a contoured structure's pieces: coarse all over, finer at its hot and cold ends.

Near-maximum and near-minimum doses hang on few pieces. So the structure is cut coarse first; the pieces that may hold
some of its hottest or coldest, by the dose's slope across them, are cut again and take their place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Cap, Points, Structure, contoured_pieces, contoured_volume_cm3
from spondyl.dose import Dose
from spondyl.evaluate.interpolation import NO_BOXES, dose_and_range_at

PIECES, LARGEST_MM, MOST_PIECES = 25_000, 0.8, 80_000
"""Pieces have sides of 0.8 mm, less for fewer than `PIECES`, more for more than `MOST_PIECES`."""
MOST_CELLS = 150_000
TIERS = (15, 300)
MOST_PARTS = 20_000
END_MM = 0.5
"""Pieces that may hold some of the 15 hottest (coldest), then those of the 300 hottest, are cut into parts of 0.5 mm at
most, or into `MOST_PARTS`."""
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
    cut = np.zeros(len(gy), dtype=np.bool_)
    part, finer = min(END_MM, HALVED * step), list[Points]()
    for chosen in _ends(gy, extremes, weights):
        finer.append(pieces.finer(np.flatnonzero(chosen & ~cut), part, MOST_PARTS))
        cut |= chosen
    if not cut.any():
        return points, gy, weights
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
) -> list[NDArray[np.bool_]]:
    """For each tier the pieces that may hold some of the hottest, and of the coldest.

    By the range of dose in their cells, not by the dose of their points: pieces whose points happen to be hot would
    else be replaced by cooler parts, and those whose points happen to be cool would stay.
    """
    known = gy[(weights_cm3 > 0) & np.isfinite(gy)]
    if not len(known):
        return []
    counts = [min(count, len(known)) for count in TIERS]
    ordered = np.partition(known, [*(c - 1 for c in counts), *(len(known) - c for c in counts)])
    lowest, highest = extremes_gy.T
    steep = highest - lowest > FLAT_GY
    hot = [steep & (highest > ordered[-count]) for count in counts]
    return [end for tier in zip(hot, (steep & (lowest < ordered[c - 1]) for c in counts), strict=True) for end in tier]
