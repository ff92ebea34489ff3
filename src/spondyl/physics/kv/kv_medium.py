"""The patient as a kilovoltage engine needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from spondyl.anatomy import Structures
from spondyl.core import Image
from spondyl.physics.kv.ct_materials import METAL_HU, check_ct, kv_calibration
from spondyl.physics.medium import Medium, medium_from_ct


def kv_medium_from_ct(
    ct: Image, structures: Structures, overrides: Mapping[str, str] | None = None, *, body: str | None = None
) -> Medium:
    """Density and blended composition from CT numbers, with overrides by structure.

    Parameters
    ----------
    ct, structures, overrides, body
        As `medium_from_ct` takes them; a needle, cement or a balloon is a structure with a material of
        `data/physics/materials.yaml`.

    Returns
    -------
    A medium; its last step tells how much metal stands in the CT that no override names.

    Raises
    ------
    ImageError, StructureError, MaterialError
        As `medium_from_ct`, and for CT numbers that are not finite.
    """
    check_ct(ct)
    medium = medium_from_ct(ct, structures, overrides, calibration=kv_calibration(), body=body)
    metal = np.asarray(ct.values >= METAL_HU)
    for name in overrides or {}:
        structure = structures[name]
        metal[structure.box] &= structure.coverage < 0.5
    cm3 = float(metal.sum()) * ct.grid.voxel_volume_cm3
    if cm3 == 0:
        return medium
    told = (
        f"{cm3:.2g} cm3 of the CT is above {METAL_HU:g} HU without an override, and is taken as dense bone, not metal"
    )
    return replace(medium, made=(*medium.made, told))
