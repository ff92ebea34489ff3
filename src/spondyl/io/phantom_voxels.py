"""Voxels of a phantom from a numpy file: density and material on a regular grid, checked before they are used."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core import Grid
from spondyl.core.errors import PhantomError
from spondyl.io.phantom_file import MAX_VOXELS, VoxelsFile
from spondyl.physics import Material, Medium, find_material
from spondyl.physics.materials import MOST_G_PER_CM3

NEEDED = ("density_g_per_cm3", "material", "x_mm", "y_mm", "z_mm")
REWRITE = f"write it with numpy.savez({', '.join(f'{name}=...' for name in NEEDED)})"
MAX_BYTES = 20 * MAX_VOXELS
"""Of the arrays together when unpacked: two of 8 bytes a voxel, and some."""


def voxel_medium(voxels: VoxelsFile, path: Path, materials: Mapping[str, Material]) -> Medium:
    """The medium that a voxel file holds.

    Raises
    ------
    PhantomError
        If the file is not there, is not what numpy.savez writes, lacks an array, or holds what cannot be.
    """
    arrays = _arrays(path)
    grid = _grid(path, arrays)
    density, material = np.asarray(arrays["density_g_per_cm3"], np.float64), arrays["material"]
    for name, array in (("density_g_per_cm3", density), ("material", material)):
        if array.shape != grid.shape[::-1]:
            raise PhantomError(
                f"voxel file {path}: {name} has shape {array.shape}, expected {grid.shape[::-1]} as [x, y, z]; "
                "transpose it, or repair the axes"
            )
    if not np.isfinite(density).all() or bool((density < 0).any()):
        raise PhantomError(f"voxel file {path}: density_g_per_cm3 must be finite and not negative; repair the array")
    if density.max() > MOST_G_PER_CM3:
        raise PhantomError(
            f"voxel file {path}: density_g_per_cm3 reaches {density.max():g}, expected at most {MOST_G_PER_CM3:g} "
            "g/cm3; divide kg/m3 by 1000, turn CT numbers into densities"
        )
    if not np.issubdtype(material.dtype, np.integer) or material.min() < 0 or material.max() >= len(voxels.materials):
        raise PhantomError(
            f"voxel file {path}: material must be whole numbers from 0 to {len(voxels.materials) - 1}, got "
            f"{material.dtype} {material.min()}..{material.max()}; list every material under voxels"
        )
    used = tuple(find_material(name, materials) for name in voxels.materials)
    return Medium(
        grid,
        np.ascontiguousarray(density.transpose(2, 1, 0), np.float32),
        np.ascontiguousarray(material.transpose(2, 1, 0).astype(np.uint16)),
        used,
        (f"voxels of {path.name}",),
    )


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays needed, all of numbers."""
    if not path.is_file():
        raise PhantomError(f"voxel file {path} is not there, expected an .npz file; check voxels: file, {REWRITE}")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise PhantomError(f"voxel file {path} is not an .npz file; {REWRITE}") from error
    if unpacked > MAX_BYTES:
        raise PhantomError(
            f"voxel file {path} unpacks to {unpacked:,} bytes, expected at most {MAX_BYTES:,}; use coarser voxels"
        )
    with np.load(path, allow_pickle=False) as data:
        missing = [name for name in NEEDED if name not in data]
        if missing:
            raise PhantomError(
                f"voxel file {path} lacks {', '.join(missing)}, expected arrays {', '.join(NEEDED)}; {REWRITE}"
            )
        return {name: _numbers(path, name, data) for name in NEEDED}


def _numbers(path: Path, name: str, data: Mapping[str, NDArray[np.generic]]) -> NDArray[np.generic]:
    try:
        array = np.asarray(data[name])
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise PhantomError(
            f"voxel file {path}: {name} is damaged or holds Python objects, expected an array of numbers; {REWRITE}"
        ) from error
    if not np.issubdtype(array.dtype, np.integer) and not np.issubdtype(array.dtype, np.floating):
        raise PhantomError(f"voxel file {path}: {name} holds {array.dtype}, expected an array of numbers; {REWRITE}")
    return array


def _grid(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> Grid:
    origin, spacing, count = [], [], []
    for axis in "xyz":
        centres = np.asarray(arrays[f"{axis}_mm"], np.float64)
        if centres.ndim != 1 or centres.size < 2 or not np.isfinite(centres).all():
            raise PhantomError(
                f"voxel file {path}: {axis}_mm must list at least two finite voxel centres, got an array of shape "
                f"{centres.shape}; repair the axis"
            )
        steps = np.diff(centres)
        mean = float(steps.mean())
        if not mean > 0 or bool((np.abs(steps - mean) > 1e-3 * abs(mean)).any()):
            raise PhantomError(
                f"voxel file {path}: {axis}_mm must increase in equal steps, got "
                f"{steps.min():g}..{steps.max():g} mm; resample to a regular grid"
            )
        origin.append(centres[0])
        spacing.append(mean)
        count.append(len(centres))
    if np.prod(count, dtype=float) > MAX_VOXELS:
        raise PhantomError(f"voxel file {path} has {count} voxels, expected at most {MAX_VOXELS:,}; use coarser voxels")
    return Grid(_triple(origin), _triple(spacing), (count[2], count[1], count[0]))


def _triple(values: ArrayLike) -> tuple[float, float, float]:
    x, y, z = (float(a) for a in np.asarray(values, np.float64))
    return x, y, z
