"""The part of the patient that a needle's dose is computed in: millimetre voxels about the source, out to the skin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spondyl.anatomy import Case, Structure, Structures
from spondyl.core import Grid, covering
from spondyl.dose.resample import resample_medium
from spondyl.physics import Medium
from spondyl.physics.kv import kv_medium_from_ct

VOXEL_MM = 1.0
AROUND_MM = 45.0
"""To all sides of the paths: beyond it less than 3 % of the dose at 13 mm is left (the depth dose in water)."""
TO_SKIN_MM = 120.0
"""Backwards the grid goes on to the skin, if that lies within this distance."""
AIR_MM = 3.0


def dose_grid(case: Case, places_mm: Sequence[Sequence[float]], target: Structure, voxel_mm: float = VOXEL_MM) -> Grid:
    """Voxels of `voxel_mm` about the places and the target, and backwards to the skin, within the CT.

    Parameters
    ----------
    places_mm
        (x, y, z) where the source may stand.
    """
    places = np.asarray(places_mm, float)
    low, high = places.min(axis=0) - AROUND_MM, places.max(axis=0) + AROUND_MM
    target_low, target_high = target.local_grid.bounds_mm()
    low, high = np.minimum(low, target_low - voxel_mm), np.maximum(high, target_high + voxel_mm)
    high[1] = max(high[1], _skin_behind_mm(case.structures, places))
    ct_low, ct_high = case.ct.grid.bounds_mm()
    low, high = np.maximum(low, ct_low), np.minimum(high, ct_high)
    return covering(low, high, (voxel_mm, voxel_mm, voxel_mm), case.ct.grid.frame_of_reference_uid)


def patient_medium(
    case: Case, grid: Grid, structures: Structures, overrides: Mapping[str, str] | None = None
) -> Medium:
    """Density and material on `grid`, from the CT and what overrides it.

    Parameters
    ----------
    structures
        On the CT's grid: the external contour, and those that `overrides` names.
    overrides
        Structure name to material name.
    """
    return resample_medium(kv_medium_from_ct(case.ct, structures, overrides), grid)


def _skin_behind_mm(structures: Structures, places: np.ndarray) -> float:
    """y of the back's skin about the places and a little air; minus infinity where it is not known or too far."""
    external = next(iter(structures.with_role("external")), None)
    if external is None or external.is_empty:
        return -np.inf
    grid = external.local_grid
    z, x = grid.axis_mm("z"), grid.axis_mm("x")
    rows = (z >= places[:, 2].min() - AROUND_MM) & (z <= places[:, 2].max() + AROUND_MM)
    columns = (x >= places[:, 0].min() - AROUND_MM) & (x <= places[:, 0].max() + AROUND_MM)
    filled = (external.coverage[rows][:, :, columns] >= 0.5).any(axis=(0, 2))
    if not filled.any():
        return -np.inf
    skin = float(grid.axis_mm("y")[filled][-1]) + AIR_MM
    return skin if skin <= places[:, 1].max() + TO_SKIN_MM else -np.inf
