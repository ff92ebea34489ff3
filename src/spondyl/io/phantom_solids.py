"""Boxes and spheres of a phantom file on its grid: each voxel's density and composition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core import Grid
from spondyl.core.errors import PhantomError
from spondyl.io.phantom_file import BoxFile, PhantomFile, SphereFile
from spondyl.physics import Material, Medium, fill_partly, find_material

_SUB = 4


def solids_medium(file: PhantomFile, materials: Mapping[str, Material]) -> Medium:
    """The medium of background and solids, later ones over earlier ones.

    Raises
    ------
    PhantomError
        If there is no grid or background.
    """
    if file.grid is None or file.background is None:
        raise PhantomError("a phantom without voxels needs grid and background; add them")
    low, high, step = (np.asarray(a) for a in (file.grid.min_mm, file.grid.max_mm, file.grid.spacing_mm))
    count = np.rint((high - low) / step).astype(int)
    grid = Grid(_triple(low + step / 2), _triple(step), (int(count[2]), int(count[1]), int(count[0])))
    used = [find_material(file.background, materials)]
    density = np.full(grid.shape, used[0].density_g_per_cm3, np.float32)
    index = np.zeros(grid.shape, np.uint16)
    for solid in file.solids:
        box, share = _box_share(solid, grid) if isinstance(solid, BoxFile) else _sphere_share(solid, grid)
        fill_partly(density[box], index[box], used, share, find_material(solid.material, materials))
    return Medium(grid, density, index, tuple(used), (f"{len(file.solids)} solids in {used[0].name}",))


def _box_share(solid: BoxFile, grid: Grid) -> tuple[tuple[slice, slice, slice], NDArray[np.float32]]:
    """Fraction of each voxel inside a box, exact, within the slices that it touches."""
    shares, slices = [], []
    for axis in "zyx":
        i = "xyz".index(axis)
        step, centres = grid.spacing_mm[i], grid.axis_mm(axis)
        overlap = np.minimum(centres + step / 2, solid.max_mm[i]) - np.maximum(centres - step / 2, solid.min_mm[i])
        share = np.clip(overlap / step, 0, 1)
        share[share < 1e-6], share[share > 1 - 1e-6] = 0, 1
        filled = np.flatnonzero(share)
        part = slice(int(filled[0]), int(filled[-1]) + 1) if filled.size else slice(0, 0)
        shares.append(share[part])
        slices.append(part)
    product = shares[0][:, None, None] * shares[1][None, :, None] * shares[2][None, None, :]
    return (slices[0], slices[1], slices[2]), product.astype(np.float32)


def _sphere_share(solid: SphereFile, grid: Grid) -> tuple[tuple[slice, slice, slice], NDArray[np.float32]]:
    """Fraction of each voxel inside a sphere by 4 x 4 x 4 points a voxel, within the slices that it touches."""
    slices, squares = [], []
    for axis in "zyx":
        i = "xyz".index(axis)
        step, centres = grid.spacing_mm[i], grid.axis_mm(axis)
        near = np.flatnonzero(np.abs(centres - solid.centre_mm[i]) <= solid.radius_mm + step / 2)
        part = slice(int(near[0]), int(near[-1]) + 1) if near.size else slice(0, 0)
        offsets = ((np.arange(_SUB) + 0.5) / _SUB - 0.5) * step
        points = centres[part][:, None] + offsets[None, :] - solid.centre_mm[i]
        slices.append(part)
        squares.append(points.ravel() ** 2)
    inside = squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :] <= solid.radius_mm**2
    n = [len(s) // _SUB for s in squares]
    share = inside.reshape(n[0], _SUB, n[1], _SUB, n[2], _SUB).mean(axis=(1, 3, 5))
    return (slices[0], slices[1], slices[2]), share.astype(np.float32)


def _triple(values: ArrayLike) -> tuple[float, float, float]:
    x, y, z = (float(a) for a in np.asarray(values, np.float64))
    return x, y, z
