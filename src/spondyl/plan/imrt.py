"""Fixed-field IMRT: where the fields come from and which beamlets each may use."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from spondyl.core.errors import PlanError
from spondyl.dose import Field, aimed_field, gantry_axes

BEAMLET_U_MM = 2.5
"""Along leaf travel: the cord's penumbra needs it."""
BEAMLET_V_MM = 5.0
"""Across the leaves: a leaf of 5 mm at the isocentre."""
MARGIN_MM = 5.0
"""Around the target's projection, for the penumbra's lateral loss."""
HALF_ARC_DEG = 130.0
FEWEST_FIELDS, MOST_FIELDS = 3, 15


@dataclass(frozen=True)
class Arrangement:
    """Fields with open fluence, and for each the beamlets that may be used, shape of its fluence."""

    fields: tuple[Field, ...]
    open: tuple[NDArray[np.bool_], ...]

    @property
    def columns(self) -> NDArray[np.bool_]:
        """Which of all beamlets, field by field, are in use."""
        return np.concatenate([mask.ravel() for mask in self.open])


def gantry_angles_deg(count: int) -> tuple[float, ...]:
    """Gantry angles, evenly from `HALF_ARC_DEG` on one side of straight posterior to the same on the other.

    The spine lies posterior, so the anterior quarter is left out: on the bundled thoracic case nine fields over this
    arc spare the tissue around the target as eleven equispaced ones do, and no two fields oppose each other
    (docs/theory/optimisation.md has the comparison).

    >>> gantry_angles_deg(3)
    (50.0, 180.0, 310.0)
    """
    if not FEWEST_FIELDS <= count <= MOST_FIELDS:
        raise PlanError(f"fields: got {count}, expected {FEWEST_FIELDS} to {MOST_FIELDS}; 9 or 11 suit the spine")
    step = 2.0 * HALF_ARC_DEG / (count - 1)
    return tuple(round(180.0 - HALF_ARC_DEG + k * step, 3) for k in range(count))


def arrange(
    target_points_mm: NDArray[np.float64],
    isocentre_mm: tuple[float, float, float],
    angles_deg: tuple[float, ...],
    sad_mm: float,
) -> Arrangement:
    """One coplanar field per angle, its beamlets covering the target's projection and a margin.

    Parameters
    ----------
    target_points_mm
        Points (x, y, z) that fill the target, shape (n, 3), closer together than a beamlet.
    """
    if not len(target_points_mm):
        raise PlanError("the target has no points, expected a volume to irradiate; check the structures")
    made = [_field(target_points_mm, isocentre_mm, angle, sad_mm) for angle in angles_deg]
    return Arrangement(tuple(field for field, _ in made), tuple(mask for _, mask in made))


def fluence_fields(arrangement: Arrangement, x: NDArray[np.float64]) -> tuple[Field, ...]:
    """Fields with the fluence of beamlet weights `x`, shape (beamlets in use,)."""
    made: list[Field] = []
    start = 0
    for field, mask in zip(arrangement.fields, arrangement.open, strict=True):
        fluence = np.zeros(mask.shape)
        count = int(mask.sum())
        fluence[mask] = x[start : start + count]
        start += count
        made.append(replace(field, fluence=fluence))
    return tuple(made)


def _field(
    points_mm: NDArray[np.float64], isocentre_mm: tuple[float, float, float], angle_deg: float, sad_mm: float
) -> tuple[Field, NDArray[np.bool_]]:
    direction, u_axis, v_axis = gantry_axes(angle_deg)
    source = np.asarray(isocentre_mm) - sad_mm * direction
    ray = points_mm - source
    scale = sad_mm / (ray @ direction)
    u, v = (ray @ u_axis) * scale, (ray @ v_axis) * scale
    u_edges, v_edges = _edges(u, BEAMLET_U_MM), _edges(v, BEAMLET_V_MM)
    seen = np.histogram2d(v, u, (v_edges, u_edges))[0] > 0
    open_ = binary_dilation(seen, _disc(MARGIN_MM))
    maps = u_edges, v_edges, open_.astype(np.float64)
    return aimed_field(f"G{angle_deg:05.1f}", isocentre_mm, sad_mm, maps, angle_deg), open_


def _edges(values_mm: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Beamlet edges on a lattice through the axis, from below the smallest value to above the largest."""
    low = np.floor((values_mm.min() - MARGIN_MM) / step_mm)
    high = np.ceil((values_mm.max() + MARGIN_MM) / step_mm)
    return np.arange(low, high + 1) * step_mm


def _disc(radius_mm: float) -> NDArray[np.bool_]:
    """Beamlets whose middle lies within `radius_mm` of the middle one's."""
    nu, nv = int(radius_mm // BEAMLET_U_MM), int(radius_mm // BEAMLET_V_MM)
    v, u = np.mgrid[-nv : nv + 1, -nu : nu + 1]
    return np.hypot(u * BEAMLET_U_MM, v * BEAMLET_V_MM) <= radius_mm
