"""Pencil-beam dose of whole fields: fluence convolved with separable kernels, read at radiological depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from spondyl.core import Grid, Progress, cite, silent
from spondyl.core.errors import DoseError
from spondyl.dose.engines.electron_rays import ElectronTables, electron_rays, electron_tables
from spondyl.dose.engines.pencil_read import read_maps
from spondyl.dose.engines.pencil_terms import NEAR_MM, PencilTerms, pixel_kernel, separate
from spondyl.dose.engines.scatter_rays import SCATTER_MEMORY_MM, SCATTER_RAY_MM, scatter_rays
from spondyl.dose.fields import Field
from spondyl.dose.fluence import incident_fluence
from spondyl.dose.radiological import (
    Fan,
    beam_coordinates,
    beam_frame,
    corners_mm,
    lattice,
    radiological_fan,
)
from spondyl.physics import BeamModel, Medium, pencil_kernel
from spondyl.physics.scattered_photons import relative_scatter_absorption

Floats = NDArray[np.float64]

NEAR_PIXEL_MM = 1.0
FAR_PIXEL_MM = 3.0
LAYER_RATIO = 1.08
"""Width of the kernel from one layer to the next."""
BESIDE_MM = 40.0
"""Rays this far from the field are followed for electrons."""
REACH_MM = 150.0
"""Scatter further than this from a field's edge (in the isocentre plane) is left out: below 0.1 % of its dose."""
PIXELS = ((NEAR_PIXEL_MM, "near"), (FAR_PIXEL_MM, "far"))
RAY_MM = 2.0


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
    primary, scatter = (_Spreader(separate(pencil_kernel(model.spectrum, p)), model) for p in ("primary", "scatter"))
    tables = electron_tables(medium, model.spectrum)
    relative = medium.density_g_per_cm3 * tables.by_material[:, 0].astype(np.float32)[medium.material]
    absorption = np.array([relative_scatter_absorption(m) for m in medium.materials], np.float32)
    by_electrons, by_photons = np.zeros(grid.shape), np.zeros(grid.shape)
    for number, field in enumerate(fields):
        reach = _reach(field, grid)
        if reach is not None:
            _add_primary(by_electrons, field, medium, tables, primary, grid)
            fan = radiological_fan(field, relative, medium.grid, *reach, SCATTER_MEMORY_MM, SCATTER_RAY_MM)
            _add_scatter(by_photons, field, fan, scatter, grid)
        progress("pencil-beam dose", (number + 1) / len(fields))
    material = _material_at(medium, grid)
    return (by_electrons * tables.stopping[material] + by_photons * absorption[material]).astype(np.float32)


def _reach(field: Field, grid: Grid) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """u and v that `field` reaches within `grid`; None where it misses it."""
    u, v, along, _ = beam_coordinates(field, corners_mm(grid))
    if float(along.min()) < 50.0:
        raise DoseError(
            f'field "{field.name}": the dose grid reaches to {along.min():.0f} mm from the source, '
            "expected 50 mm or more; crop the grid or move the source"
        )
    reach_u = (max(u.min(), field.u_edges_mm[0] - REACH_MM), min(u.max(), field.u_edges_mm[-1] + REACH_MM))
    reach_v = (max(v.min(), field.v_edges_mm[0] - REACH_MM), min(v.max(), field.v_edges_mm[-1] + REACH_MM))
    return (reach_u, reach_v) if reach_u[0] < reach_u[1] and reach_v[0] < reach_v[1] else None


def _add_primary(
    dose: Floats, field: Field, medium: Medium, tables: ElectronTables, spreader: _Spreader, grid: Grid
) -> None:
    """Dose over stopping power by the first electrons."""
    u_mm, v_mm = ((e[0] - BESIDE_MM, e[-1] + BESIDE_MM) for e in (field.u_edges_mm, field.v_edges_mm))
    u0, v0, first, (nu, nv), planes = lattice(field, medium.grid, u_mm, v_mm, RAY_MM)
    frame = np.array([u0, v0, RAY_MM, first, RAY_MM])
    terms = spreader.terms
    state = electron_rays(field, medium, tables, frame, (planes, nv, nu), terms.released())
    layers = _layers(field, grid, first + RAY_MM * np.arange(planes), state[..., 2::2])
    near, far = (spreader.spread(field, layers, p, part) for p, part in PIXELS)
    read_maps(dose, *_place(grid, field), *near, *far, layers, *terms.compiled(), state, frame, False)  # pyright: ignore[reportCallIssue]


def _add_scatter(dose: Floats, field: Field, fan: Fan, spreader: _Spreader, grid: Grid) -> None:
    """Dose to water by scattered photons."""
    state = scatter_rays(fan, spreader.terms)
    frame = np.array([fan.u0_mm, fan.v0_mm, fan.spacing_mm, fan.plane0_mm, fan.step_mm])
    layers = _layers(field, grid, fan.plane0_mm + fan.step_mm * np.arange(len(state)), state[..., 2::2])
    near, far = (spreader.spread(field, layers, p, part) for p, part in PIXELS)
    read_maps(dose, *_place(grid, field), *near, *far, layers, *spreader.terms.compiled(), state, frame, True)  # pyright: ignore[reportCallIssue]


def _place(grid: Grid, field: Field) -> tuple[Any, ...]:
    return (np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm), *beam_frame(field))


def _layers(field: Field, grid: Grid, planes_mm: NDArray[Any], width: NDArray[np.float32]) -> Floats:
    """Distances from the source, times the density that the kernel is as wide as in, on a fixed geometric lattice."""
    along = (corners_mm(grid) - np.asarray(field.source_mm)) @ field.direction
    effective = np.clip(planes_mm, along.min(), along.max())[:, None] * np.stack(
        [width.min(axis=(1, 2, 3)), width.max(axis=(1, 2, 3))], axis=1
    )
    low, high = (np.log(x / field.sad_mm) / np.log(LAYER_RATIO) for x in (effective.min(), effective.max()))
    return field.sad_mm * LAYER_RATIO ** np.arange(np.floor(low), max(np.ceil(high), np.floor(low) + 1) + 1)


class _Spreader:
    """Convolves fields' fluence; keeps the kernels drawn for one field for the next."""

    def __init__(self, terms: PencilTerms, model: BeamModel) -> None:
        self.terms = terms
        self._model = model
        self._kernels: dict[tuple[str, float, tuple[int, int]], NDArray[np.complex64]] = {}

    def spread(self, field: Field, layers_mm: Floats, pixel_mm: float, part: str) -> tuple[NDArray[np.float32], Floats]:
        """Near or far part of `field`'s fluence at each layer, on a map that reaches as far as the part does.

        Returns the map, float32 of shape (layers, nv, nu, k); and u and v of its first pixel and the pixel's side, mm.
        """
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
        return maps, np.array([fluence.u_mm[0] - half * pixel_mm, fluence.v_mm[0] - half * pixel_mm, pixel_mm])

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
