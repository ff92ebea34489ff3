"""Set-up errors: the patient shifted and turned under the beams of a plan, and what dose comes of it.

The beams are moved in place of the CT: seen from the patient, a patient who lies moved by M is one whose beams come
moved by the inverse of M. For a rigid body that is exact; couch and air outside the patient are not in the dose
anyway. Every fraction is taken to have the same error, which is the worst case of a systematic one; nothing deforms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.anatomy import Structure
from spondyl.core import Grid, Progress, Rigid, silent
from spondyl.core.errors import PlanError
from spondyl.core.rigid import about_point, rotation_about
from spondyl.dose import Dose, Field, compute_dose
from spondyl.physics import BeamModel, Medium
from spondyl.plan.recompute import total_dose

SHIFT_MM = 1.5
"""Accuracy of patient positioning in spine radiosurgery (Ryu's review, paper 003, section on targeting accuracy)."""
TURN_DEG = 1.0
"""Asked by the project's issue 5 beside the 1.5 mm: 0.5 mm at 30 mm from the isocentre."""
MOST_MM, MOST_DEG = 20.0, 10.0
AROUND_MM, HEIGHT_MM = 7.5, 30.0
"""Of the dose grid: three voxels around what is measured, and organs so far above and below the targets. Ours; where it
cuts off what a metric needs, that metric comes out as unknown, not as low."""
SIDES = (("right", "left"), ("anterior", "posterior"), ("inferior", "superior"))
TURNS = ("pitch", "rotation", "roll")
"""About x, y and z of DICOM patient coordinates, in the couch's words."""


@dataclass(frozen=True)
class SetupError:
    """How the patient lies moved from where the plan expects.

    Parameters
    ----------
    name
        "1.5 mm left", "1 deg pitch +".
    shift_mm
        (x, y, z) in DICOM patient coordinates.
    turn_deg
        About x, y and z through the isocentre, one after the other; right-handed.
    """

    name: str
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def motion(self, isocentre_mm: ArrayLike) -> Rigid:
        """Of the patient's points."""
        turn: NDArray[np.float64] = np.eye(3)
        for axis, angle in zip(np.eye(3), self.turn_deg, strict=True):
            turn = rotation_about(axis, angle) @ turn
        return about_point(turn, isocentre_mm, self.shift_mm)


def setup_errors(shift_mm: float = SHIFT_MM, turn_deg: float = TURN_DEG) -> tuple[SetupError, ...]:
    """Shifts both ways along each axis and turns both ways about it, one error at a time.

    >>> [error.name for error in setup_errors(1.5, 0.0)][:2]
    ['1.5 mm right', '1.5 mm left']

    Raises
    ------
    PlanError
        If an error is negative or beyond `MOST_MM` or `MOST_DEG`, or both are zero.
    """
    if not (0 <= shift_mm <= MOST_MM and 0 <= turn_deg <= MOST_DEG) or shift_mm == turn_deg == 0:
        raise PlanError(
            f"set-up errors of {shift_mm:g} mm and {turn_deg:g} degrees, expected up to {MOST_MM:g} mm and "
            f"{MOST_DEG:g} degrees, not both zero; {SHIFT_MM:g} and {TURN_DEG:g} are usual"
        )
    made: list[SetupError] = []
    for axis, names in enumerate(SIDES):
        for sign, name in zip((-1, 1), names, strict=True):
            made.append(SetupError(f"{shift_mm:g} mm {name}", shift_mm=_along(axis, sign * shift_mm)))
    for axis, name in enumerate(TURNS):
        for sign, word in ((-1, "-"), (1, "+")):
            turn = _along(axis, sign * turn_deg * (-1 if axis == 1 else 1))
            made.append(SetupError(f"{turn_deg:g} deg {name} {word}", turn_deg=turn))
    return tuple(error for error in made if any((*error.shift_mm, *error.turn_deg)))


def _along(axis: int, value: float) -> tuple[float, float, float]:
    x, y, z = value * np.eye(3)[axis]
    return float(x), float(y), float(z)


def moved_fields(fields: Sequence[Field], motion: Rigid) -> tuple[Field, ...]:
    """The fields as a patient meets them who lies moved by `motion`; fluence and angles on record stay."""
    back = motion.inverse

    def place(point: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = back.moves(point)
        return float(x), float(y), float(z)

    def turned(vector: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = back.turns(vector)
        return float(x), float(y), float(z)

    return tuple(
        replace(f, source_mm=place(f.source_mm), isocentre_mm=place(f.isocentre_mm), u=turned(f.u), v=turned(f.v))
        for f in fields
    )


def plan_centre(fields: Sequence[Field]) -> tuple[float, float, float]:
    """What the patient turns about: the isocentre, the mean of several.

    Raises
    ------
    PlanError
        If there are no fields.
    """
    if not fields:
        raise PlanError("the plan has no fields, expected a plan of external beams; plan the case first")
    x, y, z = np.mean([field.isocentre_mm for field in fields], axis=0)
    return float(x), float(y), float(z)


def grid_around(grid: Grid, structures: Sequence[Structure]) -> Grid:
    """The part of a dose grid that holds the targets among the structures, and the others at their height.

    What of an organ lies farther up or down gets less; where that cannot be told, its metric has bounds.
    """
    boxes = {s.name: s.local_grid.bounds_mm() for s in structures if not s.is_empty}
    targets = [s.name for s in structures if s.role == "target" and s.name in boxes] or list(boxes)
    low, high = _joined([boxes[name] for name in boxes])
    target_low, target_high = _joined([boxes[name] for name in targets])
    low[2], high[2] = max(low[2], target_low[2] - HEIGHT_MM), min(high[2], target_high[2] + HEIGHT_MM)
    first = np.floor(grid.index_of(low - AROUND_MM)).astype(int)
    last = np.ceil(grid.index_of(high + AROUND_MM)).astype(int) + 1
    z, y, x = (slice(max(0, int(a)), min(n, int(b))) for a, b, n in zip(first, last, grid.shape, strict=True))
    return grid.crop((z, y, x))


def _joined(boxes: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> tuple[
    NDArray[np.float64], NDArray[np.float64]
]:  # fmt: skip
    return np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)


def scenario_doses(
    fields: Sequence[Field],
    fractions: int,
    medium: Medium,
    model: BeamModel,
    grid: Grid,
    errors: Sequence[SetupError],
    *,
    engine: str = "collapsed-cone",
    progress: Progress = silent,
) -> Iterator[tuple[SetupError, Dose]]:
    """Total dose in Gy, in the patient's own coordinates, under each error.

    Parameters
    ----------
    fields
        Fluence in MU per fraction.
    grid
        Of the dose, as planned: structures then lie where they lay.
    """
    centre = plan_centre(fields)
    for number, error in enumerate(errors):
        progress("set-up errors", number / len(errors))
        there = moved_fields(fields, error.motion(centre))
        dose = total_dose(compute_dose(there, medium, model, engine=engine, grid=grid), fractions)
        yield error, replace(dose, made=(*dose.made, f"patient moved: {error.name}"))
    progress("set-up errors", 1.0)
