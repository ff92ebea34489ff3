"""Dose of a contoured structure's pieces: coarse all over, finer at its hot and cold ends.

Near-maximum and near-minimum doses hang on few pieces. So the structure is cut coarse first; the pieces that may hold
some of its hottest or coldest, by the dose's slope across them, are cut again and take their place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Cap, Structure, contoured_pieces
from spondyl.dose import Dose
from spondyl.evaluate.grid_edge import highest_near, note_beyond
from spondyl.evaluate.interpolation import dose_and_range_at
from spondyl.evaluate.tiers import COARSE, first_tier, known, uncut

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
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sampled:
    """Doses of points in Gy (n,), NaN off the dose grid, and the volumes in cm3 (n,) they stand for.

    The points, (x, y, z) in mm, lie in groups (m, 3), of which some are `kept` (m,).
    """

    gy: Floats
    weights_cm3: Floats
    groups: tuple[tuple[Floats, NDArray[np.bool_]], ...]

    def edge_gy(self, dose: Dose) -> float:
        """Highest dose within a voxel of the faces of the dose grid beyond which points lie, infinite if none is."""
        low, high = dose.grid.bounds_mm()
        beyond, spacing = np.zeros((2, 3), dtype=np.bool_), np.asarray(dose.grid.spacing_mm)
        for points, kept in self.groups:
            note_beyond(points, kept, low, high, beyond)
        found, first = -np.inf, 0
        for points, kept in self.groups:
            end = first + int(np.count_nonzero(kept))
            found = max(found, highest_near(points, kept, self.gy[first:end], low + spacing, high - spacing, beyond))
            first = end
        return float(found) if found > -np.inf else np.inf


def sampled(dose: Dose, structure: Structure, cap: Cap) -> Sampled | None:
    """Points of a structure with contours, their doses and volumes; None where it has no contours."""
    pieces = contoured_pieces(structure, cap, _step_mm, MOST_CELLS, rim=True)
    if pieces is None:
        return None
    gy, extremes = dose_and_range_at(dose, pieces.points_mm, pieces.cells)
    tiers = _tiers(gy, extremes, pieces.weights_cm3)
    part = min(END_MM, HALVED * pieces.step_mm)
    finer = [pieces.finer(np.flatnonzero(tiers == tier), part, MOST_PARTS) for tier in range(2 * len(TIERS))]
    doses = [dose_and_range_at(dose, points)[0] for points, _ in finer]
    kept, whole_gy, whole_cm3 = uncut(tiers, gy, pieces.weights_cm3)
    return Sampled(
        np.concatenate((whole_gy, *doses)),
        np.concatenate((whole_cm3, *(weights for _, weights in finer))),
        ((pieces.points_mm, kept), *((points, np.ones(len(points), dtype=np.bool_)) for points, _ in finer)),
    )


def _step_mm(volume_cm3: float) -> float:
    mm3 = max(1000.0 * volume_cm3, 1.0)
    return max(min(LARGEST_MM, (mm3 / PIECES) ** (1 / 3)), (mm3 / MOST_PIECES) ** (1 / 3))


def _tiers(gy: Floats, extremes_gy: Floats, weights_cm3: Floats) -> NDArray[np.int8]:
    """For each piece the first tier in which it may hold some of the hottest (even) or coldest (odd), else `COARSE`.

    By the range of dose in their cells, not by the dose of their points: pieces whose points happen to be hot would
    else be replaced by cooler parts, and those whose points happen to be cool would stay.
    """
    doses: Floats = known(gy, weights_cm3)
    if not len(doses):
        return np.full(len(gy), COARSE, dtype=np.int8)
    counts = [min(count, len(doses)) for count in TIERS]
    ordered = np.partition(doses, sorted({*(c - 1 for c in counts), *(len(doses) - c for c in counts)}))
    tiers: NDArray[np.int8] = first_tier(
        extremes_gy, ordered[[-c for c in counts]], ordered[[c - 1 for c in counts]], FLAT_GY
    )
    return tiers
