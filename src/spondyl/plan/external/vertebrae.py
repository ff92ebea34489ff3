"""The treated vertebra with the next one above and below: what conventional radiotherapy covers.

Zhao, Liu and Wang 2023 (section "Conventional EBRT") name the affected vertebral bodies and the adjacent upper and
lower ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spondyl.anatomy import Case, Structure, Structures, expand, sample_points, tg263_name, union
from spondyl.anatomy.levels import level_in_name, neighbour
from spondyl.core.errors import PlanError

TARGET = "PTV_Conventional"
MARGIN_MM = 5.0
"""From the three vertebrae to the PTV: set-up of a patient without a body frame. Ours."""


@dataclass(frozen=True)
class Vertebrae:
    """The vertebra to treat, the next above and below, and the middle (x, y, z) of its body in mm."""

    treated: Structure
    above: Structure
    below: Structure
    middle_mm: tuple[float, float, float]

    @property
    def all(self) -> tuple[Structure, Structure, Structure]:
        return self.above, self.treated, self.below


def vertebrae(case: Case, structures: Structures) -> Vertebrae:
    """Find them by the case's level.

    Raises
    ------
    PlanError
        If the vertebra or one of its neighbours is not drawn.
    """
    level = case.facts.level
    by_level = {named: s for name, s in structures.items() if (named := level_in_name(name)) and not s.is_empty}
    by_name = {tg263_name(name): s for name, s in structures.items() if not s.is_empty}
    treated = by_name.get("Vertebra") or by_level.get(level or "")
    if treated is None:
        raise PlanError(
            'no vertebra to irradiate, expected a structure "vertebra" or one named after the level, such as '
            f"vertebra_{level or 'L3'}; there are {', '.join(structures)}"
        )
    if level is None:
        raise PlanError("the case states no level, so its neighbours are not known; state it in case.yaml")
    found: list[Structure] = []
    for steps, side in ((-1, "above"), (1, "below")):
        wanted = neighbour(level, steps)
        if wanted not in by_level:
            raise PlanError(
                f"the vertebra {side} {level} is not drawn, expected vertebra_{wanted}: conventional fields cover the "
                "next vertebra on either side; draw it, or choose imrt or vmat, which treat the target alone"
            )
        found.append(by_level[wanted])
    return Vertebrae(treated, found[0], found[1], _middle(by_name.get("VB") or treated))


def with_conventional_target(case: Case, structures: Structures) -> Structures:
    """The structures with `PTV_Conventional`: the three vertebrae and `MARGIN_MM` around them."""
    bones = vertebrae(case, structures)
    joined = union(bones.treated, bones.above, "CTV_Conventional", "target")
    joined = replace(union(joined, bones.below, "CTV_Conventional", "target"), colour=bones.treated.colour)
    sides = {f"{side}_mm": MARGIN_MM for side in ("left", "right", "anterior", "posterior", "superior", "inferior")}
    return structures.plus(expand(joined, TARGET, "target", **sides))


def _middle(bone: Structure) -> tuple[float, float, float]:
    points, weights = sample_points(bone)
    x, y, z = np.rint(weights @ points / weights.sum()).tolist()
    return float(x), float(y), float(z)
