"""The case after separation surgery: tumour within a gap of the cord or dura is gone, what is left is the GTV.

The surgery takes epidural tumour off the dura and leaves 2 to 3 mm between tumour and cord (paper 001, "Separation
surgery"; paper 003 asks for 2 mm). Here the gap is cut from the contour as it is drawn: the dura does not unfold
into the room it gains, bone that is removed on the way stays, and no hardware is added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spondyl.anatomy.algebra import subtract, union
from spondyl.anatomy.case import Case
from spondyl.anatomy.checks import OVERLAP_CM3
from spondyl.anatomy.distance import signed_distance_mm
from spondyl.anatomy.involvement import certain_overlap_cm3
from spondyl.anatomy.margins import expand
from spondyl.anatomy.names import find_role
from spondyl.anatomy.structure import Structure, Structures
from spondyl.anatomy.targets import find_gtv
from spondyl.core.errors import VolumeError

LEAST_LEFT_CM3 = 0.05
"""Less tumour than this is none to plan for: a ball of 4.6 mm. Ours."""


@dataclass(frozen=True)
class Separated:
    """A case before its surgery turned into the one after it.

    Parameters
    ----------
    case
        With the smaller GTV, under the name that it had.
    gtv_before, gtv_after
        The tumour.
    from_what
        What the gap was made to: "thecal_sac", "spinal_cord", or both joined.
    distance_before_mm, distance_after_mm
        From the tumour's nearest voxel centre to the border of that; negative where the tumour indents it.
    """

    case: Case
    gtv_before: Structure
    gtv_after: Structure
    from_what: str
    distance_before_mm: float
    distance_after_mm: float


def separate(case: Case, gap_mm: float, gtv: str = "") -> Separated:
    """Cut everything of the GTV that lies within `gap_mm` of thecal sac and cord.

    Parameters
    ----------
    gap_mm
        Above zero; 2 to 3 mm is what the surgery leaves.
    gtv
        Name of the GTV where there are several.

    Raises
    ------
    VolumeError
        If the gap is not positive, no cord or sac is drawn, the tumour lies inside the cord, nothing of it lies within
        the gap, or nothing is left.
    """
    if not (np.isfinite(gap_mm) and gap_mm > 0):
        raise VolumeError(f"the gap is {gap_mm:g} mm, expected more than 0; separation surgery leaves 2 to 3 mm")
    tumour = find_gtv(case.structures, gtv)
    dura = _dura(case.structures, tumour)
    sides = dict.fromkeys(
        ("left_mm", "right_mm", "anterior_mm", "posterior_mm", "superior_mm", "inferior_mm"), float(gap_mm)
    )
    before_mm, farthest_mm = _distances_mm(tumour, dura)
    _refuse_beyond(tumour, gap_mm, 0.0 if gap_mm > farthest_mm + max(tumour.grid.spacing_mm) else None)
    left = subtract(tumour, expand(dura, "gap", "avoidance", **sides), tumour.name, "target")
    _refuse_beyond(tumour, gap_mm, left.volume_cm3)
    _refuse_apart(tumour, left, dura, gap_mm, before_mm)
    left = replace(left, made=(*tumour.made, f"without what lay within {gap_mm:g} mm of {dura.name}"))
    own = next(name for name, s in case.structures.items() if s.coverage is tumour.coverage)
    changed = replace(case, structures=case.structures.plus(replace(left, name=own)))
    return Separated(changed, tumour, left, dura.name, before_mm, _distances_mm(left, dura)[0])


def _dura(structures: Structures, tumour: Structure) -> Structure:
    """Thecal sac and cord joined, as far as they are drawn."""
    drawn = [s for role in ("sac", "cord") if (s := find_role(structures, role)) is not None and not s.is_empty]
    if not drawn:
        raise VolumeError(
            "neither spinal cord nor thecal sac is drawn, expected one of them: separation takes tumour off it; "
            "contour it"
        )
    cord = find_role(structures, "cord")
    if cord is not None and not cord.is_empty:
        shared = certain_overlap_cm3(tumour, cord)
        if shared > OVERLAP_CM3:
            raise VolumeError(
                f"{shared:.3f} cm3 of the GTV lie inside the spinal cord, expected at most {OVERLAP_CM3:g}: no surgery "
                "separates them; correct one of the two contours"
            )
    return drawn[0] if len(drawn) == 1 else union(drawn[0], drawn[1], f"{drawn[0].name} and {drawn[1].name}", "oar")


def _refuse_beyond(tumour: Structure, gap_mm: float, left_cm3: float | None) -> None:
    """Refuse where too little is left; None where that is not known yet."""
    if left_cm3 is not None and left_cm3 < LEAST_LEFT_CM3:
        raise VolumeError(
            f"a gap of {gap_mm:g} mm leaves {left_cm3:.3f} cm3 of {tumour.volume_cm3:.2f} cm3 of the GTV, "
            f"expected at least {LEAST_LEFT_CM3:g}: the gap reaches beyond the tumour; choose a smaller one"
        )


def _refuse_apart(tumour: Structure, left: Structure, dura: Structure, gap_mm: float, before_mm: float) -> None:
    if tumour.volume_cm3 - left.volume_cm3 < 1e-3:
        raise VolumeError(
            f"the GTV lies {before_mm:.1f} mm from {dura.name}, expected nearer than the gap of {gap_mm:g} mm: there "
            "is nothing to take away; choose a wider gap, or plan the case as it is"
        )


def _distances_mm(tumour: Structure, dura: Structure) -> tuple[float, float]:
    """From the tumour's voxel centres to the dura's border, the least and the most; negative inside."""
    depth = signed_distance_mm(dura)[tumour.box]
    away = -depth[tumour.coverage >= min(0.5, float(tumour.coverage.max()))]
    return float(away.min()), float(away.max())
