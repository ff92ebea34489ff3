"""Smooth fluence of many fields, merged in the isocentre planes of few source positions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from spondyl.dose.engines.source_nodes import SourceNode
from spondyl.dose.fields import Field
from spondyl.dose.fluence import FluenceMap

Floats = NDArray[np.float64]

HEAD_PIXEL_MM = 5.0
"""Of merged maps: Gaussians of some 30 to 40 mm."""


def node_field(
    node: SourceNode, fields: Sequence[Field], maps: Sequence[FluenceMap], sad_mm: float
) -> tuple[Field, FluenceMap]:
    """The smooth fluence of a node's fields in its own isocentre plane, and a field that stands there."""
    _, u, v = node.axes
    corners = np.concatenate([_corners(maps[n], fields[n], node) for n, _ in node.shares])
    axes = [_regular(corners @ axis) for axis in (u, v)]
    points = node.isocentre_mm + axes[0][None, :, None] * u + axes[1][:, None, None] * v
    total = np.zeros(points.shape[:2])
    for number, share in node.shares:
        total += share * _read(maps[number], points - np.asarray(fields[number].isocentre_mm), fields[number])
    ends = [np.array([axis[0], axis[-1]]) for axis in axes]
    places = (_triple(node.source_mm(sad_mm)), _triple(node.isocentre_mm), _triple(u), _triple(v))
    field = Field("merged", *places, ends[0], ends[1], np.zeros((1, 1)))
    return field, FluenceMap(axes[0], axes[1], total)


def _triple(vector: Floats) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _corners(fluence: FluenceMap, field: Field, node: SourceNode) -> Floats:
    """The map's corners relative to the node's isocentre, shape (4, 3)."""
    across = [(a, b) for a in fluence.u_mm[[0, -1]] for b in fluence.v_mm[[0, -1]]]
    vectors = np.array([a * np.asarray(field.u) + b * np.asarray(field.v) for a, b in across])
    return vectors + np.asarray(field.isocentre_mm) - node.isocentre_mm


def _regular(values: Floats) -> Floats:
    """Pixel centres that hold the values."""
    count = max(2, int(np.ceil(np.ptp(values) / HEAD_PIXEL_MM)) + 1)
    return (values.min() + values.max()) / 2 + (np.arange(count) - (count - 1) / 2) * HEAD_PIXEL_MM


def _read(fluence: FluenceMap, points: Floats, field: Field) -> Floats:
    """The map at points relative to the field's isocentre, linear between pixels, 0 outside."""
    du, dv = fluence.pixel_mm
    at_u = (points @ np.asarray(field.u) - fluence.u_mm[0]) / du
    at_v = (points @ np.asarray(field.v) - fluence.v_mm[0]) / dv
    return map_coordinates(fluence.photons_per_cm2, [at_v, at_u], order=1, mode="constant", cval=0.0)
