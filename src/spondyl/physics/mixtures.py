"""Voxels that two materials share: density by volume, composition by mass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.physics.materials import Material

STEPS = 16
"""Mass shares are kept in this many steps: titanium's and water's electron paths differ by 1 % from one to the next."""


def mixture(first: Material, second: Material, second_share: float) -> Material:
    """`first` and `second` mixed, with `second_share` of the mass from `second`."""
    parts: dict[Material, float] = {}
    for material, share in ((first, 1 - second_share), (second, second_share)):
        for part, within in material.parts or ((material, 1.0),):
            parts[part] = parts.get(part, 0.0) + share * within
    fractions: dict[str, float] = {}
    for part, share in parts.items():
        for symbol, fraction in part.mass_fractions.items():
            fractions[symbol] = fractions.get(symbol, 0.0) + share * fraction
    density = 1 / sum(share / part.density_g_per_cm3 for part, share in parts.items())
    name = " + ".join(f"{100 * share:.3g} % {part.name}" for part, share in parts.items())
    return Material(name, density, fractions, "mixed by mass", tuple(parts.items()))


def fill_partly(
    density: NDArray[np.float32],
    index: NDArray[np.uint16],
    materials: list[Material],
    share: NDArray[np.float32],
    material: Material,
) -> None:
    """Put `material` into `share` of the volume of each voxel; changes `density`, `index` and `materials`.

    Parameters
    ----------
    density, index
        Of the same shape; what was there keeps the rest of the volume.
    materials
        What `index` points to; `material` and the mixtures that come up are added.
    share
        0..1, of the same shape.
    """
    mixed = density + share * (np.float32(material.density_g_per_cm3) - density)
    by_mass = np.divide(
        share * np.float32(material.density_g_per_cm3), mixed, out=np.zeros_like(mixed), where=mixed > 0
    )
    steps = np.rint(by_mass * STEPS).astype(np.int64)
    steps[(share <= 0) | (mixed <= 0)] = 0
    pair = index.astype(np.int64) * (STEPS + 1) + steps
    pairs = np.unique(pair[steps > 0])
    replaced = index.copy()
    for code in pairs:
        old, step = divmod(int(code), STEPS + 1)
        if materials[old] == material:
            continue
        made = material if step == STEPS else mixture(materials[old], material, step / STEPS)
        replaced[pair == code] = place_of(materials, made)
    density[...], index[...] = mixed, replaced


def place_of(materials: list[Material], material: Material) -> int:
    """Index of `material` in `materials`, where it is added if it is not there."""
    if material not in materials:
        materials.append(material)
    return materials.index(material)
