"""What each row of the influence reads along its ray: the dose of an unlimited field, and how wide it spreads.

The same streams and scatter as in the pencil-beam engine, on rays 4 and 6 mm apart in place of 2 and 4 mm; forward and
back streams are read as one, as wide as both together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.dose.beamlet_table import LAYER_RATIO, PRIMARY_DEPTHS_MM, SCATTER_DEPTHS_MM, head_curve
from spondyl.dose.engines.electron_rays import ElectronTables, electron_rays, electron_tables
from spondyl.dose.engines.pencil_terms import separate
from spondyl.dose.engines.scatter_rays import SCATTER_MEMORY_MM, scatter_rays
from spondyl.dose.fields import Field
from spondyl.dose.radiological import beam_coordinates, depth_at, lattice, nearest_material, radiological_fan, values_at
from spondyl.physics import BeamModel, Medium, pencil_kernel
from spondyl.physics.scattered_photons import relative_scatter_absorption

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

ELECTRON_RAY_MM = 4.0
ELECTRON_PLANE_MM = 2.0
SCATTER_RAY_MM = 6.0
BESIDE_MM = 15.0
"""Rays this far from the field are followed for electrons, and for depth by fine steps; beyond, depth is scatter's."""


@dataclass(frozen=True)
class RowDose:
    """What one field's rays bring to each row.

    Parameters
    ----------
    u, v
        The rows in the isocentre plane, mm, shape (rows,).
    broad
        float32, shape (rows, 3): dose by an unlimited field of 1 unit, by primary electrons, and by scatter with the
        amplitude of its near and of its far part.
    layer
        float32, shape (rows, 3): where in the layers of `BeamletTable` each of them is as wide.
    shape
        uint8, shape (rows, 2): which of the depths kept is the nearest, for primary and scatter.
    head
        float32, shape (rows,): head scatter's dose by a beamlet at the axis.
    """

    u: Floats
    v: Floats
    broad: Floats32
    layer: Floats32
    shape: NDArray[np.uint8]
    head: Floats32

    def layers(self, *parts: int) -> tuple[int, int]:
        """First and last layer that `parts` of `broad` are read from."""
        values = self.layer[:, list(parts)]
        return int(np.floor(values.min())), int(np.floor(values.max())) + 1


class RowReader:
    """Reads fields at the rows of a medium."""

    def __init__(self, medium: Medium, model: BeamModel, points_mm: Floats) -> None:
        self._medium, self._model, self._points_mm = medium, model, points_mm
        self._kernels = [pencil_kernel(model.spectrum, part) for part in ("primary", "scatter")]
        self.primary, self.scatter = (separate(kernel) for kernel in self._kernels)
        self._tables: ElectronTables = electron_tables(medium, model.spectrum)
        self._relative = medium.density_g_per_cm3 * self._tables.by_material[:, 0].astype(np.float32)[medium.material]
        material = nearest_material(medium, points_mm)
        absorbed = np.array([relative_scatter_absorption(m) for m in medium.materials], np.float32)
        self._to_medium = np.stack([self._tables.stopping[material], absorbed[material]], axis=1)

    def read(self, field: Field, beamlet: Field) -> RowDose:
        """What `field`, each beamlet of which is like `beamlet`, brings to each row."""
        u, v, along, distance = beam_coordinates(field, self._points_mm)
        u_mm, v_mm = ((float(a.min()) - 1, float(a.max()) + 1) for a in (u, v))
        fan = radiological_fan(field, self._relative, self._medium.grid, *_beside(field))
        wide = radiological_fan(field, self._relative, self._medium.grid, u_mm, v_mm, SCATTER_MEMORY_MM, SCATTER_RAY_MM)
        rows = len(u)
        broad, layer = np.empty((rows, 3), np.float32), np.empty((rows, 3), np.float32)
        shape, head = np.empty((rows, 2), np.uint8), np.empty(rows, np.float32)
        _read(
            u, v, along, self._to_medium * (field.sad_mm / distance[:, None]) ** 2, fan.depth_mm, fan.frame,
            *self._electrons(field), scatter_rays(wide, self.scatter), wide.frame, self._curves(beamlet),
            _midpoints(PRIMARY_DEPTHS_MM), _midpoints(SCATTER_DEPTHS_MM), field.sad_mm, np.log(LAYER_RATIO),
            broad, layer, shape, head,
        )  # fmt: skip
        return RowDose(u, v, broad, layer, shape, head)

    def _electrons(self, field: Field) -> tuple[Floats32, Floats]:
        """Streams together and the density they are as wide as in, shape (planes, nv, nu, 2), and the lattice."""
        u0, v0, first, (nu, nv), wide = lattice(field, self._medium.grid, *_beside(field), ELECTRON_RAY_MM)
        planes = int(wide * ELECTRON_RAY_MM / ELECTRON_PLANE_MM)
        frame = np.array([u0, v0, ELECTRON_RAY_MM, first, ELECTRON_PLANE_MM])
        released = self.primary.released()
        state = electron_rays(field, self._medium, self._tables, frame, (planes, nv, nu), released)
        streams, widths = state[..., 1::2], state[..., 2::2]
        total = streams.sum(axis=-1)
        square = (streams / widths**2).sum(axis=-1)
        return np.stack([total, np.sqrt(total / np.maximum(square, 1e-6))], axis=-1), frame

    def _curves(self, beamlet: Field) -> Floats:
        """By depth at 0.5, 1.5, ... mm: dose of an unlimited field and of head scatter, primary and scattered each."""
        made = [k.broad() for k in self._kernels] + [head_curve(k, self._model, beamlet) for k in self._kernels]
        return np.stack(made, axis=1) * self._model.photons_per_cm2_per_unit


def _beside(field: Field) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where `field`'s rays are followed finely, along u and v."""
    low_u, high_u, low_v, high_v = (e[i] for e in (field.u_edges_mm, field.v_edges_mm) for i in (0, -1))
    return (low_u - BESIDE_MM, high_u + BESIDE_MM), (low_v - BESIDE_MM, high_v + BESIDE_MM)


def _midpoints(depths_mm: Floats) -> Floats:
    return (depths_mm[1:] + depths_mm[:-1]) / 2


@njit(cache=True, parallel=True)
def _read(
    u, v, along, to_medium, fan, fan_frame, electrons, electron_frame, scatter, scatter_frame, curves, primary_edges,
    scatter_edges, sad, log_ratio, broad, layer, shape, head,
):  # fmt: skip
    """Fill `broad`, `layer`, `shape` and `head`; frames are u0, v0, ray spacing, first plane, plane step."""
    for row in prange(u.shape[0]):
        x, y, z = u[row], v[row], along[row]
        stream, far = np.empty(2), np.empty(5)
        f = electron_frame
        values_at(electrons, (x - f[0]) / f[2], (y - f[1]) / f[2], (z - f[3]) / f[4], stream)
        f = scatter_frame
        values_at(scatter, (x - f[0]) / f[2], (y - f[1]) / f[2], (z - f[3]) / f[4], far)
        f, depth = fan_frame, far[0]
        i, j = (x - f[0]) / f[2], (y - f[1]) / f[2]
        if 0 <= i <= fan.shape[1] - 1 and 0 <= j <= fan.shape[0] - 1:
            depth = depth_at(fan, i, j, (z - f[3]) / f[4])
        at = min(max(depth - 0.5, 0.0), curves.shape[0] - 1.001)
        d = int(at)
        a = at - d
        met = 1.0 if depth > 0 else 0.0
        by_electrons, by_photons = met * stream[0] * to_medium[row, 0], met * to_medium[row, 1]
        primary = (1 - a) * curves[d, 0] + a * curves[d + 1, 0]
        scattered = (1 - a) * curves[d, 1] + a * curves[d + 1, 1]
        broad[row, 0] = by_electrons * primary
        broad[row, 1] = by_photons * far[1] * scattered
        broad[row, 2] = by_photons * far[3] * scattered
        head[row] = by_electrons * ((1 - a) * curves[d, 2] + a * curves[d + 1, 2])
        head[row] += by_photons * far[3] * ((1 - a) * curves[d, 3] + a * curves[d + 1, 3])
        layer[row, 0] = np.log(z * stream[1] / sad) / log_ratio
        layer[row, 1] = np.log(z * far[2] / sad) / log_ratio
        layer[row, 2] = np.log(z * far[4] / sad) / log_ratio
        shape[row, 0] = np.searchsorted(primary_edges, depth)
        shape[row, 1] = np.searchsorted(scatter_edges, depth)
