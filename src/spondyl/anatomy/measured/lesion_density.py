"""Whether the lesion is less dense (lytic) or denser (blastic) than this patient's healthy cancellous bone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from spondyl.anatomy.measured.moved import room_around, rough_depth_mm
from spondyl.anatomy.measured.values import Unknown
from spondyl.anatomy.sectors import Vertebra
from spondyl.anatomy.structure import Structure
from spondyl.core.image import Image

LesionType = Literal["lytic", "blastic", "mixed"]

CORTEX_MM = 3.0
"""Bone nearer than this to the body's surface is left out: cortex and endplates, blurred by the CT. Our own setting."""
APART_MM = 3.0
"""Bone nearer than this to the tumour does not count as healthy: the contour is not exact. Our own setting."""
SMOOTHING_MM = 1.5
"""Standard deviation of the average over neighbouring cancellous voxels, against noise. Our own setting."""
TAIL_PERCENT = 2.5
"""Less dense and denser begin where this share of the healthy bone ends at either side: its central 95 %."""
LEAST_SHARE_PERCENT = 20.0
"""A lesion is called by a density that at least this share of it has. Our own setting: no publication gives one."""
LEAST_DIFFERENCE_HU = 30.0
"""Nearer than this to the median of the healthy bone nothing is less dense or denser. Our own setting."""
LEAST_LESION_CM3, LEAST_HEALTHY_CM3 = 0.3, 1.0
"""With less cancellous bone than this nothing is said. Our own setting."""
METAL_HU = 2500.0
"""Above any bone: screws, cages. What they shadow cannot be judged. Our own setting."""


@dataclass(frozen=True)
class Region:
    """Cancellous bone of one place.

    Parameters
    ----------
    name
        "lesion", "rest of T11", "T10".
    hu
        Of its voxels after smoothing, shape (n,).
    volume_cm3
        Of these voxels.
    less_percent, more_percent
        Share of its voxels below and above the central 95 % of the healthy bone (for a healthy region: of the others).
    """

    name: str
    hu: NDArray[np.float64]
    volume_cm3: float
    less_percent: float
    more_percent: float


@dataclass(frozen=True)
class LesionDensity:
    """The lesion's HU against healthy cancellous bone.

    Parameters
    ----------
    lesion, healthy
        Regions; the healthy ones' shares tell how far healthy bone of this patient differs from place to place.
    limits_hu
        Central 95 % of all healthy bone.
    needed_percent
        Share that the lesion must exceed.
    kind
        Or why it is not determined.
    """

    lesion: Region
    healthy: tuple[Region, ...]
    limits_hu: tuple[float, float]
    needed_percent: Mapping[str, float]
    kind: LesionType | Unknown


def lesion_density(
    ct: Image, vertebra: Vertebra, gtv: Structure, neighbours: Mapping[str, Structure]
) -> LesionDensity | Unknown:
    """Compare the lesion's cancellous bone with healthy bone.

    Parameters
    ----------
    ct
        In HU.
    vertebra
        That holds the lesion; only its body is judged, since pedicles and arch are nearly all cortex.
    gtv
        The tumour.
    neighbours
        Bodies of the neighbouring vertebrae by level.
    """
    body = vertebra.parts["vertebral_body"]
    if (ct.values[body.box][body.coverage >= 0.5] > METAL_HU).any():
        return Unknown(f"HU above {METAL_HU:g} in the body: metal, whose artefacts the lesion cannot be told from")
    cancellous, hu, deep = _inside(ct, body, gtv)
    lesion = hu[cancellous & (deep >= 0)]
    healthy = {f"rest of {vertebra.level or 'the vertebra'}": hu[cancellous & (deep <= -APART_MM)]}
    for level, other in neighbours.items():
        bone, values, tumour = _inside(ct, other, gtv)
        healthy[level] = values[bone & (tumour <= -APART_MM)]
    voxel = ct.grid.voxel_volume_cm3
    healthy = {name: values for name, values in healthy.items() if len(values) * voxel >= LEAST_HEALTHY_CM3}
    if len(lesion) * voxel < LEAST_LESION_CM3:
        return Unknown(
            f"only {len(lesion) * voxel:.2f} cm3 of the GTV lie in cancellous bone of the body ({CORTEX_MM:g} mm below "
            f"its surface), expected at least {LEAST_LESION_CM3:g}"
        )
    if not healthy:
        return Unknown(
            f"no healthy cancellous bone to compare with: neither {LEAST_HEALTHY_CM3:g} cm3 in the same body outside "
            "the GTV nor a neighbour's mask"
        )
    return _compared(lesion, healthy, voxel)


def _compared(lesion: NDArray[np.float64], healthy: Mapping[str, NDArray[np.float64]], voxel: float) -> LesionDensity:
    limits = _limits(list(healthy.values()))
    regions = [
        _region(name, values, voxel, _limits([v for other, v in healthy.items() if other != name] or [values]))
        for name, values in healthy.items()
    ]
    needed = {
        "less": max(LEAST_SHARE_PERCENT, *(r.less_percent for r in regions)),
        "more": max(LEAST_SHARE_PERCENT, *(r.more_percent for r in regions)),
    }
    found = _region("lesion", lesion, voxel, limits)
    alone = {name: _region(name, lesion, voxel, _limits([values])) for name, values in healthy.items()}
    return LesionDensity(found, tuple(regions), limits, needed, _kind(found, alone, needed))


def _kind(lesion: Region, alone: Mapping[str, Region], needed: Mapping[str, float]) -> LesionType | Unknown:
    kind = _name(lesion, needed)
    others = {name: _name(region, needed) for name, region in alone.items()}
    if kind is None:
        return Unknown(
            f"no difference seen: {lesion.less_percent:.0f} % of the lesion is less dense and {lesion.more_percent:.0f}"
            f" % denser than the central 95 % of healthy cancellous bone, {needed['less']:.0f} and {needed['more']:.0f}"
            " % would be needed"
        )
    if set(others.values()) != {kind}:
        said = ", ".join(f"against {name} {other or 'no difference'}" for name, other in others.items())
        return Unknown(f"the references disagree: {said}")
    return kind


def _name(lesion: Region, needed: Mapping[str, float]) -> LesionType | None:
    less, more = lesion.less_percent >= needed["less"], lesion.more_percent >= needed["more"]
    if less and more:
        return "mixed"
    if less:
        return "lytic"
    return "blastic" if more else None


def _region(name: str, hu: NDArray[np.float64], voxel: float, limits: tuple[float, float]) -> Region:
    less, more = 100 * float((hu < limits[0]).mean()), 100 * float((hu > limits[1]).mean())
    return Region(name, hu, len(hu) * voxel, less, more)


def _limits(regions: list[NDArray[np.float64]]) -> tuple[float, float]:
    """Central 95 % of several regions, each with the same weight however large it is, and no nearer than 30 HU."""
    counts = [len(values) for values in regions]
    weight = np.concatenate([np.full(n, 1.0 / n / len(counts)) for n in counts])
    values = np.concatenate(regions)
    order = np.argsort(values)
    below = np.cumsum(weight[order]) - weight[order] / 2
    tails = (TAIL_PERCENT / 100, 0.5, 1 - TAIL_PERCENT / 100)
    low, median, high = (float(np.interp(tail, below, values[order])) for tail in tails)
    return min(low, median - LEAST_DIFFERENCE_HU), max(high, median + LEAST_DIFFERENCE_HU)


def _inside(
    ct: Image, body: Structure, gtv: Structure
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Cancellous voxels, smoothed HU and depth inside the tumour, all in the body's box with some room."""
    box = room_around(body, CORTEX_MM)
    cancellous = rough_depth_mm(body, box) >= CORTEX_MM
    sigma = [SMOOTHING_MM / s for s in ct.grid.spacing_mm[::-1]]
    weight = gaussian_filter(cancellous.astype(np.float64), sigma)
    summed = gaussian_filter(np.where(cancellous, ct.values[box], 0).astype(np.float64), sigma)
    smooth = np.divide(summed, weight, out=np.zeros_like(summed), where=cancellous)
    return cancellous, smooth, _tumour_depth(gtv, body, box)


def _tumour_depth(gtv: Structure, body: Structure, box: tuple[slice, slice, slice]) -> NDArray[np.float64]:
    """Depth inside the tumour within `box`, seen on a box that holds both, so that its border beyond counts."""
    around = room_around(gtv, APART_MM)
    ranges = [slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(box, around, strict=True)]
    depth = rough_depth_mm(gtv, (ranges[0], ranges[1], ranges[2]))
    return depth[tuple(slice(b.start - r.start, b.stop - r.start) for b, r in zip(box, ranges, strict=True))]
