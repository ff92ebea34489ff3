"""What of a vertebra the tumour touches, and how it lies in the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spondyl.anatomy.sectors import SECTORS, Vertebra
from spondyl.anatomy.structure import Structure

Position = Literal["none", "central", "lateralised_left", "lateralised_right", "diffuse"]


@dataclass(frozen=True)
class Involvement:
    """How a GTV involves one vertebra.

    Parameters
    ----------
    level
        Of the vertebra, empty where not known.
    overlap_cm3
        Of the GTV with each of the six sectors: the least that their coverages allow, so that a sector which only
        shares a border with the GTV has none.
    touched
        Sectors with an overlap of at least the threshold.
    body_fraction
        Share of the vertebral body that the GTV fills.
    left_share
        Share of the GTV in the body that lies left of the mid-sagittal plane of the vertebra; 0.5 without any.
    position
        How the GTV lies in the body.
    """

    level: str
    overlap_cm3: Mapping[str, float]
    touched: tuple[str, ...]
    body_fraction: float
    left_share: float
    position: Position


def expected_overlap_cm3(first: Structure, second: Structure) -> float:
    """Expected common volume: the sum of the products of both coverages."""
    a, b = _common(first, second)
    return float((a * b).sum(dtype=np.float64)) * first.grid.voxel_volume_cm3


def certain_overlap_cm3(first: Structure, second: Structure) -> float:
    """Least common volume: two structures that only share a border have none, however their voxels are cut."""
    a, b = _common(first, second)
    return float(np.maximum(a + b - 1, 0).sum(dtype=np.float64)) * first.grid.voxel_volume_cm3


def _common(first: Structure, second: Structure) -> tuple[np.ndarray, np.ndarray]:
    start = [max(a.start, b.start) for a, b in zip(first.box, second.box, strict=True)]
    stop = [max(min(a.stop, b.stop), s) for a, b, s in zip(first.box, second.box, start, strict=True)]
    if any(b <= a for a, b in zip(start, stop, strict=True)):
        return np.zeros(0), np.zeros(0)
    cut = [
        s.coverage[tuple(slice(a - o.start, b - o.start) for a, b, o in zip(start, stop, s.box, strict=True))]
        for s in (first, second)
    ]
    return cut[0], cut[1]


def involvement_of(
    gtv: Structure, vertebra: Vertebra, *, touch_cm3: float, diffuse_fraction: float, lateral_share: float
) -> Involvement:
    """Measure which sectors the GTV touches and how it lies in the body.

    Parameters
    ----------
    touch_cm3
        A sector counts as touched from this overlap on.
    diffuse_fraction
        From this share of the body on the GTV is diffuse.
    lateral_share
        A GTV that is not diffuse is lateralised where at least this share of it, within the body, lies on one
        side of the mid-sagittal plane; else central. The consensus gives no number for either word.
    """
    overlaps = {name: sum(certain_overlap_cm3(gtv, part) for part in vertebra.sector(name)) for name in SECTORS}
    touched = tuple(name for name in SECTORS if overlaps[name] >= touch_cm3)
    body = vertebra.parts["vertebral_body"]
    fraction = expected_overlap_cm3(gtv, body) / body.volume_cm3 if body.volume_cm3 else 0.0
    left = _left_share(gtv, vertebra)
    position: Position = "none"
    if "vertebral_body" in touched:
        position = _position(fraction, left, diffuse_fraction, lateral_share)
    return Involvement(vertebra.level, overlaps, touched, fraction, left, position)


def _position(fraction: float, left: float, diffuse_fraction: float, lateral_share: float) -> Position:
    if fraction >= diffuse_fraction:
        return "diffuse"
    if left >= lateral_share:
        return "lateralised_left"
    return "lateralised_right" if 1 - left >= lateral_share else "central"


def _left_share(gtv: Structure, vertebra: Vertebra) -> float:
    body = vertebra.parts["vertebral_body"]
    tumour = gtv.full()[body.box] * body.coverage
    index = np.argwhere(tumour > 0)
    if not len(index):
        return 0.5
    weight = tumour[tuple(index.T)].astype(np.float64)
    side = vertebra.frame.local_mm(body.local_grid.point_at(index))[:, 0]
    return float(np.average(np.where(side > 0, 1.0, np.where(side < 0, 0.0, 0.5)), weights=weight))
