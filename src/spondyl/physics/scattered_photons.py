"""How materials absorb scattered photons, compared with water."""

from __future__ import annotations

from functools import cache

import numpy as np

from spondyl.physics.cross_sections import mass_energy_absorption
from spondyl.physics.materials import MATERIALS, Material

E_MEV = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0])
SHARE = np.array([0.15, 0.25, 0.15, 0.12, 0.1, 0.13, 0.1])


@cache
def relative_scatter_absorption(material: Material) -> float:
    """Mass energy absorption over water's, averaged over scattered photons' energy fluence."""
    water = mass_energy_absorption(MATERIALS["water"], E_MEV) @ SHARE
    return float(mass_energy_absorption(material, E_MEV) @ SHARE / water)
