"""A vertebra whose pedicles are round rods of known width and angle, in any tilt: left, anterior, superior in mm.

A body 40 wide and 30 deep in front of a canal 12 wide and 16 deep, pedicles whose axes pass 14 mm beside the canal's
middle, a plate of bone behind.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from spine_phantom import box, covered, rotation

from spondyl.anatomy import SECTORS, Structure, Structures, divide_given, from_coverage
from spondyl.anatomy.access_space import AccessSpace, access_space
from spondyl.core import Grid

Array = NDArray[np.float64]
FRONT, DEPTH, ASIDE, CANAL_HALF = 8.0, 30.0, 14.0, 6.0


def axis_of(side: str, convergence_deg: float, caudal_deg: float) -> tuple[Array, Array]:
    """A point of a pedicle's axis and its unit direction towards the body, (left, anterior, superior)."""
    out = 1.0 if side == "left" else -1.0
    a, b = np.radians((convergence_deg, caudal_deg))
    direction = np.array([-out * np.sin(a) * np.cos(b), np.cos(a) * np.cos(b), -np.sin(b)])
    return np.array([out * ASIDE, 0.0, 0.0]), direction


def rod(side: str, radius_mm: float, convergence_deg: float, caudal_deg: float):
    point, direction = axis_of(side, convergence_deg, caudal_deg)

    def inside(x: Array, a: Array, s: Array) -> Array:
        away = np.stack([x, a, s], axis=-1) - point
        across = away - (away @ direction)[..., None] * direction
        return (np.linalg.norm(across, axis=-1) <= radius_mm) & (a >= -FRONT) & (a < FRONT + 2)

    return inside


@lru_cache
def space(
    radius_mm: float = 4.0,
    convergence_deg: float = 15.0,
    caudal_deg: float = 0.0,
    *,
    right_radius_mm: float | None = None,
    tilt_deg: float = 0.0,
    spacing_mm: float = 1.0,
) -> tuple[AccessSpace, Array]:
    """The phantom's space for a needle, and its axes (rows left, anterior, superior in LPS)."""
    axes = rotation(sagittal_deg=tilt_deg)
    half = np.array([26.0, 46.0, 24.0])
    first = -half + spacing_mm / 2
    nx, ny, nz = (2 * half / spacing_mm).astype(int)
    grid = Grid((first[0], first[1], first[2]), (spacing_mm, spacing_mm, spacing_mm), (nz, ny, nx))
    right = rod("right", radius_mm if right_radius_mm is None else right_radius_mm, convergence_deg, caudal_deg)
    left = rod("left", radius_mm, convergence_deg, caudal_deg)
    solids = {
        "vertebral_body": box((-20, 20), (FRONT, FRONT + DEPTH), (-12, 12)),
        "pedicle_left": left,
        "transverse_process_lamina_left": box((0, 24), (-16, -FRONT), (-10, 10)),
        "spinous_process": box((-3, 3), (-34, -16), (-8, 8)),
        "transverse_process_lamina_right": box((-24, 0), (-16, -FRONT), (-10, 10)),
        "pedicle_right": right,
        "canal": box((-CANAL_HALF, CANAL_HALF), (-FRONT, FRONT), (-24, 24)),
    }
    made = {name: structure(name, grid, covered(grid, solid, axes, 2)) for name, solid in solids.items()}
    sectors = Structures([made[name] for name in SECTORS])
    return access_space(divide_given(sectors, made["canal"], "T11"), made["canal"]), axes


def structure(name: str, grid: Grid, coverage: Array) -> Structure:
    return from_coverage(name, "canal" if name == "canal" else "bone", grid, coverage)


def placed(local_mm: Array, axes: Array) -> tuple[float, float, float]:
    """A point in LPS of (left, anterior, superior)."""
    x, y, z = np.asarray(local_mm) @ axes
    return float(x), float(y), float(z)
