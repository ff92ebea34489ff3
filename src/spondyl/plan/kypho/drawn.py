"""The structures of a needle plan, with the contours that files hold: where doses are prescribed, limited and told.

A mask and the contours round it differ: beside a needle by a tenth in the highest dose of a thecal sac.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spondyl.anatomy import Case, Structure, Structures, expand, structure_to_contours, subtract
from spondyl.anatomy.access import Access
from spondyl.anatomy.access_case import NeedleAnatomy
from spondyl.anatomy.access_structures import cement_structure, needle_structure, shaft_structure, skin_structure
from spondyl.anatomy.levels import level_in_name
from spondyl.core import Grid
from spondyl.core.errors import StructureError

TISSUE = "GTV_Tissue"
"""The target without needle and applicator, where no tissue is."""
NEURAL = ("SpinalCord", "ThecalSac", "SpinalCanal")
SKIN = "Skin"
TARGET_METRICS = ("D98%", "D90%", "Dmean", "Dmin")
NEURAL_METRICS = ("Dmax", "D0.03cc")
OTHER_METRICS = ("Dmax", "D1cc")
Wanted = Sequence[tuple[Structure, Sequence[str]]]
"""Structures and the metrics that are told of them."""


def contoured(structure: Structure) -> Structure:
    """The structure with the contours that a file of it holds."""
    return replace(structure, contours=structure.contours or tuple(structure_to_contours(structure)))


def drawn_structures(
    case: Case, anatomy: NeedleAnatomy, paths: Sequence[Access], tip_radius_mm: float, grid: Grid, *, cemented: bool
) -> tuple[Structures, tuple[str, ...]]:
    """The anatomy with needle, its metal, cement, target tissue and skin; and what could not be drawn.

    Parameters
    ----------
    paths
        One or two, with the source at their ends.
    tip_radius_mm
        From the source's centre to the applicator's surface.
    grid
        Of the dose: skin is drawn there.
    cemented
        Whether a dose after cement is asked for.
    """
    names = ["Needle"] if len(paths) == 1 else [f"Needle_{path.side[0].upper()}" for path in paths]
    needles = [
        needle_structure(case.ct.grid, path, tip_radius_mm, name) for path, name in zip(paths, names, strict=True)
    ]
    cement = (cement_structure(anatomy.gtv, anatomy.body, [p.tip_mm for p in paths]),) if cemented else ()
    tissue = anatomy.gtv
    for needle in needles:
        tissue = subtract(tissue, needle, TISSUE, "target")
    shaft = shaft_structure(case.ct.grid, paths)
    skin, said = _skin(case, grid, shaft)
    return anatomy.structures.plus(*needles, shaft, *cement, contoured(tissue), *skin), said


def key_structures(structures: Structures, level: str) -> list[tuple[Structure, Sequence[str]]]:
    """Target tissue, cord, sac and canal, skin and neighbouring vertebrae, as far as they are there.

    Parameters
    ----------
    level
        Of the vertebra that the needle is in, "T11".
    """
    others = [s for name, s in structures.items() if level_in_name(name) not in (None, level)]
    wanted = [
        ((structures[TISSUE],), TARGET_METRICS),
        ([structures[name] for name in NEURAL if name in structures], NEURAL_METRICS),
        ([*([structures[SKIN]] if SKIN in structures else []), *others], OTHER_METRICS),
    ]
    return [(structure, metrics) for group, metrics in wanted for structure in group]


def _skin(case: Case, grid: Grid, shaft: Structure) -> tuple[list[Structure], tuple[str, ...]]:
    """The skin without the steel that goes through it, which takes several times the dose of what is beside it."""
    external = next(iter(case.structures.with_role("external")), None)
    if external is None:
        return [], ("no external contour was given, so the skin's dose is not told",)
    low, high = grid.bounds_mm()
    inside = 2 * np.asarray(external.grid.spacing_mm)  # contours reach beyond the voxels they are drawn around
    try:
        skin = skin_structure(external, (low + inside).tolist(), (high - inside).tolist())
        return [contoured(subtract(skin, _with_its_voxels(shaft, grid), skin.name, skin.role))], ()
    except StructureError as error:
        return [], (str(error),)


def _with_its_voxels(metal: Structure, grid: Grid) -> Structure:
    """The metal and a voxel of the dose around it: voxels that hold some of it have its dose."""
    wide = max(grid.spacing_mm)
    sides = ("left_mm", "right_mm", "anterior_mm", "posterior_mm", "superior_mm", "inferior_mm")
    return expand(metal, metal.name, metal.role, **dict.fromkeys(sides, wide))
