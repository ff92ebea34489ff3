"""Energy that photons release in each voxel: exact ray tracing, bin-wise attenuation, sharp field edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.core.errors import DoseError
from spondyl.dose.engines.interaction_kernels import interact, release
from spondyl.dose.engines.release_kernels import fluence_in_air, mark_field
from spondyl.dose.fields import Field
from spondyl.dose.fluence import FluenceMap
from spondyl.physics import Medium, Spectrum, mass_coefficients, mass_energy_absorption

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class EnergyGroups:
    """How a spectrum interacts in each material of a medium.

    Parameters
    ----------
    energy_mev, weight
        Bins and their share of the photons, shape (b,).
    group
        Kernel group of each bin, shape (b,).
    path_basis_cm2_per_g
        Shape (materials, 3): per mass, the electrons, the pair and the photoelectric strength of each material.
    attenuation_cm2_per_g
        Shape (b, 3): what each unit of basis attenuates; their product is mass attenuation.
    absorption, escape
        Shape (materials, b): mass energy absorption, and the rest of mass attenuation, in cm2/g.
    """

    energy_mev: Floats
    weight: Floats
    group: NDArray[np.int64]
    path_basis: Floats
    attenuation: Floats
    absorption: Floats
    escape: Floats

    @property
    def count(self) -> int:
        return int(self.group.max()) + 1


def energy_groups(spectrum: Spectrum, medium: Medium, edges_mev: tuple[float, ...]) -> EnergyGroups:
    """Sort the bins of `spectrum` into groups at `edges_mev`; groups without photons are left out.

    Attenuation of any material is electrons x Klein-Nishina + Z squared x pair + a photoelectric and coherent
    part whose dependence on energy is taken from the medium's material that has most of it; above 0.25 MeV
    that part is below 0.3 % in tissue.
    """
    used = spectrum.photons > 0
    energy, weight = spectrum.energy_mev[used], spectrum.photons[used]
    _, group = np.unique(np.searchsorted(np.asarray(edges_mev), energy, side="right"), return_inverse=True)
    parts = [mass_coefficients(material, energy) for material in medium.materials]
    rest = np.array([p.photoelectric + p.coherent for p in parts])
    strength = rest @ weight
    top = int(np.argmax(strength))
    electrons = np.array([m.electrons_per_gram_mol for m in medium.materials])
    z_squared = np.array([m.z_squared_per_gram_mol for m in medium.materials])
    basis = np.stack([electrons, z_squared, strength / strength[top]], axis=1)
    attenuation = np.stack(
        [(parts[0].incoherent + parts[0].triplet) / electrons[0], parts[0].pair / z_squared[0], rest[top]], axis=1
    )
    absorption = np.array([mass_energy_absorption(m, energy) for m in medium.materials])
    total = np.array([p.total for p in parts])
    return EnergyGroups(energy, weight, group.astype(np.int64), basis, attenuation, absorption, total - absorption)


@dataclass(frozen=True)
class ReleasedEnergy:
    """Energy released by one field.

    Parameters
    ----------
    start
        (z, y, x) index of the first voxel of the arrays in the medium's grid.
    primary, scatter
        float32, shape (groups, nz, ny, nx), MeV/cm3 handed to electrons, and carried on by photons.
    source_mm
        (x, y, z) of the source.
    """

    start: tuple[int, int, int]
    primary: Floats32
    scatter: Floats32
    source_mm: Floats


@dataclass(frozen=True)
class Photons:
    """Photons/cm2 in vacuum that meet each voxel of a box of a grid.

    Parameters
    ----------
    rows
        First and one past last voxel along x that they may meet, for each row of the grid, shape (nz, ny, 2).
    start
        (z, y, x) index of the first voxel of the box.
    per_cm2
        float64, shape of the box.
    """

    rows: Rows
    start: tuple[int, int, int]
    per_cm2: Floats


def released_energy(field: Field, fluence: FluenceMap, medium: Medium, groups: EnergyGroups) -> ReleasedEnergy | None:
    """Energy that `field` releases in `medium`; None where it misses it."""
    photons = photons_in_air(field, fluence, medium.grid)
    if photons is None:
        return None
    return released_by(photons, np.asarray(field.source_mm, np.float64), medium, groups, f'field "{field.name}"')


def photons_in_air(field: Field, fluence: FluenceMap, grid: Grid) -> Photons | None:
    """Photons of a field in the voxels of `grid`; None where it misses them."""
    source, u, v = (np.asarray(a, np.float64) for a in (field.source_mm, field.u, field.v))
    table, u_edges, v_edges = _cumulative(fluence)
    origin, spacing = np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm)
    view = (source, u, v, field.direction, field.sad_mm)
    limits = np.array([u_edges[0], u_edges[-1], v_edges[0], v_edges[-1]])
    rows = mark_field(origin, spacing, np.asarray(grid.shape), *view, limits)
    met = rows[..., 1] > rows[..., 0]
    if not met.any():
        return None
    start, stop = _bounds(rows, met)
    photons = np.zeros(tuple(np.subtract(stop, start)))
    fluence_in_air(origin, spacing, np.asarray(start), rows, *view, table, u_edges, v_edges, photons)
    return Photons(rows, (start[0], start[1], start[2]), photons)


def released_by(photons: Photons, source_mm: Floats, medium: Medium, groups: EnergyGroups, what: str) -> ReleasedEnergy:
    """Energy that `photons` from a source release in `medium`.

    Raises
    ------
    DoseError
        If it is not finite; `what` names the beam.
    """
    grid, start = medium.grid, np.asarray(photons.start)
    place = (np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm), start, photons.rows, source_mm)
    primary = np.zeros((groups.count, *photons.per_cm2.shape), np.float32)
    scatter, transmitted = np.zeros_like(primary), np.zeros_like(primary)
    interact(
        medium.density_g_per_cm3, medium.material, *place, photons.per_cm2, groups.energy_mev, groups.weight,
        groups.group, groups.path_basis, groups.attenuation, groups.absorption, groups.escape, transmitted, primary,
        scatter,
    )  # fmt: skip
    release(medium.density_g_per_cm3, start, photons.per_cm2, transmitted, primary, scatter)
    if not np.isfinite(primary).all():
        raise DoseError(f"{what}: released energy is not finite; is the source inside the medium?")
    return ReleasedEnergy(photons.start, primary, scatter, source_mm)


def _cumulative(fluence: FluenceMap) -> tuple[Floats, Floats, Floats]:
    """Integral of the map up to each pixel edge, shape (nv + 1, nu + 1), and the edges."""
    du, dv = fluence.pixel_mm
    u_edges = np.append(fluence.u_mm - du / 2, fluence.u_mm[-1] + du / 2)
    v_edges = np.append(fluence.v_mm - dv / 2, fluence.v_mm[-1] + dv / 2)
    table = np.zeros((len(v_edges), len(u_edges)))
    table[1:, 1:] = np.cumsum(np.cumsum(fluence.photons_per_cm2, axis=0), axis=1) * du * dv
    return table, u_edges, v_edges


def _bounds(rows: NDArray[np.int64], met: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    z, y = np.flatnonzero(met.any(axis=1)), np.flatnonzero(met.any(axis=0))
    low, high = rows[..., 0][met].min(), rows[..., 1][met].max()
    return [int(z[0]), int(y[0]), int(low)], [int(z[-1]) + 1, int(y[-1]) + 1, int(high)]
