"""Measures of tumour, bone and canal that plans and reports quote."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from spondyl.anatomy.frame import voxel_points
from spondyl.anatomy.involvement import expected_overlap_cm3
from spondyl.anatomy.neural import Neural
from spondyl.anatomy.sectors import Vertebra
from spondyl.anatomy.structure import Structure


def measured(
    gtv: Structure, ptv_eval: Structure, canal: Structure, vertebrae: tuple[Vertebra, ...], neural: Neural
) -> dict[str, float]:
    """Numbers by name, the unit at the end of the name.

    Returns
    -------
    dict
        GTV volume; its part in the canal (epidural) and outside bone and canal (paraspinal); its part outside
        PTV_Eval; for each touched vertebra the volumes of bone and body and the share of the body that the GTV
        fills; the least distances between voxel centres of the GTV and of cord and thecal sac.
    """
    total = gtv.volume_cm3
    epidural = expected_overlap_cm3(gtv, canal)
    lost = max(0.0, total - _shared_most(gtv, ptv_eval))
    result = {
        "gtv_volume_cm3": total,
        "gtv_epidural_volume_cm3": epidural,
        "gtv_outside_ptv_eval_cm3": lost,
        "gtv_outside_ptv_eval_percent": 100 * lost / total,
    }
    if vertebrae:
        bones = (part for vertebra in vertebrae for part in vertebra.parts.values())
        result["gtv_paraspinal_volume_cm3"] = volume_outside_cm3(gtv, (canal, *bones))
    for vertebra in vertebrae:
        prefix = f"{vertebra.level}_" if len(vertebrae) > 1 else ""
        body = vertebra.parts["vertebral_body"]
        result[f"{prefix}vertebra_volume_cm3"] = sum(part.volume_cm3 for part in vertebra.parts.values())
        result[f"{prefix}vertebral_body_volume_cm3"] = body.volume_cm3
        result[f"{prefix}gtv_fraction_of_vertebral_body"] = expected_overlap_cm3(gtv, body) / body.volume_cm3
    for name, soft in (("cord", neural.cord), ("thecal_sac", neural.sac)):
        if soft is not None and (distance := least_distance_mm(gtv, soft)) is not None:
            result[f"gtv_min_distance_to_{name}_mm"] = distance
    return result


def least_distance_mm(first: Structure, second: Structure) -> float | None:
    """Least distance between voxel centres at least half inside, None where one of the two has none."""
    a, b = voxel_points(first)[0], voxel_points(second)[0]
    if not len(a) or not len(b):
        return None
    distance, _ = cKDTree(b).query(a)
    return float(np.min(distance))


def volume_outside_cm3(structure: Structure, others: tuple[Structure, ...]) -> float:
    """Volume that lies in none of `others`, which are disjoint; a border that is shared counts as inside."""
    taken = np.zeros(structure.grid.shape, dtype=np.float32)
    for other in others:
        if other.coverage.size:
            taken[other.box] += other.coverage
    free = np.maximum(structure.coverage - taken[structure.box], 0)
    return float(free.sum(dtype=np.float64)) * structure.grid.voxel_volume_cm3


def _shared_most(first: Structure, second: Structure) -> float:
    """Common volume, counting voxels that both only partly fill as far as they can overlap."""
    return float(np.minimum(first.full(), second.full()).sum(dtype=np.float64)) * first.grid.voxel_volume_cm3
