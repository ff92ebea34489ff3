"""Which material fills a voxel of another grid: the one at its centre, or by mass where there is metal."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.physics import Material, Medium, mixture, place_of
from spondyl.physics.electrons import relative_mass_stopping_power
from spondyl.physics.mixtures import STEPS

_METAL = 0.82
"""Materials of less relative stopping power are metal (titanium 0.73); tissue, bone, cement and air lie above 0.86."""


def composition(
    medium: Medium, grid: Grid, shares: list[NDArray[np.float32]]
) -> tuple[NDArray[np.uint16], tuple[Material, ...]]:
    """Material index of each voxel of `grid`, and the materials.

    Parameters
    ----------
    medium
        What is there.
    grid
        The new voxels.
    shares
        For z, y and x the fraction of each new voxel that each old one fills, shape (new, old).
    """
    centres = [
        np.clip(np.rint((grid.axis_mm(a) - medium.grid.axis_mm(a)[0]) / medium.grid.spacing_mm[i]), 0, n - 1).astype(
            np.int64
        )
        for a, i, n in zip("zyx", (2, 1, 0), medium.grid.shape, strict=True)
    ]
    index, materials = medium.material[np.ix_(*centres)], list(medium.materials)
    pure: list[Material] = []
    parts = [[(place_of(pure, p), s) for p, s in m.parts or ((m, 1.0),)] for m in materials]
    metal = np.array([relative_mass_stopping_power(m) < _METAL for m in pure])
    met = np.array([any(metal[place] for place, _ in found) for found in parts])[medium.material]
    if not met.any():
        return index, medium.materials
    filled = [_filled(share) for share in shares]
    box = tuple(
        _meets(f, np.asarray(met.any(axis=tuple(other for other in range(3) if other != axis))))
        for axis, f in enumerate(filled)
    )
    heaviest = np.full([f.shape[0] for f in filled], -1, np.int64)[box]
    part, part_share = _padded(parts)
    z, y, x = (share[s] for share, s in zip(shares, box, strict=True))
    fz, fy, fx = (f[s] for f, s in zip(filled, box, strict=True))
    _heaviest(medium.density_g_per_cm3, medium.material, part, part_share, metal, z, y, x, fz, fy, fx, heaviest)
    local = index[box]
    for code in np.unique(heaviest[heaviest >= 0]):
        (first, second), step = divmod(int(code) // (STEPS + 1), len(pure)), int(code) % (STEPS + 1)
        made = mixture(pure[first], pure[second], step / STEPS) if 0 < step < STEPS else pure[second if step else first]
        local[heaviest == code] = place_of(materials, made)
    return index, tuple(materials)


def _padded(parts: list[list[tuple[int, float]]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Pure materials and mass shares of each material, shape (materials, most parts); -1 where there are fewer."""
    part = np.full((len(parts), max(len(found) for found in parts)), -1, np.int64)
    share = np.zeros(part.shape, np.float32)
    for row, found in enumerate(parts):
        for column, pair in enumerate(found):
            part[row, column], share[row, column] = pair
    return part, share


def _meets(filled: NDArray[np.int64], some: NDArray[np.bool_]) -> slice:
    """New voxels along an axis from the first to the last that overlaps an old one in `some`."""
    before = np.concatenate([[0], np.cumsum(some)])
    found = np.flatnonzero(before[filled[:, 1]] > before[filled[:, 0]])
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)


def _filled(share: NDArray[np.float32]) -> NDArray[np.int64]:
    """First and one past last old voxel of each new one, shape (new, 2); the nearest one where there is none."""
    some = share > 0
    first = np.argmax(some, axis=1)
    last = share.shape[1] - np.argmax(some[:, ::-1], axis=1)
    none = ~some.any(axis=1)
    first[none], last[none] = 0, 0
    return np.stack([first, last], axis=1).astype(np.int64)


@njit(cache=True, parallel=True)
def _heaviest(
    density, material, part, part_share, metal, share_z, share_y, share_x, filled_z, filled_y, filled_x, code
):
    """(heaviest other * materials + heaviest metal) * 17 + 16ths of mass in metal, for voxels with metal."""
    nz, ny, nx = code.shape
    count = metal.shape[0]
    for k in prange(nz):
        mass = np.empty(count)
        for j in range(ny):
            for i in range(nx):
                mass[:] = 0.0
                for c in range(filled_z[k, 0], filled_z[k, 1]):
                    for b in range(filled_y[j, 0], filled_y[j, 1]):
                        over = share_z[k, c] * share_y[j, b]
                        for a in range(filled_x[i, 0], filled_x[i, 1]):
                            weight = over * share_x[i, a] * density[c, b, a]
                            m = material[c, b, a]
                            for n in range(part.shape[1]):
                                if part[m, n] < 0:
                                    break
                                mass[part[m, n]] += weight * part_share[m, n]
                first, second = -1, -1
                in_metal, total = 0.0, 0.0
                for p in range(count):
                    total += mass[p]
                    if metal[p]:
                        in_metal += mass[p]
                        if mass[p] > 0 and (second < 0 or mass[p] > mass[second]):
                            second = p
                    elif first < 0 or mass[p] > mass[first]:
                        first = p
                if in_metal > 0:
                    step = int(np.rint(in_metal / total * STEPS))
                    code[k, j, i] = (max(first, 0) * count + second) * (STEPS + 1) + step
