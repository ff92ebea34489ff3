"""Cord and thecal sac: which of them counts at a level, the planning risk volume, the partial cord."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spondyl.anatomy.algebra import restrict_z
from spondyl.anatomy.levels import is_below
from spondyl.anatomy.margins import expand
from spondyl.anatomy.names import find_role, need_role
from spondyl.anatomy.structure import Structure, Structures
from spondyl.core.citations import Citation, note
from spondyl.core.errors import VolumeError

MITSUYOSHI = "Mitsuyoshi T et al. Adv Radiat Oncol 2025, SIB-SBRT phase 2 trial"
TRIAL_DOI = "10.1016/j.adro.2025.101760"
CORD_ENDS = "L2"
"""Below this level the trial contours the thecal sac, without a margin, in place of the cord."""
RYU = Citation("Ryu S et al. Cancer 2007;109:628-636", "", "partial cord, 6 mm above to 6 mm below the target")


@dataclass(frozen=True)
class Neural:
    """Cord, its risk volume and the thecal sac, as far as they are there, and what was assumed."""

    cord: Structure | None
    prv: Structure | None
    sac: Structure | None
    assumptions: tuple[str, ...]


def neural_structures(structures: Structures, level: str | None, prv_mm: float) -> Neural:
    """Take cord and sac from the case and give the cord its margin.

    Above L2 the cord is needed, below L2 the thecal sac, at L2 or where the level is not known one of them.

    Raises
    ------
    StructureError
        If the one that counts is missing or empty.
    """
    cord, sac = find_role(structures, "cord"), find_role(structures, "sac")
    assumptions: list[str] = []
    if level is None:
        assumptions.append("the level is not known: spinal cord and thecal sac both count wherever they are contoured")
    elif is_below(level, CORD_ENDS):
        sac = need_role(structures, "sac", f"at {level}, below {CORD_ENDS}, where the sac is limited, not the cord")
    elif level != CORD_ENDS:
        cord = need_role(structures, "cord", f"at {level}, above {CORD_ENDS}, where the cord is limited, not the sac")
    if cord is None and sac is None:
        cord = need_role(structures, "cord", "as no thecal sac is there either")
    if cord is not None:
        cord = replace(cord, name="SpinalCord", role="oar", made=cord.made or (f"given as {cord.name}",))
    if sac is not None:
        sac = replace(sac, name="ThecalSac", role="oar", made=sac.made or (f"given as {sac.name}, no margin",))
    return Neural(cord, None if cord is None else _prv(cord, prv_mm), sac, tuple(assumptions))


def _prv(cord: Structure, margin_mm: float) -> Structure:
    note(Citation(MITSUYOSHI, TRIAL_DOI, "SpinalCord_PRV02: cord + 2 mm"))
    name = f"SpinalCord_PRV{margin_mm:02.0f}" if margin_mm == round(margin_mm) else f"SpinalCord_PRV{margin_mm:04.1f}"
    m = margin_mm
    return replace(
        expand(cord, name, "prv", left_mm=m, right_mm=m, anterior_mm=m, posterior_mm=m, superior_mm=m, inferior_mm=m),
        colour="#6ec1ff",
    )


def z_extent_mm(structure: Structure) -> tuple[float, float]:
    """Lowest and highest z of a structure; an outer slice counts with the share that its fullest voxel has.

    Raises
    ------
    VolumeError
        If it is empty.
    """
    fullest = structure.coverage.max(axis=(1, 2)) if structure.coverage.size else np.zeros(0)
    filled = np.flatnonzero(fullest > 0.01)
    if not len(filled):
        raise VolumeError(f'structure "{structure.name}" is empty, expected one with a height')
    z, half = structure.local_grid.axis_mm("z"), structure.grid.spacing_mm[2] / 2
    first, last = filled[0], filled[-1]
    return float(z[first] + half - 2 * half * fullest[first]), float(z[last] - half + 2 * half * fullest[last])


def partial_cord(neural: Neural, target: Structure, margin_mm: float) -> tuple[Structure, tuple[str, ...]]:
    """The cord from `margin_mm` above to `margin_mm` below the target; where the cord has ended, the thecal sac.

    Returns
    -------
    tuple
        SpinalCord_Partial and what had to be assumed.

    Raises
    ------
    VolumeError
        If neither cord nor sac has any volume at that height.
    """
    note(RYU)
    bottom, top = z_extent_mm(target)
    low, high = bottom - margin_mm, top + margin_mm
    step = f"{margin_mm:g} mm above to {margin_mm:g} mm below {target.name}: z {low:.1f} to {high:.1f} mm"
    pieces = [restrict_z(s, low, high, "SpinalCord_Partial", "oar") for s in (neural.cord, neural.sac) if s is not None]
    pieces = [piece for piece in pieces if not piece.is_empty]
    if not pieces:
        raise VolumeError(
            f"neither cord nor thecal sac reaches z {low:.1f} to {high:.1f} mm, the height of "
            f"{target.name}; extend them"
        )
    assumptions: list[str] = []
    part = pieces[0]
    if neural.cord is None or "SpinalCord" not in part.made[-1]:
        assumptions.append("no cord lies at the height of the target: SpinalCord_Partial is taken from the thecal sac")
    elif len(pieces) == 2:
        part = _below_cord(part, pieces[1], assumptions)
    found_low, found_high = z_extent_mm(part)
    if found_low > low + part.grid.spacing_mm[2] or found_high < high - part.grid.spacing_mm[2]:
        assumptions.append(
            f"SpinalCord_Partial is contoured from z {found_low:.1f} to {found_high:.1f} mm only, of "
            f"{low:.1f} to {high:.1f} mm"
        )
    return replace(part, made=(*part.made, step), colour="#2f7fd0"), tuple(assumptions)


def _below_cord(cord: Structure, sac: Structure, assumptions: list[str]) -> Structure:
    """The cord's slices, and the sac's in those slices that hold no cord."""
    whole, other = cord.full(), sac.full()
    without = ~(whole > 0).any(axis=(1, 2))
    if not other[without].any():
        return cord
    whole[without] = other[without]
    assumptions.append("the cord ends within the height of the target: SpinalCord_Partial goes on in the thecal sac")
    filled = np.argwhere(whole > 0)
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    box = (slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1])), slice(int(low[2]), int(high[2])))
    return replace(cord, box=box, coverage=np.ascontiguousarray(whole[box]), made=(*cord.made, *sac.made))
