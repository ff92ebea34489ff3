"""How fast the dose falls from the target towards the cord, and what the cord beside the target gets.

Ryu's radiosurgery reports the distance between the 90 % and the 50 % isodose towards the cord, 5 mm or less, and
counts the cord from 6 mm above to 6 mm below the target. Here, on each dose plane that cuts target and cord, a line
runs from the target's point nearest to the cord to the cord's point nearest to the target and on in the same
direction; the distance is from the last point of the line with 90 % of the prescription to the first one after it
with 50 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from spondyl.anatomy import Cap, Structure, sample_points
from spondyl.core import cite
from spondyl.core.errors import DoseError, StructureError
from spondyl.dose import Dose
from spondyl.evaluate.dvh import DVH, extent_mm, from_samples
from spondyl.evaluate.interpolation import dose_at

HIGH, LOW = 0.9, 0.5
BACK_MM, AHEAD_MM, STEP_MM = 20.0, 40.0, 0.05
PARTIAL_MARGIN_MM = 6.0
RYU = ("Ryu 2007, Cancer 109:628-636", "10.1002/cncr.22442")


@dataclass(frozen=True)
class FallOff:
    """Distances from the 90 % to the 50 % isodose towards the cord, in mm.

    Parameters
    ----------
    nearest_mm
        On the plane where cord and target are closest; None where the dose does not fall from 90 % to 50 % there.
    median_mm, lowest_mm, highest_mm
        Over the planes where it does; None where there is none.
    planes, open_planes
        Number of planes that cut both, and of those where the dose does not fall from 90 % to 50 % on the line.
    gap_mm
        Closest distance between target and cord in a plane.
    """

    nearest_mm: float | None
    median_mm: float | None
    lowest_mm: float | None
    highest_mm: float | None
    planes: int
    open_planes: int
    gap_mm: float


@cite(*RYU, "dose fall-off from the 90 % to the 50 % isodose towards the cord")
def fall_off(
    dose: Dose, target: Structure, cord: Structure, prescription_gy: float, *, cap: Cap = "half-slice"
) -> FallOff:
    """The 90 % to 50 % distance towards the cord, percent of the prescription.

    Raises
    ------
    StructureError
        If target and cord share no plane of the dose grid.
    DoseError
        If the prescription is not positive.
    """
    if not prescription_gy > 0:
        raise DoseError(f"prescription is {prescription_gy} Gy, expected a positive dose; give the prescribed dose")
    lines = _lines(dose, sample_points(target, None, cap)[0], sample_points(cord, None, cap)[0])
    if not lines:
        raise StructureError(
            f'target "{target.name}" and cord "{cord.name}" share no dose plane, expected them side by side; '
            "choose the cord or thecal sac at the target's level"
        )
    gaps = np.array([gap for gap, _, _ in lines])
    found = [_distance_mm(dose, start, direction, prescription_gy) for _, start, direction in lines]
    known = np.array([d for d in found if d is not None])
    return FallOff(
        nearest_mm=found[int(gaps.argmin())],
        median_mm=float(np.median(known)) if known.size else None,
        lowest_mm=float(known.min()) if known.size else None,
        highest_mm=float(known.max()) if known.size else None,
        planes=len(found),
        open_planes=len(found) - known.size,
        gap_mm=float(gaps.min()),
    )


def _lines(
    dose: Dose, target_mm: NDArray[np.float64], cord_mm: NDArray[np.float64]
) -> list[tuple[float, NDArray[np.float64], NDArray[np.float64]]]:
    """For each plane: the gap, the target's nearest point, the direction to the cord's nearest point."""
    lines: list[tuple[float, NDArray[np.float64], NDArray[np.float64]]] = []
    reach = dose.grid.spacing_mm[2] / 2
    for z in dose.grid.axis_mm("z"):
        near = target_mm[np.abs(target_mm[:, 2] - z) <= reach, :2]
        there = cord_mm[np.abs(cord_mm[:, 2] - z) <= reach, :2]
        if not len(near) or not len(there):
            continue
        found: Any = KDTree(there).query(near)
        distance, index = np.asarray(found[0]), np.asarray(found[1])
        i = int(np.argmin(distance))
        towards = there[int(index[i])] - near[i]
        if float(distance[i]) < 1.0:  # they touch: the cord's middle gives the direction
            towards = there.mean(axis=0) - near[i]
        length = float(np.linalg.norm(towards))
        if length > 0:
            lines.append((float(distance[i]), np.append(near[i], z), np.append(towards / length, 0.0)))
    return lines


def _distance_mm(
    dose: Dose, start_mm: NDArray[np.float64], direction: NDArray[np.float64], prescription_gy: float
) -> float | None:
    """From the last 90 % to the first 50 % after it, along the line from inside the target past the cord's edge."""
    s = np.arange(-BACK_MM, AHEAD_MM + STEP_MM / 2, STEP_MM)
    along = dose_at(dose, start_mm + s[:, None] * direction) / prescription_gy
    here = int(np.searchsorted(s, 0.0))
    ahead = here + int(np.nanargmin(along[here:])) if np.isfinite(along[here:]).any() else here
    high = np.flatnonzero(along[: ahead + 1] >= HIGH)
    if not high.size:
        return None
    low = np.flatnonzero(along[high[-1] :] <= LOW)
    return float(low[0]) * STEP_MM if low.size else None


@cite(*RYU, "partial cord volume, 6 mm above to 6 mm below the target")
def partial_cord(
    dose: Dose,
    cord: Structure,
    target: Structure,
    *,
    margin_mm: float = PARTIAL_MARGIN_MM,
    cap: Cap = "half-slice",
) -> DVH:
    """DVH of the cord from `margin_mm` above to `margin_mm` below the target; ask it for V10Gy and V10Gy_cc.

    Raises
    ------
    StructureError
        If the cord has no part there, or that part is not on the dose grid.
    """
    points, weights = sample_points(cord, None, cap)
    low, high = extent_mm(target)
    half_mm = target.grid.spacing_mm[2] / 2 if target.contours and cap == "half-slice" else 0.0
    bottom, top = low[2] - half_mm - margin_mm, high[2] + half_mm + margin_mm
    inside = (points[:, 2] >= bottom) & (points[:, 2] <= top)
    gy = dose_at(dose, points[inside])
    on_grid = np.isfinite(gy)
    if not bool(on_grid.any()):
        raise StructureError(
            f'cord "{cord.name}" has no part with dose from {margin_mm:g} mm above to {margin_mm:g} mm below '
            f'"{target.name}"; choose the thecal sac below the cord'
        )
    total = float(weights[inside].sum())
    return from_samples(f"{cord.name} partial", gy[on_grid], weights[inside][on_grid], total_cm3=total)
