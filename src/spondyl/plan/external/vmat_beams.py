"""Apertures of arcs as beams with control points, the first arc clockwise, the second back."""

from __future__ import annotations

import numpy as np

from spondyl.dose import LeafAperture
from spondyl.physics import Linac
from spondyl.plan.external.aperture_variables import Apertures
from spondyl.plan.external.arcs import ArcPath
from spondyl.plan.external.beams import Beam, ControlPoint
from spondyl.plan.external.vmat_lattice import CELL_MM, Lattice
from spondyl.plan.matvec import Floats


def arc_beams(
    apertures: Apertures,
    path: ArcPath,
    lattice: Lattice,
    linac: Linac,
    isocentre_mm: tuple[float, float, float],
    fractions: int,
) -> tuple[Beam, ...]:
    """Beams of one fraction from apertures with the MU of the course."""
    made: list[Beam] = []
    for arc, collimator in enumerate(lattice.collimator_deg):
        jaws = _jaws_mm(lattice, linac, arc)
        mu = np.concatenate([[0.0], np.cumsum(apertures.mu[arc] / fractions)])
        backwards = arc % 2 == 1
        order = range(path.points)[:: -1 if backwards else 1]
        given = mu[-1] - mu if backwards else mu
        points = tuple(
            ControlPoint(
                float(path.gantry_deg[k]), collimator, 0.0,
                LeafAperture(_leaves(apertures, arc, k, lattice, linac), jaws), float(given[k]),
            )
            for k in order
        )  # fmt: skip
        made.append(Beam(f"Arc {arc + 1} {'CCW' if backwards else 'CW'}", linac.name, isocentre_mm, points))
    return tuple(made)


def _leaves(apertures: Apertures, arc: int, point: int, lattice: Lattice, linac: Linac) -> Floats:
    """All pairs of the collimator; those without beamlets wait closed where the nearest pair in use stands."""
    first = int(lattice.first_pair[arc])
    used = int(lattice.pair[arc].max()) + 1
    tips = np.stack([apertures.first[arc, point, :used], apertures.second[arc, point, :used]], axis=1)
    middle, half = tips.mean(axis=1), linac.mlc.least_gap_mm / 2
    place = np.clip(np.arange(linac.mlc.pairs) - first, 0, used - 1)
    leaves = middle[place][:, None] + np.array([-half, half])
    leaves[first : first + used] = tips
    return leaves


def _jaws_mm(lattice: Lattice, linac: Linac, arc: int) -> tuple[float, float, float, float]:
    """Around everything that the arc may open: along the leaves to the cell, across them to the leaf."""
    there = (lattice.lanes[arc] >= 0).any(axis=(0, 2))
    pairs = lattice.first_pair[arc] + lattice.pair[arc][there]
    edges = linac.mlc.leaf_edges_mm
    low, high = np.nanmin(lattice.open_mm[arc]), np.nanmax(lattice.open_mm[arc])
    x1, x2, y1, y2 = linac.jaw_limits_mm
    return (
        float(np.clip(low - CELL_MM, *x1)), float(np.clip(high + CELL_MM, *x2)),
        float(np.clip(edges[pairs.min()], *y1)), float(np.clip(edges[pairs.max() + 1], *y2)),
    )  # fmt: skip
