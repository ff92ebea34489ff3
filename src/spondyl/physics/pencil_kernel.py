"""The pencil kernel in water: dose around a thin photon beam, from the point kernels and the released energy.

Each photon energy releases energy along the pencil as it is attenuated, and its own point kernel carries that
energy away; spectral hardening is therefore in the sum.

The pencils of a point source diverge and their kernels tilt with them. Seen from a photon's ray, a dose point at
distance L from the source lies off by r = L sin(alpha), whatever the depth of the interaction, so that the kernel
of a parallel pencil holds for divergent ones: the dose at the point is the sum over rays of the kernel at r times
the photons per area at L. Only the inverse square at the dose point is left to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.interpolate import PchipInterpolator

from spondyl.core.citations import cite
from spondyl.physics.cross_sections import mass_attenuation
from spondyl.physics.kernels import PointKernel, mono_kernels
from spondyl.physics.materials import MATERIALS
from spondyl.physics.spectra import Spectrum

Floats = NDArray[np.float64]

GY_G_PER_MEV = 1.602176634e-10
DEPTH_STEP_MM = 1.0
MAX_DEPTH_MM = 500
_BEHIND_MM = 150
_REACH_MM = 400

R_EDGES_MM: Floats = np.concatenate(
    [np.arange(0, 2, 0.25), np.arange(2, 10, 0.5), np.arange(10, 20, 1.0), np.arange(20, 40, 2.0),
     np.arange(40, 100, 5.0), np.arange(100, 200, 10.0), np.arange(200, 401, 25.0)]
)  # fmt: skip
"""Edges of the annuli that a kernel is kept in."""


@dataclass(frozen=True)
class PencilKernel:
    """Dose in water around a pencil of photons, integrated over annuli.

    Parameters
    ----------
    r_edges_mm
        Shape (r + 1,), distance of the dose point from the pencil.
    depth_mm
        Centres of the depth bins, 0.5, 1.5, ... mm, shape (d,).
    gy_cm2
        Shape (r, d): dose times area in each annulus, per photon: what a fluence of 1 photon/cm2 filling that
        annulus gives on the axis.
    """

    r_edges_mm: Floats
    depth_mm: Floats
    gy_cm2: Floats

    def broad(self) -> Floats:
        """Dose on the axis of an unlimited field of 1 photon/cm2, shape (d,)."""
        return self.gy_cm2.sum(axis=0)


@cite("Ahnesjö, Saxner and Trepp 1992, Med Phys 19:263", "10.1118/1.596856", "pencil kernels from point kernels")
def pencil_kernel(spectrum: Spectrum, part: str = "total") -> PencilKernel:
    """Pencil kernel of a spectrum, for half-space water of 1 g/cm3.

    `part` is "primary" (dose by the electrons of the first interaction), "scatter" (all the rest) or "total".
    """
    per_bin = mono_pencils(tuple(spectrum.energy_mev.tolist()), part)
    depth = np.arange(0.5 * DEPTH_STEP_MM, MAX_DEPTH_MM, DEPTH_STEP_MM)
    return PencilKernel(R_EDGES_MM, depth, np.tensordot(spectrum.photons, per_bin, axes=1))


@lru_cache(maxsize=6)
def mono_pencils(energies_mev: tuple[float, ...], part: str = "total") -> Floats:
    """`PencilKernel.gy_cm2` for single photons of each energy, shape (n, r, d)."""
    mu_per_mm = mass_attenuation(MATERIALS["water"], np.asarray(energies_mev)) / 10
    edges = np.arange(0, MAX_DEPTH_MM + _BEHIND_MM + 1, DEPTH_STEP_MM)
    stored = np.stack([_cylindrical(k, part) for k in mono_kernels()[1]])
    stored_mev = mono_kernels()[0]
    length = next_fast_len(stored.shape[2] + len(edges), real=True)
    spectra_z = rfft(stored, length, axis=2)
    first = _REACH_MM
    out = np.empty((len(energies_mev), len(R_EDGES_MM) - 1, MAX_DEPTH_MM))
    for i, (energy, mu) in enumerate(zip(energies_mev, mu_per_mm, strict=True)):
        released = energy * -np.diff(np.exp(-mu * edges))
        kernel = _between(stored_mev, spectra_z, energy)
        spread = irfft(kernel * rfft(released, length)[None, :], length, axis=1)
        out[i] = spread[:, first : first + MAX_DEPTH_MM]
    # MeV in a slab of DEPTH_STEP_MM per photon -> dose x area in water of 1 g/cm3.
    return out * GY_G_PER_MEV / (DEPTH_STEP_MM / 10)


def _between(energies: Floats, values: NDArray[np.complex128], energy: float) -> NDArray[np.complex128]:
    at = float(np.clip(energy, energies[0], energies[-1]))
    i = int(np.clip(np.searchsorted(energies, at) - 1, 0, len(energies) - 2))
    t = (at - energies[i]) / (energies[i + 1] - energies[i])
    return (1 - t) * values[i] + t * values[i + 1]


def _cylindrical(kernel: PointKernel, part: str) -> Floats:
    """The point kernel in annuli of `R_EDGES_MM` and z in steps from -_REACH_MM to _REACH_MM.

    Each cell's energy is spread over sub-cells, in radius as its cone's cumulative curve says (PCHIP), evenly in
    solid angle, and shared between the two nearest z so that bins of interaction and dose are both averaged over.
    """
    s_edges = _fine_radii(kernel.r_edges_cm)
    parts = ("primary", "scatter") if part == "total" else (part,)
    total = sum((kernel.cumulative(name) for name in parts), np.zeros(()))
    energy = np.diff(PchipInterpolator(kernel.r_edges_cm, total, axis=1)(s_edges), axis=1)
    s_mm = 10 * (s_edges[1:] + s_edges[:-1]) / 2
    cosines = np.cos(np.deg2rad(kernel.cone_edges_deg))
    out = np.zeros((len(R_EDGES_MM) - 1, 2 * _REACH_MM + 1))
    count = 12
    for j in range(count):
        share = (j + 0.5) / count
        cos = cosines[:-1] + share * (cosines[1:] - cosines[:-1])
        z = cos[:, None] * s_mm[None, :]
        r = np.sqrt(1 - cos**2)[:, None] * s_mm[None, :]
        _deposit(out, r, z, energy / count)
    return out


def _deposit(out: Floats, r_mm: Floats, z_mm: Floats, energy: Floats) -> None:
    ring = np.searchsorted(R_EDGES_MM, r_mm.ravel(), side="right") - 1
    low = np.floor(z_mm.ravel()).astype(np.int64)
    upper_share = z_mm.ravel() - low
    inside = (ring < out.shape[0]) & (low >= -_REACH_MM) & (low < _REACH_MM)
    flat = ring[inside] * out.shape[1] + low[inside] + _REACH_MM
    weight = energy.ravel()[inside]
    upper = upper_share[inside]
    size = out.size
    out += np.bincount(flat, weight * (1 - upper), size).reshape(out.shape)
    out += np.bincount(flat + 1, weight * upper, size).reshape(out.shape)


def _fine_radii(edges_cm: Floats) -> Floats:
    parts = [np.linspace(a, b, max(5, round((b - a) / 0.1)) + 1)[:-1] for a, b in pairwise(edges_cm)]
    return np.append(np.concatenate(parts), edges_cm[-1])
