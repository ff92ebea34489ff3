"""Pencil-beam dose of whole fields: fluence convolved with separable kernels, read at radiological depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from spondyl.core import Grid, Progress, cite, silent
from spondyl.core.errors import DoseError
from spondyl.dose.engines.pencil_terms import NEAR_MM, PencilTerms, pixel_kernel, separate
from spondyl.dose.fields import Field
from spondyl.dose.fluence import incident_fluence
from spondyl.dose.radiological import Fan, beam_coordinates, corners_mm, depth_at, radiological_fan, water_scale
from spondyl.physics import BeamModel, Medium, pencil_kernel

Floats = NDArray[np.float64]

NEAR_PIXEL_MM = 1.0
FAR_PIXEL_MM = 3.0
LAYER_RATIO = 1.08
"""Width of the kernel from one layer to the next."""
MEMORY_MM = (("primary", (1.6, 10.0)), ("scatter", (60.0, 60.0)))
"""Parts of the dose; how far up the ray (water-equivalent) and across the rays density decides their spread.

Primary energy is left 3.2 mm ahead of where it is released, on average (first moment of the point kernels, Mohan 6 MV).
Its spread is decided by the mean density from there to here; averaged over such places, density upstream counts with
half that distance as its mean."""
WIDTHS = (0.2, 3.0)
BESIDE_MM = 40.0
"""Rays this far from the field decide which layers are needed."""
REACH_MM = 150.0
"""Scatter further than this from a field's edge (in the isocentre plane) is left out: below 0.1 % of its dose."""


@dataclass(frozen=True)
class Spread:
    """Fluence convolved with each term's near or far part, at layers across the beam.

    Parameters
    ----------
    maps
        float32, shape (layers, nv, nu, k).
    u0_mm, v0_mm, pixel_mm
        Centre of the first pixel in the isocentre plane, and pixel side.
    """

    maps: NDArray[np.float32]
    u0_mm: float
    v0_mm: float
    pixel_mm: float


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
    spreaders = [
        (_Spreader(separate(pencil_kernel(model.spectrum, part)), model), memory_mm) for part, memory_mm in MEMORY_MM
    ]
    scale = water_scale(medium, model.spectrum)
    relative = medium.density_g_per_cm3 * scale.attenuation[medium.material]
    dose = np.zeros(grid.shape, np.float64)
    for number, field in enumerate(fields):
        for spreader, memory_mm in spreaders:
            _add_field(dose, field, relative, medium, spreader, memory_mm, grid)
        progress("pencil-beam dose", (number + 1) / len(fields))
    return (dose * scale.absorbed[_material_at(medium, grid)]).astype(np.float32)


def _add_field(
    dose: Floats,
    field: Field,
    relative: NDArray[np.float32],
    medium: Medium,
    spreader: _Spreader,
    memory_mm: tuple[float, float],
    grid: Grid,
) -> None:
    u, v, along, _ = beam_coordinates(field, corners_mm(grid))
    if float(along.min()) < 50.0:
        raise DoseError(
            f'field "{field.name}": the dose grid reaches to {along.min():.0f} mm from the source, '
            "expected 50 mm or more; crop the grid or move the source"
        )
    reach_u = (max(u.min(), field.u_edges_mm[0] - REACH_MM), min(u.max(), field.u_edges_mm[-1] + REACH_MM))
    reach_v = (max(v.min(), field.v_edges_mm[0] - REACH_MM), min(v.max(), field.v_edges_mm[-1] + REACH_MM))
    if reach_u[0] >= reach_u[1] or reach_v[0] >= reach_v[1]:
        return
    fan = radiological_fan(field, relative, medium.grid, reach_u, reach_v, *memory_mm)
    layers = _layers(field, fan, (float(along.min()), float(along.max())))
    near = spreader.spread(field, layers, NEAR_PIXEL_MM, "near")
    far = spreader.spread(field, layers, FAR_PIXEL_MM, "far")
    terms = spreader.terms
    _read(
        dose, np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm), np.asarray(field.source_mm), field.direction,
        np.asarray(field.u), np.asarray(field.v), field.sad_mm,
        near.maps, np.array([near.u0_mm, near.v0_mm, near.pixel_mm]),
        far.maps, np.array([far.u0_mm, far.v0_mm, far.pixel_mm]), layers,
        np.ascontiguousarray(terms.by_depth.T), terms.depth_mm[0], terms.depth_mm[1] - terms.depth_mm[0],
        fan.depth_mm, fan.width, fan.u0_mm, fan.v0_mm, fan.spacing_mm, fan.plane0_mm, fan.step_mm,
    )  # fmt: skip


def _layers(field: Field, fan: Fan, along_mm: tuple[float, float]) -> Floats:
    """Distances from the source, times the density that the kernel is as wide as in, on a fixed geometric lattice."""
    nv, nu, planes = fan.width.shape
    u, v = fan.u0_mm + fan.spacing_mm * np.arange(nu), fan.v0_mm + fan.spacing_mm * np.arange(nv)
    by_u = (u > field.u_edges_mm[0] - BESIDE_MM) & (u < field.u_edges_mm[-1] + BESIDE_MM)
    by_v = (v > field.v_edges_mm[0] - BESIDE_MM) & (v < field.v_edges_mm[-1] + BESIDE_MM)
    along = np.clip(fan.plane0_mm + fan.step_mm * np.arange(planes), *along_mm)
    seen = fan.width[by_v][:, by_u]
    effective = along * np.clip(seen if seen.size else np.ones((1, 1, planes)), *WIDTHS)
    low, high = (np.log(x / field.sad_mm) / np.log(LAYER_RATIO) for x in (effective.min(), effective.max()))
    return field.sad_mm * LAYER_RATIO ** np.arange(np.floor(low), max(np.ceil(high), np.floor(low) + 1) + 1)


class _Spreader:
    """Convolves fields' fluence; keeps the kernels drawn for one field for the next."""

    def __init__(self, terms: PencilTerms, model: BeamModel) -> None:
        self.terms = terms
        self._model = model
        self._kernels: dict[tuple[str, float, tuple[int, int]], NDArray[np.complex64]] = {}

    def spread(self, field: Field, layers_mm: Floats, pixel_mm: float, part: str) -> Spread:
        """Near or far part of `field`'s fluence at each layer, on a map that reaches as far as the part does."""
        fluence = incident_fluence(field, self._model, pixel_mm=pixel_mm)
        half = int(np.ceil((NEAR_MM[1] if part == "near" else REACH_MM) / pixel_mm)) + 1
        shape = [n + 2 * half for n in fluence.photons_per_cm2.shape]
        size = (next_fast_len(shape[0], real=True), next_fast_len(shape[1], real=True))
        spectrum = rfft2(fluence.photons_per_cm2.astype(np.float32), size)
        maps = np.empty((len(layers_mm), *shape, len(self.terms.by_depth)), np.float32)
        for i, layer in enumerate(layers_mm):
            kernels = self._kernel(part, float(layer) / field.sad_mm, pixel_mm, half, size)
            spread = irfft2(spectrum * kernels, size, workers=-1)
            maps[i] = np.moveaxis(spread[:, : shape[0], : shape[1]], 0, -1)
        return Spread(maps, fluence.u_mm[0] - half * pixel_mm, fluence.v_mm[0] - half * pixel_mm, pixel_mm)

    def _kernel(
        self, part: str, magnification: float, pixel_mm: float, half: int, size: tuple[int, int]
    ) -> NDArray[np.complex64]:
        """Fourier transform of each term's kernel."""
        key = (part, round(magnification, 6), size)
        if key not in self._kernels:
            kernel = pixel_kernel(self.terms, pixel_mm, half, magnification, part)
            self._kernels[key] = rfft2(kernel.astype(np.float32), size, workers=-1)
        return self._kernels[key]


def _material_at(medium: Medium, grid: Grid) -> NDArray[np.uint16]:
    """Material index of the medium's voxel at each voxel centre of `grid`."""
    if grid.same_space(medium.grid):
        return medium.material
    index = [
        np.clip(
            np.rint((grid.axis_mm(a) - medium.grid.origin_mm[i]) / medium.grid.spacing_mm[i]),
            0,
            medium.grid.shape[2 - i] - 1,
        )
        for i, a in enumerate("xyz")
    ]
    x, y, z = (i.astype(np.int64) for i in index)
    return medium.material[np.ix_(z, y, x)]


@njit(cache=True, parallel=True)
def _read(
    dose, origin, spacing, source, axis, eu, ev, sad, near, near_frame, far, far_frame, layers, by_depth, depth0,
    depth_step, fan, width, fan_u0, fan_v0, fan_spacing, fan_first, fan_step,
):  # fmt: skip
    """Add one field. Frames are u0, v0 and pixel; where the far map ends the dose is zero."""
    nz, ny, nx = dose.shape
    terms = near.shape[3]
    ratio = np.log(layers[1] / layers[0])
    for k in prange(nz):
        weight = np.empty(terms)
        for j in range(ny):
            for i in range(nx):
                x = origin[0] + i * spacing[0] - source[0]
                y = origin[1] + j * spacing[1] - source[1]
                z = origin[2] + k * spacing[2] - source[2]
                along = x * axis[0] + y * axis[1] + z * axis[2]
                u = (x * eu[0] + y * eu[1] + z * eu[2]) * sad / along
                v = (x * ev[0] + y * ev[1] + z * ev[2]) * sad / along
                if not _inside(far, far_frame, u, v):
                    continue
                fan_u, fan_v = (u - fan_u0) / fan_spacing, (v - fan_v0) / fan_spacing
                plane = (along - fan_first) / fan_step
                depth = depth_at(fan, fan_u, fan_v, plane)
                if depth <= 0:
                    continue
                at_depth = min(max((depth - depth0) / depth_step, 0.0), by_depth.shape[0] - 1.001)
                wide = along * min(max(depth_at(width, fan_u, fan_v, plane), WIDTHS[0]), WIDTHS[1])
                at_layer = min(max(np.log(wide / layers[0]) / ratio, 0.0), layers.shape[0] - 1.001)
                d, m = int(at_depth), int(at_layer)
                for t in range(terms):
                    weight[t] = (1 - at_depth + d) * by_depth[d, t] + (at_depth - d) * by_depth[d + 1, t]
                total = _weighted(far, far_frame, u, v, m, at_layer - m, weight)
                if _inside(near, near_frame, u, v):
                    total += _weighted(near, near_frame, u, v, m, at_layer - m, weight)
                dose[k, j, i] += max(total, 0.0) * sad * sad / (x * x + y * y + z * z)


@njit(cache=True, inline="always")
def _inside(maps, frame, u, v):
    a, b = (u - frame[0]) / frame[2], (v - frame[1]) / frame[2]
    return a >= 0 and b >= 0 and a < maps.shape[2] - 1 and b < maps.shape[1] - 1


@njit(cache=True)
def _weighted(maps, frame, u, v, m, fm, weight):
    """Sum over terms of weight times map, bilinear in u and v, linear between layers m and m + 1."""
    pu, pv = (u - frame[0]) / frame[2], (v - frame[1]) / frame[2]
    a, b = int(pu), int(pv)
    fa, fb = pu - a, pv - b
    total = 0.0
    for t in range(weight.shape[0]):
        near = (1 - fb) * ((1 - fa) * maps[m, b, a, t] + fa * maps[m, b, a + 1, t]) + fb * (
            (1 - fa) * maps[m, b + 1, a, t] + fa * maps[m, b + 1, a + 1, t]
        )
        far = (1 - fb) * ((1 - fa) * maps[m + 1, b, a, t] + fa * maps[m + 1, b, a + 1, t]) + fb * (
            (1 - fa) * maps[m + 1, b + 1, a, t] + fa * maps[m + 1, b + 1, a + 1, t]
        )
        total += weight[t] * ((1 - fm) * near + fm * far)
    return total
