"""BED and EQD2 voxel by voxel, and what a prior course adds, by the linear-quadratic model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Structure
from spondyl.core import Grid, Rigid, cite
from spondyl.core.errors import DoseError, DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate.interpolation import dose_at

_LQ = ("Fowler 1989, Br J Radiol 62:679-694", "10.1259/0007-1285-62-740-679")


@dataclass(frozen=True)
class PriorCourse:
    """Radiotherapy given before.

    Parameters
    ----------
    dose
        Total dose in Gy, in its own coordinates.
    fractions
        It was given in.
    months_since
        From its end to this course, None where unknown.
    registration
        Takes a point of this course's CT to the same tissue in the prior dose's coordinates; None where both share
        one frame of reference.
    """

    dose: Dose
    fractions: int
    months_since: float | None = None
    registration: Rigid | None = None

    def __post_init__(self) -> None:
        if self.fractions < 1:
            raise DoseError(f"prior course has {self.fractions} fractions, expected 1 or more; give its own number")


def fractions_of(dose: Dose, fractions: int | None = None) -> int:
    """The number of fractions: as given, else as the dose says.

    Raises
    ------
    DoseError
        If neither says, or it is below 1.
    """
    number = dose.fractions if fractions is None else fractions
    if number is None:
        raise DoseError("the dose does not say in how many fractions it is given; give the plan, or --fractions N")
    if number < 1:
        raise DoseError(f"the plan has {number} fractions, expected 1 or more; check --fractions or the RTPLAN")
    return number


@cite(*_LQ, "BED")
def bed(dose: Dose, alpha_beta_gy: float, fractions: int | None = None) -> Dose:
    """Biologically effective dose per voxel, ``D (1 + (D/n) / (a/b))``, each voxel with its own dose per fraction."""
    n = fractions_of(dose, fractions)
    return _mapped(
        dose, lambda d: d * (1.0 + d / n / _positive(alpha_beta_gy)), f"BED, alpha/beta {alpha_beta_gy:g} Gy"
    )


@cite(*_LQ, "EQD2")
def eqd2(dose: Dose, alpha_beta_gy: float, fractions: int | None = None) -> Dose:
    """Equivalent dose in 2 Gy fractions per voxel, ``D (D/n + a/b) / (2 + a/b)``."""
    n, ab = fractions_of(dose, fractions), _positive(alpha_beta_gy)
    return _mapped(dose, lambda d: d * (d / n + ab) / (2.0 + ab), f"EQD2, alpha/beta {ab:g} Gy")


def cumulative_eqd2(
    dose: Dose,
    prior: PriorCourse,
    alpha_beta_gy: float,
    fractions: int | None = None,
    over: Structure | None = None,
) -> Dose:
    """EQD2 of this course and the prior one, each with its own fractions, summed on this course's grid.

    No recovery between the courses is assumed. The prior dose is interpolated (trilinear) before it is made EQD2.

    Parameters
    ----------
    over
        What the sum is wanted for, so that the prior dose must reach over it alone; elsewhere the sum may lack it.

    Raises
    ------
    DoseGridError
        If frames of reference differ, or the prior dose does not reach over this course's grid, or over `over` in it,
        where that course's dose is above 0.1 % of its maximum: what lies beyond is unknown, not zero.
    """
    here = eqd2(dose, alpha_beta_gy, fractions)
    before = eqd2(replace(prior.dose, values=prior.dose.values, fractions=prior.fractions), alpha_beta_gy)
    moved = resampled(prior.dose, dose.grid, prior.registration)
    needed = (dose.values > 1e-3 * float(dose.values.max())) & _around(dose.grid, over)
    if bool((np.isnan(moved) & needed).any()):
        what = "this plan's dose" if over is None else f"{over.name} in this plan's dose"
        raise DoseGridError(
            f"the prior dose's grid does not cover {what}, expected both to cover the target's surroundings; "
            "export the prior dose on a larger grid"
        )
    n, ab = prior.fractions, alpha_beta_gy
    added = np.where(np.isnan(moved), 0.0, moved * (moved / n + ab) / (2.0 + ab))
    values = (here.values + added).astype(np.float32)
    how = "" if prior.registration is None else ", registered rigidly"
    return replace(
        here, values=values, made=(*here.made, f"added: prior course, {before.made[-1]}{how}, no recovery assumed")
    )


def _around(grid: Grid, structure: Structure | None) -> NDArray[np.bool_]:
    """Voxels of the structure's box and one around it; all where there is none."""
    if structure is None or structure.is_empty:
        return np.ones(grid.shape, np.bool_)
    low, high = structure.local_grid.bounds_mm()
    inside = [
        (grid.axis_mm(axis) >= low[k] - grid.spacing_mm[k]) & (grid.axis_mm(axis) <= high[k] + grid.spacing_mm[k])
        for k, axis in enumerate("xyz")
    ]
    return inside[2][:, None, None] & inside[1][None, :, None] & inside[0][None, None, :]


def prior_eqd2_at(prior: PriorCourse, points_mm: NDArray[np.float64], alpha_beta_gy: float) -> NDArray[np.float64]:
    """EQD2 in Gy of the prior course at points (n, 3) of this course's CT, NaN where its grid does not reach."""
    places = points_mm if prior.registration is None else prior.registration.moves(points_mm)
    gy = dose_at(prior.dose, places)
    return gy * (gy / prior.fractions + _positive(alpha_beta_gy)) / (2.0 + alpha_beta_gy)


def resampled(dose: Dose, grid: Grid, registration: Rigid | None = None) -> NDArray[np.float64]:
    """Trilinear dose on another grid, NaN where the dose's own grid does not reach.

    `registration` takes points of `grid` to the dose's coordinates.
    """
    refuse_two_frames(dose, grid.frame_of_reference_uid, registration)
    if registration is None and dose.grid.same_space(grid):
        return dose.values.astype(np.float64)
    out = np.empty(grid.shape)
    x, y = np.meshgrid(grid.axis_mm("x"), grid.axis_mm("y"))
    for k, z in enumerate(grid.axis_mm("z")):
        points = np.stack((x.ravel(), y.ravel(), np.full(x.size, z)), axis=1)
        places = points if registration is None else registration.moves(points)
        out[k] = dose_at(dose, places).reshape(x.shape)
    return out


def refuse_two_frames(dose: Dose, frame_of_reference_uid: str, registration: Rigid | None) -> None:
    """Refuse a dose of another frame of reference that nothing registers.

    Raises
    ------
    DoseGridError
        If both frames are known and differ.
    """
    mine = dose.grid.frame_of_reference_uid
    if registration is None and mine and frame_of_reference_uid and mine != frame_of_reference_uid:
        raise DoseGridError(
            f"doses have frames of reference {mine} and {frame_of_reference_uid}, expected the same; register first "
            "(spondyl register, then --prior-registration)"
        )


def _mapped(dose: Dose, formula: Callable[[NDArray[np.float64]], NDArray[np.float64]], what: str) -> Dose:
    if dose.unit != "Gy":
        raise DoseError(f'dose is in "{dose.unit}", expected Gy: only a total dose has an effect')
    values = formula(dose.values.astype(np.float64)).astype(np.float32)
    return replace(dose, values=values, relative_uncertainty=None, made=(*dose.made, what))


def _positive(alpha_beta_gy: float) -> float:
    if not alpha_beta_gy > 0:
        raise DoseError(f"alpha/beta is {alpha_beta_gy} Gy, expected a positive number")
    return alpha_beta_gy
