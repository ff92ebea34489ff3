"""BED and EQD2 voxel by voxel, and what a prior course adds, by the linear-quadratic model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid, cite
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
        Total dose in Gy in the same frame of reference.
    fractions
        It was given in.
    months_since
        From its end to this course, None where unknown.
    """

    dose: Dose
    fractions: int
    months_since: float | None = None

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


def cumulative_eqd2(dose: Dose, prior: PriorCourse, alpha_beta_gy: float, fractions: int | None = None) -> Dose:
    """EQD2 of this course and the prior one, each with its own fractions, summed on this course's grid.

    No recovery between the courses is assumed. The prior dose is interpolated (trilinear) before it is made EQD2.

    Raises
    ------
    DoseGridError
        If frames of reference differ, or the prior dose does not reach over this course's grid where that course's
        dose is above 0.1 % of its maximum: what lies beyond is unknown, not zero.
    """
    here = eqd2(dose, alpha_beta_gy, fractions)
    before = eqd2(replace(prior.dose, values=prior.dose.values, fractions=prior.fractions), alpha_beta_gy)
    moved = resampled(prior.dose, dose.grid)
    needed = dose.values > 1e-3 * float(dose.values.max())
    if bool((np.isnan(moved) & needed).any()):
        raise DoseGridError(
            "the prior dose's grid does not cover this plan's dose, expected both to cover the target's surroundings; "
            "export the prior dose on a larger grid"
        )
    n, ab = prior.fractions, alpha_beta_gy
    added = np.where(np.isnan(moved), 0.0, moved * (moved / n + ab) / (2.0 + ab))
    values = (here.values + added).astype(np.float32)
    return replace(
        here, values=values, made=(*here.made, f"added: prior course, {before.made[-1]}, no recovery assumed")
    )


def resampled(dose: Dose, grid: Grid) -> NDArray[np.float64]:
    """Trilinear dose on another grid, NaN where the dose's own grid does not reach."""
    mine, theirs = dose.grid.frame_of_reference_uid, grid.frame_of_reference_uid
    if mine and theirs and mine != theirs:
        raise DoseGridError(f"doses have frames of reference {mine} and {theirs}, expected the same; register first")
    if dose.grid.same_space(grid):
        return dose.values.astype(np.float64)
    out = np.empty(grid.shape)
    x, y = np.meshgrid(grid.axis_mm("x"), grid.axis_mm("y"))
    for k, z in enumerate(grid.axis_mm("z")):
        points = np.stack((x.ravel(), y.ravel(), np.full(x.size, z)), axis=1)
        out[k] = dose_at(dose, points).reshape(x.shape)
    return out


def _mapped(dose: Dose, formula: Callable[[NDArray[np.float64]], NDArray[np.float64]], what: str) -> Dose:
    if dose.unit != "Gy":
        raise DoseError(f'dose is in "{dose.unit}", expected Gy: only a total dose has an effect')
    values = formula(dose.values.astype(np.float64)).astype(np.float32)
    return replace(dose, values=values, relative_uncertainty=None, made=(*dose.made, what))


def _positive(alpha_beta_gy: float) -> float:
    if not alpha_beta_gy > 0:
        raise DoseError(f"alpha/beta is {alpha_beta_gy} Gy, expected a positive number")
    return alpha_beta_gy
