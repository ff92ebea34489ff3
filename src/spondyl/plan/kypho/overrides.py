"""Materials that a user gives to structures of the case: screws, a cannula, an earlier cement, a balloon, air."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Structures
from spondyl.core.errors import MaterialError, PlanError, StructureError
from spondyl.physics import Material, find_material
from spondyl.physics.kv import kv_calibration
from spondyl.physics.kv.ct_materials import METAL_HU

CEMENTS = ("kyphon-hv-r-cement", "barium-cement", "zirconium-cement", "pmma")
"""Bone cements among the materials that spondyl carries; a cement of another make is the nearest of them."""
IMPLANTS = frozenset({"steel", "titanium", "gold", "aluminium", "peek", *CEMENTS})
"""What the cement flows around. All else it takes the place of: air, a balloon's contrast, tissue."""


def check_materials(materials: Sequence[tuple[str, str]]) -> None:
    """Refuse a structure that is named twice, and a material that is not known.

    Raises
    ------
    PlanError, MaterialError
        Then.
    """
    names = [structure.casefold() for structure, _ in materials]
    for structure, material in materials:
        if names.count(structure.casefold()) > 1:
            raise PlanError(f'structure "{structure}" is given a material twice, expected once; leave one out')
        find_material(material)


def check_cement(name: str) -> None:
    """Refuse what is no bone cement: metal, tissue, fluid.

    Raises
    ------
    MaterialError
        If it is unknown, or none of `CEMENTS`.
    """
    material = find_material(name).name
    if material not in CEMENTS:
        raise MaterialError(
            f'cement "{material}" is no bone cement, expected one of {", ".join(CEMENTS)}, or none to leave out the '
            "dose after it; what a screw or a balloon is made of is said with --material"
        )


def found_overrides(structures: Structures, materials: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Material by structure, both as they are called here.

    Raises
    ------
    StructureError
        If a structure is not there, or holds nothing; the nearest names are told.
    """
    found: dict[str, str] = {}
    for name, material in materials:
        structure = structures[name]
        if structure.is_empty:
            raise StructureError(f'structure "{structure.name}" is empty, so it cannot be {material}; draw it')
        found[structure.name] = find_material(material).name
    return found


def with_cement(overrides: Mapping[str, str], structure: str, cement: str) -> dict[str, str]:
    """The overrides after the cement, the last on top: implants stay in it, all else lies under it."""
    under = {name: material for name, material in overrides.items() if material not in IMPLANTS}
    stays = {name: material for name, material in overrides.items() if material in IMPLANTS}
    return {**under, structure: cement, **stays}


def hardware(structures: Structures, overrides: Mapping[str, str]) -> NDArray[np.bool_] | None:
    """Voxels, shape of the CT, at least half filled by a structure of metal; None where there is none."""
    masks = [structures[name].mask() for name, material in overrides.items() if _is_metal(find_material(material))]
    return np.logical_or.reduce(masks) if masks else None


def refuse_source_in_metal(
    structures: Structures, overrides: Mapping[str, str], places_mm: Sequence[tuple[float, float, float]]
) -> None:
    """Refuse places (x, y, z) of the source within a structure of metal.

    Raises
    ------
    PlanError
        With the structure and its material.
    """
    for name, material in overrides.items():
        mask = structures[name].mask() if _is_metal(find_material(material)) else np.zeros(0, bool)
        for place in places_mm if mask.any() else ():
            k, j, i = np.rint(structures[name].grid.index_of(np.asarray(place))).astype(int)
            if mask[k, j, i]:
                at = ", ".join(f"{v:.1f}" for v in place)
                raise PlanError(
                    f'source at {at} mm lies within "{name}", which is {material}; choose the other side with '
                    "--source-side, or a path past it with --entry-mm and --tip-mm"
                )


def _is_metal(material: Material) -> bool:
    """Denser than what a CT number can show before it is taken for metal (2.79 g/cm3)."""
    return material.density_g_per_cm3 > float(kv_calibration().density(np.array([METAL_HU]))[0])
