"""Collapsed-cone convolution/superposition: dose to medium of photon fields in heterogeneous media.

Energy released by the primary photons is found by exact ray tracing for each bin of the spectrum, split into what
electrons take (collision kerma of the voxel's own material) and what photons carry on. Both spread along
directions: electrons on the dose grid, in a straight flight and an isotropic one after it; photons on a coarser grid,
with path lengths by attenuation. All fields share one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid, Progress, silent
from spondyl.core.citations import cite
from spondyl.core.errors import DoseError
from spondyl.dose.engines.coarse import coarsen, coarsen_sum, joined_voxels, refine_ratio
from spondyl.dose.engines.exponential_kernel import exponential_kernel
from spondyl.dose.engines.lattice import Source, transport
from spondyl.dose.engines.merged_release import merged_release
from spondyl.dose.engines.released_energy import EnergyGroups, ReleasedEnergy, energy_groups, released_energy
from spondyl.dose.engines.source_nodes import MOST_ALONE
from spondyl.dose.engines.wandering import before_wandering, wander
from spondyl.dose.fields import Field
from spondyl.dose.fluence import incident_fluence
from spondyl.physics import MATERIALS, BeamModel, Medium, PointKernel, mass_attenuation, poly_kernel
from spondyl.physics.electrons import WANDERING_LENGTH, WANDERING_SHARE, electron_flights
from spondyl.physics.scattered_photons import relative_scatter_absorption, relative_scatter_attenuation

Floats32 = NDArray[np.float32]

GRAY_PER_MEV_PER_GRAM = 1.602176634e-10


@dataclass(frozen=True)
class CollapsedConeSettings:
    """How finely the engine works.

    Parameters
    ----------
    group_edges_mev
        Where the spectrum is cut into groups with their own kernels.
    primary_degree, scatter_degree
        Of the Lebedev direction sets (17: 110, 23: 194, 29: 302, 35: 434 directions).
    primary_lines, scatter_lines
        Lines a voxel and direction.
    primary_terms, scatter_terms
        Exponentials a kernel.
    scatter_spacing_mm
        The scatter grid is the dose grid joined to voxels of at most about this side.
    least_electrons, margin_mm
        Electrons are followed until this share of the largest source per steradian, and this far beyond fields.
    kernel_depth_g_per_cm2
        Depth of water that hardens the spectrum by which kernels of a group are averaged.
    """

    group_edges_mev: tuple[float, ...] = (2.0,)
    primary_degree: int = 23
    scatter_degree: int = 41
    primary_lines: int = 6
    scatter_lines: int = 1
    primary_terms: int = 4
    scatter_terms: int = 5
    scatter_spacing_mm: float = 5.0
    least_electrons: float = 1e-4
    margin_mm: float = 100.0
    kernel_depth_g_per_cm2: float = 7.0


FINAL = CollapsedConeSettings()
FAST = CollapsedConeSettings(primary_degree=17, scatter_degree=23, primary_lines=2, scatter_lines=1, scatter_terms=4)
PRIMARY_FIRST_DECAY_PER_CM = 1.0
SCATTER_FIRST_DECAY_PER_CM = 0.03
_AIR_FLOOR_G_PER_CM3 = 1e-4


@cite("Ahnesjö 1989, Med Phys 16:577 (collapsed cone convolution)", "10.1118/1.596360")
def collapsed_cone_dose(
    fields: Sequence[Field],
    medium: Medium,
    model: BeamModel,
    *,
    settings: CollapsedConeSettings = FINAL,
    region: tuple[slice, slice, slice] | None = None,
    progress: Progress = silent,
) -> Floats32:
    """Dose to medium of photons on the medium's grid.

    Parameters
    ----------
    fields
        Fields with fluence; all are summed.
    medium
        What they meet; outside its grid is vacuum.
    model
        The beam that all fields share.
    region
        Where the dose is wanted; elsewhere only what is scattered there is counted.

    Returns
    -------
    float32, shape ``medium.grid.shape``, Gy (for fluence in MU or photons/cm2 as the model says): the dose at each
    voxel's centre, to second order in its side (the lattice's own blur is taken out of the fluence).
    """
    groups = energy_groups(model.spectrum, medium, settings.group_edges_mev)
    factor = joined_voxels(medium.grid, settings.scatter_spacing_mm)
    electrons: list[Source] = []
    scattered: list[Source] = []
    for released in _released(fields, medium, model, groups, progress):
        electrons.append(Source(released.start, released.primary, released.source_mm))
        energy, start = coarsen_sum(released.scatter, released.start, factor)
        scattered.append(Source(start, energy, released.source_mm))
    if not electrons:
        raise DoseError("no field meets the medium; check source, direction and grid")
    primary = _primary_mev_per_g(electrons, medium, groups, settings, region, progress)
    scatter = _scatter_mev_per_g(scattered, medium, groups, settings, factor, progress)
    # Undoing the lattice's blur leaves up to 1 % below zero in the first voxels beside a sharp edge at the surface.
    return (np.maximum(primary + scatter, 0) * np.float32(GRAY_PER_MEV_PER_GRAM)).astype(np.float32)


def _released(
    fields: Sequence[Field], medium: Medium, model: BeamModel, groups: EnergyGroups, progress: Progress
) -> Iterator[ReleasedEnergy]:
    """What fields release, one after the other; of more than `MOST_ALONE`, merged."""
    if len(fields) > MOST_ALONE:
        yield from merged_release(fields, medium, model, groups, progress)
        return
    for number, field in enumerate(fields):
        found = released_energy(field, incident_fluence(field, model), medium, groups)
        if found is not None:
            yield found
        progress("photons to voxels", (number + 1) / len(fields))


def _point_kernels(groups: EnergyGroups, settings: CollapsedConeSettings) -> list[PointKernel]:
    """A kernel a group and one of all, each bin weighted with what it releases behind some water."""
    water = mass_attenuation(MATERIALS["water"], groups.energy_mev)
    flux = groups.weight * groups.energy_mev * water * np.exp(-water * settings.kernel_depth_g_per_cm2)
    chosen = [groups.group == group for group in range(groups.count)] + [groups.group >= 0]
    return [poly_kernel(groups.energy_mev[mine], flux[mine]) for mine in chosen]


def _primary_mev_per_g(electrons, medium, groups, settings, region, progress) -> Floats32:
    box = _electron_box(electrons, medium.grid, settings.margin_mm, region)
    sources = [s for source in electrons if (s := _cropped(source, box)) is not None]
    dose = np.zeros(medium.grid.shape, np.float32)
    if sources:
        density = medium.density_g_per_cm3[box]
        deposited = _two_flights(sources, medium, box, groups, settings, progress)
        dose[box] = deposited / np.maximum(density, _AIR_FLOOR_G_PER_CM3)
    return dose


def _two_flights(sources, medium, box, groups, settings, progress) -> Floats32:
    """Energy that electrons leave in each voxel of `box`, MeV/cm3: straight on, then some of it anywhere."""
    *parts, whole = _point_kernels(groups, settings)
    decay = 1 / (WANDERING_LENGTH * whole.mean_distance_cm("primary"))
    degree, terms = settings.primary_degree, settings.primary_terms
    kernels = [exponential_kernel(k, "primary", PRIMARY_FIRST_DECAY_PER_CM, terms, degree * 2 // 3) for k in parts]
    flights = [electron_flights(m) for m in medium.materials]
    straight, wandering, share = (
        np.array([getattr(f, name) for f in flights], np.float32)[medium.material[box]]
        for name in ("straight", "wandering", "share")
    )
    grid, density = medium.grid.crop(box), medium.density_g_per_cm3[box]
    arrived = transport(
        grid,
        density * straight,
        sources,
        [before_wandering(kernel, WANDERING_SHARE, decay) for kernel in kernels],
        degree,
        settings.primary_lines,
        settings.least_electrons,
        lambda f: progress("electrons", f),
    )
    going_on = arrived * share
    return (arrived - going_on + wander(grid, going_on, density * wandering, decay)).astype(np.float32, copy=False)


def _scatter_mev_per_g(sources, medium, groups, settings, factor, progress) -> Floats32:
    grid = medium.grid
    attenuation = np.array([relative_scatter_attenuation(m) for m in medium.materials], np.float32)
    absorption = np.array([relative_scatter_absorption(m) for m in medium.materials], np.float32)
    path, coarse_grid = coarsen(medium.density_g_per_cm3 * attenuation[medium.material], grid, factor)
    degree, terms = settings.scatter_degree, settings.scatter_terms
    kernels = [
        exponential_kernel(part, "scatter", SCATTER_FIRST_DECAY_PER_CM, terms, degree * 2 // 3)
        for part in _point_kernels(groups, settings)[:-1]
    ]
    deposited = transport(
        coarse_grid,
        path,
        sources,
        kernels,
        degree,
        settings.scatter_lines,
        0.0,
        lambda f: progress("scattered photons", f),
    )
    return refine_ratio(deposited, path, factor, grid.shape) * absorption[medium.material]


def _electron_box(sources, grid: Grid, margin_mm: float, region) -> tuple[slice, slice, slice]:
    low = np.min([s.start for s in sources], axis=0)
    high = np.max([np.add(s.start, s.energy.shape[1:]) for s in sources], axis=0)
    margin = np.ceil(margin_mm / np.asarray(grid.spacing_mm[::-1])).astype(int)
    low, high = np.maximum(low - margin, 0), np.minimum(high + margin, grid.shape)
    if region is not None:
        wanted_low = np.array([s.indices(n)[0] for s, n in zip(region, grid.shape, strict=True)])
        wanted_high = np.array([s.indices(n)[1] for s, n in zip(region, grid.shape, strict=True)])
        reach = np.ceil(30.0 / np.asarray(grid.spacing_mm[::-1])).astype(int)
        low, high = np.maximum(low, wanted_low - reach), np.minimum(high, wanted_high + reach)
        high = np.maximum(high, low + 1)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1])), slice(int(low[2]), int(high[2]))


def _cropped(source: Source, box: tuple[slice, slice, slice]) -> Source | None:
    start = np.asarray(source.start)
    box_low, box_high = np.array([s.start for s in box]), np.array([s.stop for s in box])
    low, high = np.maximum(start, box_low), np.minimum(start + source.energy.shape[1:], box_high)
    if bool((high <= low).any()):
        return None
    part = tuple(slice(int(a), int(b)) for a, b in zip(low - start, high - start, strict=True))
    where = low - box_low
    return Source((int(where[0]), int(where[1]), int(where[2])), source.energy[(slice(None), *part)], source.source_mm)
