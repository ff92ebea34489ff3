"""Energy released by many fields, merged at few source positions.

Each field's primary photons fly in the narrow beam that it is, from its own position. What they go through on their
way is looked up from near nodes, which fields share linearly, and what they release is sent on from wider ones. The
photons scattered in the head spread over the whole body but are a few percent of the fluence and smooth: their maps
are merged at wide nodes first, and released from there on coarser voxels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from spondyl.core import Grid, Progress
from spondyl.dose.engines.coarse import coarsen, joined_voxels
from spondyl.dose.engines.merged_maps import HEAD_PIXEL_MM, node_field
from spondyl.dose.engines.merged_sums import EnergySum, PhotonSum, by_mass
from spondyl.dose.engines.released_energy import (
    EnergyGroups,
    Photons,
    ReleasedEnergy,
    photons_in_air,
    released_by,
    released_energy,
)
from spondyl.dose.engines.source_nodes import (
    SourceNode,
    azimuth_deg,
    own_nodes,
    shares_by_number,
    source_nodes,
    wider_nodes,
)
from spondyl.dose.fields import Field
from spondyl.dose.fluence import head_fluence, incident_fluence
from spondyl.dose.resample import resample_medium
from spondyl.physics import BeamModel, Medium

WAY_NODE_DEG, WAY_NODE_MM = 2.5, 40.0
"""Lattice of source positions that primary photons are attenuated from, from the two around each: the mean
direction is kept, and what stands in their way is smeared over 1.25 degrees at most (root mean square)."""
NODE_DEG, NODE_MM = 10.0, 150.0
"""Lattice of source positions that primary photons' energy is sent on from; along the couch they are ten degrees apart,
seen from 850 mm."""
HEAD_NODE_DEG, HEAD_SENT_DEG = 20.0, 40.0
"""Lattice of source positions that the head's scatter comes from, and that its energy is sent on from; the first for
both where the fields are so few that they do not even out."""
HEAD_VOXEL_MM = 5.0
"""Of the head's scatter, a Gaussian of some 40 mm."""
MERGED = (
    f"attenuated from source positions {WAY_NODE_DEG:g} degrees apart, their energy sent on from {NODE_DEG:g}, "
    f"head scatter from {HEAD_NODE_DEG:g} and {HEAD_SENT_DEG:g}"
)
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
    """What photons release that come from near nodes, shared among wide ones; a node is given out when it is full."""
    near = source_nodes(fields, WAY_NODE_DEG, WAY_NODE_MM)
    if len(near) >= len(fields):
        near = own_nodes(fields)
    nodes = wider_nodes(near, NODE_DEG, NODE_MM)
    shares, left = shares_by_number(nodes, len(near)), [len(node.shares) for node in nodes]
    sums: dict[int, EnergySum] = {}
    for done, (number, photons) in enumerate(_photons(fields, near, medium.grid, model)):
        source, what = near[number].source_mm(model.sad_mm), f"beams near {near[number].azimuth_deg:g} degrees"
        found = None if photons is None else released_by(photons, source, medium, groups, what)
        for n, share in shares[number]:
            if found is not None:
                sums.setdefault(n, EnergySum(groups.count, medium.grid.shape)).add(found, share)
            left[n] -= 1
            if left[n] == 0 and n in sums:
                yield sums.pop(n).cropped(nodes[n].source_mm(model.sad_mm))
        progress("photons to voxels", (done + 1) / len(near))


def _photons(
    fields: Sequence[Field], nodes: Sequence[SourceNode], grid: Grid, model: BeamModel
) -> Iterator[tuple[int, Photons | None]]:
    """The photons that each node's fields bring by their shares, each in its own narrow beam."""
    shares, left = shares_by_number(nodes, len(fields)), [len(node.shares) for node in nodes]
    sums: dict[int, PhotonSum] = {}
    for number, field in enumerate(fields):
        found = photons_in_air(field, incident_fluence(field, model), grid)
        for n, share in shares[number]:
            if found is not None:
                sums.setdefault(n, PhotonSum(grid.shape)).add(found, share)
            left[n] -= 1
            if left[n] == 0:
                yield n, sums.pop(n).cropped() if n in sums else None


def _head(
    fields: Sequence[Field], medium: Medium, model: BeamModel, groups: EnergyGroups, progress: Progress
) -> Iterator[ReleasedEnergy]:
    """What the head's photons release, on voxels of `HEAD_VOXEL_MM`; each of these gives it to its own by mass."""
    factor = joined_voxels(medium.grid, HEAD_VOXEL_MM)
    _, grid = coarsen(medium.density_g_per_cm3, medium.grid, factor)
    coarse = resample_medium(medium, grid)
    near = source_nodes(fields, HEAD_NODE_DEG, np.inf)
    nodes = wider_nodes(near, HEAD_SENT_DEG if len(near) < len(fields) else HEAD_NODE_DEG, np.inf)
    shares = shares_by_number(nodes, len(near))
    maps = [head_fluence(field, model, HEAD_PIXEL_MM) for field in fields]
    sums: dict[int, EnergySum] = {}
    for number, node in enumerate(near):
        found = released_energy(*node_field(node, fields, maps, model.sad_mm), coarse, groups)
        for n, share in shares[number]:
            if found is not None:
                sums.setdefault(n, EnergySum(groups.count, grid.shape)).add(found, share)
        progress("photons from the head to voxels", (number + 1) / len(near))
    for n, total in sums.items():
        yield by_mass(total.cropped(nodes[n].source_mm(model.sad_mm)), coarse, medium, factor)
