"""What lies in each voxel: density and material, for the dose engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Structures
from spondyl.core import Grid, Image, note
from spondyl.core.citations import Citation
from spondyl.core.errors import ImageError, MaterialError
from spondyl.physics.ct_calibration import CtCalibration, schneider_calibration
from spondyl.physics.materials import MATERIALS, MOST_G_PER_CM3, Material, find_material
from spondyl.physics.mixtures import fill_partly


@dataclass(frozen=True)
class Medium:
    """Density and material of every voxel.

    Parameters
    ----------
    grid
        Where the voxels lie.
    density_g_per_cm3
        float32, shape ``grid.shape``, not negative; 0 is vacuum.
    material
        uint16, shape ``grid.shape``, index into `materials`.
    materials
        Compositions; their nominal density is not used where the voxel has its own.
    made
        How it was made, one step a line.

    Raises
    ------
    MaterialError
        If shapes differ, a density is negative, not finite or above 25 g/cm3, or an index has no material.
    """

    grid: Grid
    density_g_per_cm3: NDArray[np.float32]
    material: NDArray[np.uint16]
    materials: tuple[Material, ...]
    made: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        density = np.ascontiguousarray(self.density_g_per_cm3, np.float32)
        material = np.ascontiguousarray(self.material, np.uint16)
        if density.shape != self.grid.shape or material.shape != self.grid.shape:
            raise MaterialError(
                f"medium arrays must have the grid's shape {self.grid.shape}, got density {density.shape}, "
                f"material {material.shape}"
            )
        low, high = float(density.min()), float(density.max())
        if not (np.isfinite(low) and np.isfinite(high) and low >= 0 and high <= MOST_G_PER_CM3):
            raise MaterialError(
                f"medium density must lie in 0..{MOST_G_PER_CM3:g} g/cm3, got {low:g}..{high:g}; give g/cm3, not kg/m3 "
                "or HU"
            )
        if not self.materials or int(material.max()) >= len(self.materials):
            raise MaterialError(
                f"medium uses material index {int(material.max())}, but has {len(self.materials)} materials"
            )
        object.__setattr__(self, "density_g_per_cm3", density)
        object.__setattr__(self, "material", material)


def uniform_medium(grid: Grid, material: Material = MATERIALS["water"]) -> Medium:
    """`grid` filled with one material at its nominal density."""
    density = np.full(grid.shape, material.density_g_per_cm3, np.float32)
    return Medium(grid, density, np.zeros(grid.shape, np.uint16), (material,), (f"uniform {material.name}",))


def medium_from_ct(
    ct: Image,
    structures: Structures,
    overrides: Mapping[str, str] | None = None,
    *,
    calibration: CtCalibration | None = None,
    body: str | None = None,
) -> Medium:
    """Density and material from CT numbers.

    Everything outside the external contour becomes air, so the couch is gone. A voxel that an overriding
    structure fills to a fraction gets that fraction of its density, and its composition in proportion to mass.

    Parameters
    ----------
    ct
        CT in HU.
    structures
        On the CT's grid; the structure with role "external" is the body, where there is one.
    overrides
        Structure name to material name, later ones on top, for example ``{"Implant": "titanium"}``.
    calibration
        The scanner's curve; Schneider 2000 by default.
    body
        Name of the external structure, to choose among several.

    Raises
    ------
    ImageError
        If `ct` is not CT.
    StructureError, MaterialError
        If an override names what does not exist.
    """
    if ct.modality != "CT":
        raise ImageError(f"a medium needs CT numbers, got modality {ct.modality}; give the planning CT")
    curve = calibration or schneider_calibration()
    note(Citation(curve.source))
    materials = [*curve.materials, MATERIALS["air"]]
    density, material = curve.density(ct.values), curve.material_index(ct.values).astype(np.uint16)
    made = [f"CT numbers by {curve.source}"]
    external = structures[body] if body else next(iter(structures.with_role("external")), None)
    if external is not None:
        outside = external.full() < 0.5
        density[outside], material[outside] = MATERIALS["air"].density_g_per_cm3, len(materials) - 1
        made.append(f'outside "{external.name}" is air')
    for structure_name, material_name in (overrides or {}).items():
        structure, chosen = structures[structure_name], find_material(material_name)
        fill_partly(density[structure.box], material[structure.box], materials, structure.coverage, chosen)
        made.append(f'"{structure.name}" is {chosen.name}, {chosen.density_g_per_cm3:g} g/cm3')
    return Medium(ct.grid, density, material, tuple(materials), tuple(made))
