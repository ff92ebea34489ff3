"""Pencil-beam dose of whole fields: fluence convolved with separable kernels, read at radiological depth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from spondyl.core import Grid, Progress, cite, silent
from spondyl.core.errors import DoseError
from spondyl.dose.engines.pencil_terms import PencilTerms, pixel_kernel, separate
from spondyl.dose.fields import Field
from spondyl.dose.fluence import FluenceMap, incident_fluence
from spondyl.dose.radiological import beam_coordinates, depth_at, radiological_fan, water_scale
from spondyl.physics import BeamModel, Medium, pencil_kernel

Floats = NDArray[np.float64]

PIXEL_MM = 1.0
LAYER_MM = 50.0
REACH_MM = 200.0
"""Scatter further than this from a field's edge (in the isocentre plane) is left out: below 0.1 % of its dose."""


@cite("Ahnesjö, Saxner and Trepp 1992, Med Phys 19:263", "10.1118/1.596856", "pencil beam model")
def pencil_beam_dose(
    fields: Sequence[Field], medium: Medium, model: BeamModel, grid: Grid, progress: Progress = silent
) -> NDArray[np.float32]:
    """Dose to medium at the voxel centres of `grid`, float32 of shape ``grid.shape``, in `model.dose_unit`.

    Raises
    ------
    DoseError
        If a voxel to be computed lies beside or behind the source.
    """
    terms = separate(pencil_kernel(model.spectrum))
    scale = water_scale(medium, model.spectrum)
    relative = medium.density_g_per_cm3 * scale.attenuation[medium.material]
    dose = np.zeros(grid.shape, np.float64)
    for number, field in enumerate(fields):
        _add_field(dose, field, relative, medium, model, terms, grid)
        progress("pencil-beam dose", (number + 1) / len(fields))
    return (dose * scale.absorbed[_material_at(medium, grid)]).astype(np.float32)


def _add_field(
    dose: Floats, field: Field, relative: NDArray[np.float32], medium: Medium, model: BeamModel, terms: PencilTerms, grid: Grid
) -> None:
    low, high = grid.bounds_mm()
    corners = np.array([[(low, high)[i][0], (low, high)[j][1], (low, high)[k][2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    u, v, along, _ = beam_coordinates(field, corners)
    if float(along.min()) < 50.0:
        raise DoseError(
            f'field "{field.name}": the dose grid reaches to {along.min():.0f} mm from the source, expected 50 mm or more; '
            "crop the grid or move the source"
        )
    fluence = incident_fluence(field, model, pixel_mm=PIXEL_MM)
    reach_u = (max(u.min(), fluence.u_mm[0] - REACH_MM), min(u.max(), fluence.u_mm[-1] + REACH_MM))
    reach_v = (max(v.min(), fluence.v_mm[0] - REACH_MM), min(v.max(), fluence.v_mm[-1] + REACH_MM))
    if reach_u[0] >= reach_u[1] or reach_v[0] >= reach_v[1]:
        return
    fan = radiological_fan(field, relative, medium.grid, reach_u, reach_v)
    layers = np.linspace(along.min(), along.max(), max(2, int(np.ceil(np.ptp(along) / LAYER_MM)) + 1))
    maps, u0, v0 = convolved(fluence, terms, layers / field.sad_mm, reach_u, reach_v)
    _read(
        dose, np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm), np.asarray(field.source_mm), field.direction,
        np.asarray(field.u), np.asarray(field.v), field.sad_mm, maps, u0, v0, PIXEL_MM, layers,
        np.ascontiguousarray(terms.by_depth.T), terms.depth_mm[0], terms.depth_mm[1] - terms.depth_mm[0],
        fan.depth_mm, fan.u0_mm, fan.v0_mm, fan.spacing_mm, fan.plane0_mm, fan.step_mm,
    )  # fmt: skip


def convolved(
    fluence: FluenceMap, terms: PencilTerms, magnifications: Floats, u_mm: tuple[float, float], v_mm: tuple[float, float]
) -> tuple[NDArray[np.float32], float, float]:
    """Fluence convolved with each term at each layer, over the range asked for.

    Returns
    -------
    maps
        float32, shape (layers, nv, nu, k).
    u0_mm, v0_mm
        Centre of the first pixel.
    """
    pixel = fluence.pixel_mm[0]
    starts = [int(np.floor((low - at[0]) / pixel)) for low, at in ((u_mm[0], fluence.u_mm), (v_mm[0], fluence.v_mm))]
    stops = [int(np.ceil((high - at[0]) / pixel)) + 1 for high, at in ((u_mm[1], fluence.u_mm), (v_mm[1], fluence.v_mm))]
    counts = [len(fluence.u_mm), len(fluence.v_mm)]
    half = max(max(n - 1 - a for n, a in zip(counts, starts, strict=True)), *stops)
    half = min(half, int(2 * REACH_MM / pixel))
    size = [next_fast_len(n + 2 * half + 1, real=True) for n in counts[::-1]]
    spectrum = rfft2(fluence.photons_per_cm2, size, workers=-1)
    nu, nv = stops[0] - starts[0], stops[1] - starts[1]
    maps = np.zeros((len(magnifications), nv, nu, len(terms.by_depth)), np.float32)
    rows, columns = (np.arange(start + half, stop + half) for start, stop in zip(starts[::-1], stops[::-1], strict=True))
    row_ok = (rows >= 0) & (rows < counts[1] + 2 * half)
    column_ok = (columns >= 0) & (columns < counts[0] + 2 * half)
    for layer, magnification in enumerate(magnifications):
        for k, kernel in enumerate(pixel_kernel(terms, pixel, half, float(magnification))):
            full = irfft2(spectrum * rfft2(kernel, size, workers=-1), size, workers=-1)
            maps[layer, row_ok[:, None] & column_ok[None, :], k] = full[np.ix_(rows[row_ok], columns[column_ok])].ravel()
    return maps, float(fluence.u_mm[0] + starts[0] * pixel), float(fluence.v_mm[0] + starts[1] * pixel)


def _material_at(medium: Medium, grid: Grid) -> NDArray[np.uint8]:
    """Material index of the medium's voxel at each voxel centre of `grid`."""
    if grid.same_space(medium.grid):
        return medium.material
    index = [
        np.clip(np.rint((grid.axis_mm(a) - medium.grid.origin_mm[i]) / medium.grid.spacing_mm[i]), 0, medium.grid.shape[2 - i] - 1)
        for i, a in enumerate("xyz")
    ]
    x, y, z = (i.astype(np.int64) for i in index)
    return medium.material[np.ix_(z, y, x)]


@njit(cache=True, parallel=True, fastmath=True)
def _read(
    dose, origin, spacing, source, axis, eu, ev, sad, maps, u0, v0, pixel, layers, by_depth, depth0, depth_step,
    fan, fan_u0, fan_v0, fan_spacing, fan_first, fan_step,
):  # fmt: skip
    nz, ny, nx = dose.shape
    nv, nu, terms = maps.shape[1:]
    layer_step = layers[1] - layers[0]
    for k in prange(nz):
        for j in range(ny):
            for i in range(nx):
                x = origin[0] + i * spacing[0] - source[0]
                y = origin[1] + j * spacing[1] - source[1]
                z = origin[2] + k * spacing[2] - source[2]
                along = x * axis[0] + y * axis[1] + z * axis[2]
                u = (x * eu[0] + y * eu[1] + z * eu[2]) * sad / along
                v = (x * ev[0] + y * ev[1] + z * ev[2]) * sad / along
                pu, pv = (u - u0) / pixel, (v - v0) / pixel
                if pu < 0 or pv < 0 or pu >= nu - 1 or pv >= nv - 1:
                    continue
                depth = depth_at(fan, (u - fan_u0) / fan_spacing, (v - fan_v0) / fan_spacing, (along - fan_first) / fan_step)
                if depth <= 0:
                    continue
                at_depth = min(max((depth - depth0) / depth_step, 0.0), by_depth.shape[0] - 1.001)
                at_layer = min(max((along - layers[0]) / layer_step, 0.0), layers.shape[0] - 1.001)
                d, m, a, b = int(at_depth), int(at_layer), int(pu), int(pv)
                fd, fm, fa, fb = at_depth - d, at_layer - m, pu - a, pv - b
                total = 0.0
                for t in range(terms):
                    near = (1 - fb) * ((1 - fa) * maps[m, b, a, t] + fa * maps[m, b, a + 1, t]) + fb * (
                        (1 - fa) * maps[m, b + 1, a, t] + fa * maps[m, b + 1, a + 1, t]
                    )
                    far = (1 - fb) * ((1 - fa) * maps[m + 1, b, a, t] + fa * maps[m + 1, b, a + 1, t]) + fb * (
                        (1 - fa) * maps[m + 1, b + 1, a, t] + fa * maps[m + 1, b + 1, a + 1, t]
                    )
                    weight = (1 - fd) * by_depth[d, t] + fd * by_depth[d + 1, t]
                    total += weight * ((1 - fm) * near + fm * far)
                dose[k, j, i] += max(total, 0.0) * sad * sad / (x * x + y * y + z * z)
