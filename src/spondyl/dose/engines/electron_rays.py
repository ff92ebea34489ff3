"""What electrons make of the primary dose along each ray: streams forward and back, and how far aside they are.

Two streams go along a ray (units: dose over stopping power; in water in equilibrium they are 1). The forward one tends
to the medium's kerma over stopping power within a few mm of water; of what it brings, the medium throws back a part in
proportion to its scattering per energy loss, seen up to 2 mm upstream. Both are read off electron transport in slabs
by discrete ordinates (bench/physics/electron_slabs.py). Lateral places follow Lewis' moments of the slowing electrons
along the way they came, so that behind an interface spread grows with distance and does not jump.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import cite
from spondyl.dose.engines.electron_ray_kernels import follow_rays, mix_rays
from spondyl.dose.fields import Field
from spondyl.dose.radiological import beam_frame, water_scale
from spondyl.physics import Medium, Spectrum, pencil_kernel
from spondyl.physics.electron_slowing import (
    SlowingChain,
    relative_aside_square,
    relative_stream_path,
    relative_turning,
    slowing_chain,
)
from spondyl.physics.electrons import relative_mass_stopping_power

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

EXCHANGE_DEPTH = 100
"""Index of depth (10 cm) at which `exchange_mm` is taken; from 5 to 20 cm it changes by 10 %."""


@dataclass(frozen=True)
class ElectronTables:
    """Each material against water.

    Parameters
    ----------
    by_material
        Shape (materials, 5): attenuation, electron path, kerma over stopping power, scattering per energy loss, and
        mean square of the electrons' lateral cosine.
    stopping
        Dose to the material over `primary`, shape (materials,).
    chain
        The slowing electrons.
    exchange_mm
        Mean distance along one lateral axis, in water, at which they leave their energy: how much two neighbours
        exchange.
    """

    by_material: Floats
    stopping: Floats32
    chain: SlowingChain
    exchange_mm: float


def electron_tables(medium: Medium, spectrum: Spectrum) -> ElectronTables:
    """Compare the materials of `medium` with water."""
    scale = water_scale(medium, spectrum)
    stopping = np.array([relative_mass_stopping_power(m) for m in medium.materials])
    chain = slowing_chain(spectrum)
    path = np.array([relative_stream_path(m, chain) for m in medium.materials])
    turning = np.array([relative_turning(m) for m in medium.materials])
    aside = np.array([relative_aside_square(m, chain) for m in medium.materials])
    table = np.stack([scale.attenuation, path, scale.absorbed / stopping, turning, aside], axis=1).astype(np.float64)
    kernel = pencil_kernel(spectrum, "primary")
    ring = kernel.gy_cm2[:, EXCHANGE_DEPTH]
    mean_r = float((kernel.r_edges_mm[1:] + kernel.r_edges_mm[:-1]) / 2 @ ring / ring.sum())
    return ElectronTables(table, stopping.astype(np.float32), chain, 2 / np.pi * mean_r)


@cite("Lewis 1950, Phys Rev 78:526 (lateral moments under multiple scattering)", "10.1103/PhysRev.78.526")
def electron_rays(
    field: Field, medium: Medium, tables: ElectronTables, frame: Floats, shape: tuple[int, int, int], released: Floats
) -> Floats32:
    """Follow the rays of `field`.

    Parameters
    ----------
    frame
        u0, v0, ray spacing, first plane and plane step, in mm.
    shape
        Planes, rays along v and along u.
    released
        Dose of a broad field in water by primary electrons at depths of 0.5, 1.5, ... mm, without its build-up.

    Returns
    -------
    float32, shape (planes, nv, nu, 5): depth in water in mm; forward and near back stream over all streams in water at
    that depth, and the relative density in which a water kernel is as wide as they are; the same two for the far
    back stream.
    """
    state = np.empty((*shape, 5), np.float32)
    path, aside = np.empty(shape, np.float32), np.empty(shape, np.float32)
    chain = tables.chain
    first, second = chain.moments()
    groups = np.stack([chain.leave_per_mm, chain.turn_per_mm, chain.forward, chain.aside, chain.inflow, chain.share])
    follow_rays(
        medium.density_g_per_cm3, medium.material, np.asarray(medium.grid.origin_mm),
        np.asarray(medium.grid.spacing_mm), *beam_frame(field), frame, tables.by_material, groups, first, second,
        chain.variance_mm2(), released, state, path, aside,
    )  # fmt: skip
    mix_rays(state, path, aside, frame, field.sad_mm, tables.exchange_mm**2, released)
    return state
