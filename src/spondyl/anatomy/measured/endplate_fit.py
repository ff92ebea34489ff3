"""Whether the masks end where the CT shows the endplates: heights are those of the masks, and no better."""

from __future__ import annotations

import numpy as np

from spondyl.anatomy.measured.heights import BANDS, BodyHeights
from spondyl.core.image import Image, trilinear

REACH_MM = 6.0
"""How far inside the mask's end the endplate is sought. Our own setting."""
STEP_MM = 0.5
ASIDE_MM = (-3.0, 0.0, 3.0)
MOST_VOXELS = 2.0
"""An endplate is its brightest line, which lies within a voxel of a good mask's end; from twice that on it is told."""


def endplate_doubts(ct: Image, body: BodyHeights) -> str:
    """Say at which ends of the body's mask the CT's brightest line lies more than two voxels inside.

    There the mask holds disc, or the endplate is pressed in below what was contoured; the height is too large by about
    as much. Sclerosis beside an endplate can look the same: the picture tells. Empty where
    nothing is to be said.
    """
    said: list[str] = []
    for band in BANDS:
        for plate in ("upper", "lower"):
            gap = _brightest_mm(ct, body, band, plate)
            if gap > MOST_VOXELS * body.voxel_mm:
                said.append(f"{plate} end, {band}: {gap:.0f} mm")
    if not said:
        return ""
    return (
        f"{body.level or 'the vertebra'}: the CT's brightest line lies inside the mask's end ({'; '.join(said)}); if "
        "it is the endplate, the mask holds disc and the height there is too large by about that"
    )


def _brightest_mm(ct: Image, body: BodyHeights, band: str, plate: str) -> float:
    """Depth of the brightest place below the mask's end, averaged over the band and across the slab."""
    profile = body.profile
    within = body.band(band)
    ends = (profile.upper_mm if plate == "upper" else profile.lower_mm)[within]
    inwards = np.arange(0.0, REACH_MM + STEP_MM / 2, STEP_MM)
    sign = -1.0 if plate == "upper" else 1.0
    across, depth, inside = np.meshgrid(ASIDE_MM, profile.depth_mm[within], inwards, indexing="ij")
    local = np.stack((across + profile.side_mm, depth, ends[None, :, None] + sign * inside), axis=-1)
    hu = trilinear(ct.values, ct.grid, local @ profile.axes + profile.origin_mm).mean(axis=(0, 1))
    return float(inwards[int(hu.argmax())])
