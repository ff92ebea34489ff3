"""Dose of electrons that come with the beam from the head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.dose.engines.merged_maps import HEAD_PIXEL_MM, node_field
from spondyl.dose.engines.merged_release import NODE_DEG
from spondyl.dose.engines.release_kernels import mark_field, path_to_source
from spondyl.dose.engines.source_nodes import MOST_ALONE, source_nodes
from spondyl.dose.fields import Field
from spondyl.dose.fluence import FluenceMap
from spondyl.dose.fluence import opening as blurred_opening
from spondyl.physics import BeamModel, Contamination, Medium
from spondyl.physics.electrons import relative_mass_stopping_power

_PIXEL_MM = 2.0
_DEEPEST_RANGES = 7.0


def add_contamination(
    dose: NDArray[np.float32], fields: Sequence[Field], medium: Medium, model: BeamModel, grid: Grid
) -> NDArray[np.float32]:
    """`dose` on `grid` with the contaminating electrons of `model`, where it has any.

    The opening, blurred, falls off exponentially with water-equivalent depth (path by electron stopping power). Those
    of more than `MOST_ALONE` fields are merged at nodes, as the head's scatter is: they are as blurred.
    """
    electrons = model.contamination
    if electrons is None or electrons.surface_gy_cm2 == 0:
        return dose
    total = dose.astype(np.float64)
    basis = np.zeros((len(medium.materials), 3))
    basis[:, 0] = [relative_mass_stopping_power(m) for m in medium.materials]
    place = (np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm))
    for field, opened in _openings(fields, model, electrons):
        ends = np.array([opened.u_mm[0], opened.u_mm[-1], opened.v_mm[0], opened.v_mm[-1]])
        source = np.asarray(field.source_mm)
        vectors = (source, np.asarray(field.u), np.asarray(field.v), field.direction)
        rows = mark_field(*place, np.asarray(grid.shape), *vectors, field.sad_mm, ends)
        _add(
            total, rows, *place, medium.density_g_per_cm3, medium.material, basis, np.asarray(medium.grid.origin_mm),
            np.asarray(medium.grid.spacing_mm), *vectors, field.sad_mm, opened.photons_per_cm2, opened.u_mm[0],
            opened.v_mm[0], opened.pixel_mm[0], electrons.range_mm,
        )  # fmt: skip
    return total.astype(np.float32)


def _openings(
    fields: Sequence[Field], model: BeamModel, electrons: Contamination
) -> Iterator[tuple[Field, FluenceMap]]:
    """Each field, or each node of many, and what its electrons leave at the surface around it, in Gy."""
    if len(fields) <= MOST_ALONE:
        yield from ((field, _opening(field, model, electrons, _PIXEL_MM)) for field in fields)
        return
    maps = [_opening(field, model, electrons, HEAD_PIXEL_MM) for field in fields]
    for node in source_nodes(fields, NODE_DEG, np.inf):
        yield node_field(node, fields, maps, model.sad_mm)


def _opening(field: Field, model: BeamModel, electrons: Contamination, pixel_mm: float) -> FluenceMap:
    reach = 4 * electrons.sigma_mm
    u, v = (
        np.arange(edges[0] - reach, edges[-1] + reach + pixel_mm, pixel_mm)
        for edges in (field.u_edges_mm, field.v_edges_mm)
    )
    opened = blurred_opening(field, u, v, 0.0, electrons.sigma_mm)
    return FluenceMap(u, v, opened * electrons.surface_gy_cm2 * model.photons_per_cm2_per_unit)


@njit(cache=True, parallel=True)
def _add(
    dose, rows, origin, spacing, density, material, basis, medium_origin, medium_spacing, source, u, v, axis, sad,
    opening, u0, v0, pixel, range_mm,
):  # fmt: skip
    nz, ny, _ = dose.shape
    deepest = _DEEPEST_RANGES * range_mm
    for k in prange(nz):
        path = np.empty(3)
        for j in range(ny):
            for i in range(rows[k, j, 0], rows[k, j, 1]):
                x = origin[0] + i * spacing[0]
                y = origin[1] + j * spacing[1]
                z = origin[2] + k * spacing[2]
                a = int(np.rint((x - medium_origin[0]) / medium_spacing[0]))
                b = int(np.rint((y - medium_origin[1]) / medium_spacing[1]))
                c = int(np.rint((z - medium_origin[2]) / medium_spacing[2]))
                if a < 0 or b < 0 or c < 0 or a >= density.shape[2] or b >= density.shape[1] or c >= density.shape[0]:
                    continue
                x -= source[0]
                y -= source[1]
                z -= source[2]
                along = x * axis[0] + y * axis[1] + z * axis[2]
                pu = ((x * u[0] + y * u[1] + z * u[2]) * sad / along - u0) / pixel
                pv = ((x * v[0] + y * v[1] + z * v[2]) * sad / along - v0) / pixel
                if pu < 0 or pv < 0 or pu >= opening.shape[1] - 1 or pv >= opening.shape[0] - 1:
                    continue
                path_to_source(
                    density, material, basis, medium_origin, medium_spacing, c, b, a, source, deepest / 10.0, path
                )
                distance = np.sqrt(x * x + y * y + z * z)
                depth = path[0] * 10.0
                if depth > deepest:
                    continue
                iu, iv = int(pu), int(pv)
                fu, fv = pu - iu, pv - iv
                value = (1 - fv) * ((1 - fu) * opening[iv, iu] + fu * opening[iv, iu + 1]) + fv * (
                    (1 - fu) * opening[iv + 1, iu] + fu * opening[iv + 1, iu + 1]
                )
                dose[k, j, i] += value * np.exp(-depth / range_mm) * sad * sad / (distance * distance)
