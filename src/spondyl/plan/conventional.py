"""Conventional external beams to the spine: open fields over the vertebra and its neighbours, dose to one point.

The involved vertebral bodies with the next one above and below are irradiated in two dimensions (Zhao, Liu and Wang
2023, section "Conventional EBRT"); that the fields oppose each other from front and back, give equal dose to the middle
of the vertebral body and reach `SIDE_MARGIN_MM` beyond the bone is our choice, not a guideline's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structure, Structures, sample_points
from spondyl.anatomy.levels import level_in_name, neighbour
from spondyl.core import Progress, cite, silent, trilinear
from spondyl.core.errors import PlanError
from spondyl.dose import Dose, Field, compute_dose, gantry_axes
from spondyl.physics import BeamModel, load_machine, medium_from_ct
from spondyl.plan.plan import Plan
from spondyl.plan.prescription import Prescription
from spondyl.plan.setup import dose_grid

TECHNIQUE, PROTOCOL, MACHINE = "ap-pa", "conventional-8in1", "generic-6mv"
DOSE_GY, FRACTIONS = 8.0, 1
"""Single-fraction palliation, the conventional arm of RTOG 0631 (PMC10119775)."""
GANTRY_DEG = (0.0, 180.0)
SIDE_MARGIN_MM = 10.0
"""From the transverse processes to the field's edge: penumbra and set-up. Ours."""
POINT = "middle of the vertebral body"


@dataclass(frozen=True)
class ConventionalResult:
    """The plan, its total dose in Gy, and what had to be assumed."""

    plan: Plan
    dose: Dose
    assumptions: tuple[str, ...]


@cite("Zhao, Liu and Wang 2023, Treatment progress of spinal metastatic cancer", "", "conventional EBRT")
def conventional_plan(
    case: Case, *, machine: str = MACHINE, engine: str = "collapsed-cone", progress: Progress = silent
) -> ConventionalResult:
    """8 Gy in one fraction by two opposed open fields.

    Parameters
    ----------
    case
        With the vertebra to treat; neighbours are the structures named after the levels next to it.
    machine, engine
        Names.

    Raises
    ------
    PlanError
        If there is no vertebra, or the fields give the point no dose.
    """
    model = load_machine(machine)
    fields, told = open_fields(case, model)
    middle = fields[0].isocentre_mm
    medium = medium_from_ct(case.ct, case.structures)
    grid = dose_grid(case, case.structures, fields)
    doses: list[Dose] = []
    for number, field in enumerate(fields):
        doses.append(compute_dose([field], medium, model, engine=engine, grid=grid))
        progress("conventional fields", (number + 1) / len(fields))
    at_point = [float(trilinear(dose.values, grid, np.asarray(middle))) for dose in doses]
    if min(at_point) <= 0:
        raise PlanError(f"the fields give no dose to the {POINT}, expected it in the body; check vertebra and BODY")
    monitor_units = [DOSE_GY / len(fields) / gray for gray in at_point]
    weighted = tuple(replace(f, fluence=f.fluence * mu) for f, mu in zip(fields, monitor_units, strict=True))
    total = sum(dose.values * np.float32(mu) for dose, mu in zip(doses, monitor_units, strict=True))
    made = (*doses[0].made, f"{len(fields)} opposed fields, {DOSE_GY:g} Gy to the {POINT}, equal dose from each")
    dose = replace(doses[0], values=np.asarray(total, np.float32), unit="Gy", fractions=FRACTIONS, made=made)
    asked = Prescription(POINT, DOSE_GY, FRACTIONS, "point dose")
    return ConventionalResult(Plan(case.name, TECHNIQUE, PROTOCOL, machine, asked, weighted), dose, told)


def open_fields(case: Case, model: BeamModel) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    """The fields with fluence 1, their isocentre in the middle of the vertebral body, and what had to be assumed.

    Raises
    ------
    PlanError
        If there is no vertebra.
    """
    bone, neighbours, told = _bones(case.structures, case.facts.level)
    body = case.structures.get("vertebral_body")
    middle = _middle(bone if body is None or body.is_empty else body)
    return tuple(_field(angle, middle, bone, neighbours, model) for angle in GANTRY_DEG), told


def _bones(structures: Structures, level: str | None) -> tuple[Structure, tuple[Structure, ...], tuple[str, ...]]:
    """The vertebra to treat, those next to it that are drawn, and what is told of those that are not."""
    by_level = {named: s for name, s in structures.items() if (named := level_in_name(name)) and not s.is_empty}
    bone = structures["vertebra"] if "vertebra" in structures else by_level.get(level or "")
    if bone is None or bone.is_empty:
        raise PlanError(
            'no vertebra to irradiate, expected a structure "vertebra" or one named after the level, such as '
            f"vertebra_{level or 'L3'}; there are {', '.join(structures)}"
        )
    found: list[Structure] = []
    told: list[str] = []
    for steps, side in ((-1, "above"), (1, "below")):
        next_level = neighbour(level, steps) if level else None
        if next_level in by_level:
            found.append(by_level[str(next_level)])
        else:
            told.append(f"no vertebra {side} is drawn: the field reaches one height of the treated vertebra farther")
            found.append(_shifted(bone, -steps))
    return bone, tuple(found), tuple(told)


def _shifted(bone: Structure, up: int) -> Structure:
    """The vertebra's own mask moved by its height, in place of a neighbour that is not drawn."""
    grid = bone.local_grid
    height = grid.shape[0] * grid.spacing_mm[2]
    x, y, z = bone.grid.origin_mm
    return replace(bone, grid=replace(bone.grid, origin_mm=(x, y, z + up * height)), contours=())


def _middle(bone: Structure) -> tuple[float, float, float]:
    points, weights = sample_points(bone)
    x, y, z = (weights @ points / weights.sum()).tolist()
    return x, y, z


def _field(
    angle_deg: float,
    isocentre_mm: tuple[float, float, float],
    bone: Structure,
    neighbours: tuple[Structure, ...],
    model: BeamModel,
) -> Field:
    """An open field over the bones, as wide as the treated one with its margin, as long as all of them."""
    direction, u_axis, v_axis = gantry_axes(angle_deg)
    source = np.asarray(isocentre_mm) - model.sad_mm * direction

    def seen(structure: Structure, axis: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ends of the structure along a beam's-eye axis, at the isocentre's distance."""
        ray = sample_points(structure)[0] - source
        along = (ray @ axis) * model.sad_mm / (ray @ direction)
        return np.array([along.min(), along.max()])

    width = seen(bone, u_axis) + np.array([-SIDE_MARGIN_MM, SIDE_MARGIN_MM])
    ends = np.concatenate([seen(structure, v_axis) for structure in (bone, *neighbours)])
    return Field(
        name=f"G{angle_deg:05.1f}",
        source_mm=(float(source[0]), float(source[1]), float(source[2])),
        isocentre_mm=isocentre_mm,
        u=(float(u_axis[0]), float(u_axis[1]), float(u_axis[2])),
        v=(float(v_axis[0]), float(v_axis[1]), float(v_axis[2])),
        u_edges_mm=np.round(width),
        v_edges_mm=np.round(np.array([ends.min(), ends.max()], np.float64)),
        fluence=np.ones((1, 1)),
        gantry_deg=angle_deg,
    )
