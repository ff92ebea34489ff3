"""What of a needle plan's structures the dose grid tells, and what lies beyond it: unknown, not free of dose."""

from __future__ import annotations

import numpy as np

from spondyl.anatomy import Structure, Structures
from spondyl.anatomy.frame import voxel_points
from spondyl.anatomy.levels import level_in_name, neighbour
from spondyl.app.as_written import as_written
from spondyl.app.report.numbers import three
from spondyl.core import trilinear
from spondyl.dose import Dose
from spondyl.evaluate import is_drawn
from spondyl.plan.kypho.drawn import NEURAL, OTHER_METRICS, SKIN
from spondyl.plan.kypho.planner import KyphoResult
from spondyl.plan.kypho.results import KeyNumber

LEAST_GY = 0.1
"""Organs that get less at their highest are left out of files and report."""


def told_structures(made: KyphoResult) -> tuple[Structures, tuple[str, ...]]:
    """What is on the dose grid and gets dose, as it is written; and what was left out, and why."""
    dose = made.doses.patient
    highest = {s.name: highest_gy(dose, s) for s in made.structures.values() if is_drawn(s)}
    there = [made.structures[name] for name, gray in highest.items() if gray is not None]
    kept = [s for s in there if s.role != "oar" or s.name in (*NEURAL, SKIN) or (highest[s.name] or 0.0) >= LEAST_GY]
    names = {s.name for s in kept}
    cold = ", ".join(s.name for s in there if s.name not in names)
    beyond = ", ".join(name for name, gray in highest.items() if gray is None)
    said = list(made.not_drawn)
    if cold:
        said.append(f"left out, as no part on the dose grid gets {LEAST_GY:g} Gy: {cold}")
    if beyond:
        said.append(
            f"outside the dose grid, where nothing is computed, so unknown: {beyond}; at the grid's border water gets "
            f"up to {three(border_gy(made.doses.water))} Gy"
        )
    return as_written(Structures(kept)), tuple(said)


def unknown_numbers(made: KyphoResult, level: str) -> tuple[KeyNumber, ...]:
    """Rows without numbers of the two neighbouring vertebrae and the skin, where they lie outside the dose grid."""
    dose = made.doses.patient
    beside = {neighbour(level, step) for step in (-1, 1)} - {None} if level else set()
    bones = [s for name, s in made.structures.items() if level_in_name(name) in beside and is_drawn(s)]
    names = [s.name for s in bones if highest_gy(dose, s) is None]
    if made.structures.with_role("external") and SKIN not in made.structures:
        names = [SKIN, *names]
    unknown = dict.fromkeys(("water", "patient", "patient_to_water", "with_cement"))
    return tuple(KeyNumber(name, metric, "Gy", **unknown) for name in names for metric in OTHER_METRICS)


def highest_gy(dose: Dose, structure: Structure) -> float | None:
    """At the centres of the structure's voxels on the dose grid; None where there are none."""
    points, _ = voxel_points(structure)
    low, high = dose.grid.bounds_mm()
    points = points[((points >= low) & (points <= high)).all(axis=1)]
    return float(trilinear(dose.values, dose.grid, points).max()) if len(points) else None


def border_gy(dose: Dose) -> float:
    """The highest dose in the outermost voxels of its grid."""
    values = dose.values
    return float(max(np.max(values.take(end, axis)) for axis in range(3) for end in (0, -1)))
