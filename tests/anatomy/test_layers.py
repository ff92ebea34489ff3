"""The compiled cut of a solid has, layer by layer, the sections that the solid itself has."""

from __future__ import annotations

import numpy as np
import pytest
from solids import circle, sphere, square

from spondyl.anatomy import Contour
from spondyl.anatomy.layers import arrays_of, cut
from spondyl.anatomy.recut import split
from spondyl.anatomy.solid import build_solid, fractions
from spondyl.anatomy.stack import Raster

RASTER = Raster(-20.0, -20.0, 0.5, 0.5, 81, 81)
CORNER, OPPOSITE = np.full(2, -20.0), np.full(2, 20.0)


def tube_that_closes():
    """Its hole ends in the middle: rings on three planes, discs on two."""
    outer = [Contour(2.0 * k, circle(9.0)) for k in range(5)]
    return [*outer, *(Contour(2.0 * k, circle(4.0)) for k in range(3))]


def fork():
    """One part goes on, one begins above, and one ends below."""
    return [
        *(Contour(2.0 * k, square(4.0)) for k in range(6)),
        *(Contour(2.0 * k, circle(3.0) + np.array([-10.0, 0.5 * k])) for k in range(3)),
        *(Contour(2.0 * k, circle(3.0) + np.array([10.0, 0.0])) for k in range(3, 6)),
    ]


SHAPES = {"sphere": sphere(9.0).contours(2.0), "tube": tube_that_closes(), "fork": fork(), "plane": fork()[:1]}


@pytest.mark.parametrize("name", SHAPES)
def test_layers_have_the_solids_sections(name: str) -> None:
    solid = build_solid(SHAPES[name], RASTER, "half-slice", 2.0)
    _, weights, cells, layers = cut(arrays_of(solid), 0.7, 0.5, CORNER, OPPOSITE)
    assert len(layers) >= len(solid.slabs)
    for number, (slab, height, thickness, *_) in enumerate(layers):
        part, field = np.zeros((RASTER.ny, RASTER.nx)), solid.at(solid.slabs[int(slab)])
        mine = cells[:, 0] == number
        part[cells[mine, 1], cells[mine, 2]] = weights[mine] * 1000 / (RASTER.hx * RASTER.hy * thickness)
        whole = np.empty((RASTER.ny, RASTER.nx), dtype=np.float32)
        fractions(field.distance_mm(float(height)), RASTER.hx, RASTER.hy, whole)
        np.testing.assert_allclose(part, whole, atol=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_cells_cut_again_have_the_same_volume(name: str) -> None:
    solid = arrays_of(build_solid(SHAPES[name], RASTER, "half-slice", 2.0))
    _, weights, cells, layers = cut(solid, 0.5, 0.5, CORNER, OPPOSITE)  # no layer lies across a hole's end
    points, finer = split(solid, layers, cells, 0.3, (2, 2))
    assert finer.sum() == pytest.approx(weights.sum(), rel=2e-3)
    assert len(points) > 6 * np.count_nonzero(weights)
