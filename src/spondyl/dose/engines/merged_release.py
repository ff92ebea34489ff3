"""Energy released by many fields, merged at few source positions.

The sharp part of a field, its primary photons, is released from the field's own position, in the narrow beam that it
is, and only what is sent on starts from nodes. The photons scattered in the head spread over the whole body but are a
few percent of the fluence and smooth: their maps are merged at wider nodes first, and released from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from spondyl.core import Progress
from spondyl.dose.engines.released_energy import EnergyGroups, ReleasedEnergy, released_energy
from spondyl.dose.engines.source_nodes import SourceNode, azimuth_deg, source_nodes
from spondyl.dose.fields import Field
from spondyl.dose.fluence import FluenceMap, head_fluence, incident_fluence
from spondyl.physics import BeamModel, Medium

Floats = NDArray[np.float64]

NODE_DEG, NODE_MM = 10.0, 40.0
"""Lattice of source positions that primary photons' energy is sent on from."""
HEAD_NODE_DEG = 30.0
"""Lattice of source positions that the head's scatter comes from."""
HEAD_PIXEL_MM = 5.0
"""Of the head's scatter, a Gaussian of some 40 mm."""
MERGED = f"their energy sent on from source positions {NODE_DEG:g} degrees apart, head scatter {HEAD_NODE_DEG:g}"
"""For the record of a dose."""


def merged_release(
    fields: Sequence[Field], medium: Medium, model: BeamModel, groups: EnergyGroups, progress: Progress
) -> Iterator[ReleasedEnergy]:
    """What `fields` release in `medium`, one node's after the other.

    In the order of their azimuths, so that few nodes are open at a time.
    """
    fields = sorted(fields, key=azimuth_deg)
    yield from _primary(fields, medium, replace(model, head_scatter=None), groups, progress)
    if model.head_scatter is not None:
        yield from _head(fields, medium, model, groups, progress)


def _primary(
    fields: Sequence[Field], medium: Medium, model: BeamModel, groups: EnergyGroups, progress: Progress
) -> Iterator[ReleasedEnergy]:
    """Each field from its own position, shared among its nodes; a node is given out with its last field."""
    nodes = source_nodes(fields, NODE_DEG, NODE_MM)
    of_field: list[list[tuple[int, float]]] = [[] for _ in fields]
    last = [max(number for number, _ in node.shares) for node in nodes]
    for n, node in enumerate(nodes):
        for number, share in node.shares:
            of_field[number].append((n, share))
    sums: dict[int, _Sum] = {}
    for number, field in enumerate(fields):
        found = released_energy(field, incident_fluence(field, model), medium, groups)
        for n, share in of_field[number]:
            if found is not None:
                sums.setdefault(n, _Sum(groups.count, medium.grid.shape)).add(found, share)
            if last[n] == number and n in sums:
                yield sums.pop(n).cropped(_source_mm(nodes[n], model.sad_mm))
        progress("photons to voxels", (number + 1) / len(fields))


class _Sum:
    """Released energy of several fields on the whole grid."""

    def __init__(self, groups: int, shape: tuple[int, int, int]) -> None:
        self._primary = np.zeros((groups, *shape), np.float32)
        self._scatter = np.zeros_like(self._primary)
        self._low, self._high = np.array(shape), np.zeros(3, np.int64)

    def add(self, found: ReleasedEnergy, share: float) -> None:
        """Add a field's energy times its share."""
        low = np.asarray(found.start)
        high = low + found.primary.shape[1:]
        box = (slice(None), *(slice(int(a), int(b)) for a, b in zip(low, high, strict=True)))
        self._primary[box] += found.primary * np.float32(share)
        self._scatter[box] += found.scatter * np.float32(share)
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)

    def cropped(self, source_mm: Floats) -> ReleasedEnergy:
        """What was added, in its box, as released by a source at `source_mm`."""
        box = (slice(None), *(slice(int(a), int(b)) for a, b in zip(self._low, self._high, strict=True)))
        start = (int(self._low[0]), int(self._low[1]), int(self._low[2]))
        return ReleasedEnergy(start, self._primary[box].copy(), self._scatter[box].copy(), source_mm)


def _head(
    fields: Sequence[Field], medium: Medium, model: BeamModel, groups: EnergyGroups, progress: Progress
) -> Iterator[ReleasedEnergy]:
    nodes = source_nodes(fields, HEAD_NODE_DEG, np.inf)
    maps = [head_fluence(field, model, HEAD_PIXEL_MM) for field in fields]
    for done, node in enumerate(nodes):
        field, fluence = node_field(node, fields, maps, model.sad_mm)
        found = released_energy(field, fluence, medium, groups)
        if found is not None:
            yield found
        progress("photons from the head to voxels", (done + 1) / len(nodes))


def node_field(
    node: SourceNode, fields: Sequence[Field], maps: Sequence[FluenceMap], sad_mm: float
) -> tuple[Field, FluenceMap]:
    """The head fluence of a node's fields in its own isocentre plane, and a field that stands there."""
    _, u, v = node.axes
    corners = np.concatenate([_corners(maps[n], fields[n], node) for n, _ in node.shares])
    axes = [_regular(corners @ axis) for axis in (u, v)]
    points = node.isocentre_mm + axes[0][None, :, None] * u + axes[1][:, None, None] * v
    total = np.zeros(points.shape[:2])
    for number, share in node.shares:
        total += share * _read(maps[number], points - np.asarray(fields[number].isocentre_mm), fields[number])
    ends = [np.array([axis[0], axis[-1]]) for axis in axes]
    places = (_triple(_source_mm(node, sad_mm)), _triple(node.isocentre_mm), _triple(u), _triple(v))
    field = Field("head scatter", *places, ends[0], ends[1], np.zeros((1, 1)))
    return field, FluenceMap(axes[0], axes[1], total)


def _source_mm(node: SourceNode, sad_mm: float) -> Floats:
    return node.isocentre_mm - sad_mm * node.axes[0]


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
