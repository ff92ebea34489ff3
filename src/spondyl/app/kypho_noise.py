"""Where a needle plan's dose is too noisy to be judged: said first, with the number and what to do."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from spondyl.anatomy import Structure
from spondyl.anatomy.frame import voxel_points
from spondyl.app.report.numbers import plain, three
from spondyl.dose import Dose

NOISY = 0.05
"""One standard error above which a dose is called noisy. Ours: well above the 1 % in the target and 2 % at the cord
that are wanted, so that only what can turn a verdict is told."""
REMEDY = "compute more photons (--histories)"


def noise_warnings(dose: Dose, mean: float | None, judged: Iterable[Structure]) -> tuple[str, ...]:
    """What is said of a dose whose statistics do not carry its verdicts; nothing where they do.

    Parameters
    ----------
    dose
        With its relative standard error.
    mean
        Mean relative standard error of the plan; None where unknown.
    judged
        Structures that are judged by a dose near their maximum.
    """
    told: list[str] = []
    if mean is not None and mean > NOISY:
        told.append(f"the dose is noisy: its mean standard error is {_percent(mean)}, more than {_limit()}; {REMEDY}")
    for structure in judged:
        gray, error = hottest(dose, structure)
        if error is not None and error > NOISY:
            told.append(
                f"the highest dose in {structure.name}, {three(gray)} Gy, has a standard error of {_percent(error)}, "
                f"more than {_limit()}: its verdict is not certain; {REMEDY}"
            )
    return tuple(told)


def hottest(dose: Dose, structure: Structure) -> tuple[float, float | None]:
    """The highest dose in Gy of the dose's voxels at the structure's own, and its relative standard error.

    0 and None where the structure lies outside the grid; None where the error is unknown.
    """
    points, _ = voxel_points(structure)
    low, high = dose.grid.bounds_mm()
    points = points[((points > low) & (points < high)).all(axis=1)]
    if not len(points):
        return 0.0, None
    k, j, i = np.rint(dose.grid.index_of(points)).astype(int).T
    at = int(dose.values[k, j, i].argmax())
    error = None if dose.relative_uncertainty is None else float(dose.relative_uncertainty[k[at], j[at], i[at]])
    return float(dose.values[k[at], j[at], i[at]]), error


def _percent(share: float) -> str:
    return f"{three(100 * share)} %"


def _limit() -> str:
    return f"{plain(100 * NOISY)} %"
