"""Three vertebrae with exactly known heights, angles, shares and canal, in any tilt and on any grid.

In the spine's own axes (left, anterior, superior, mm): bodies 40 wide and 30 deep in front of a straight canal that
is 22 wide and 16 deep, an arch around it, and a cord 8 by 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image

Array = NDArray[np.float64]
DEPTH, FRONT, HALF_WIDTH = 30.0, 8.0, 20.0
CANAL = (11.0, 8.0)


@dataclass(frozen=True)
class Body:
    """A body at `middle` on the canal's axis: height in its middle, rise of both endplates, a dent in the upper one."""

    level: str
    middle: float
    height: float = 24.0
    upper_rise_deg: float = 0.0
    """From back to front."""
    lower_rise_deg: float = 0.0
    dent: float = 0.0
    """Depth of a parabola over the whole upper endplate."""

    def ends(self, anterior: Array) -> tuple[Array, Array]:
        """Heights of upper and lower endplate at (anterior) positions."""
        x = anterior - (FRONT + DEPTH / 2)
        upper = self.middle + self.height / 2 + x * np.tan(np.radians(self.upper_rise_deg))
        lower = self.middle - self.height / 2 + x * np.tan(np.radians(self.lower_rise_deg))
        return upper - self.dent * (1 - np.clip(2 * x / DEPTH, -1, 1) ** 2), lower


PLAIN = (Body("T10", 27.0), Body("T11", 0.0), Body("T12", -27.0))


def rotation(sagittal_deg: float = 0.0, coronal_deg: float = 0.0, axial_deg: float = 0.0) -> Array:
    """Rows are left, anterior, superior of the spine in patient coordinates (left, posterior, superior)."""
    a, b, c = np.radians((sagittal_deg, coronal_deg, axial_deg))
    about_left = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_front = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_up = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, 1]]) @ (about_up @ about_front @ about_left).T


def box(
    left: tuple[float, float], anterior: tuple[float, float], superior: tuple[float, float]
) -> Callable[..., Array]:
    """Whether points in the spine's axes lie inside a box."""

    def inside(x: Array, a: Array, s: Array) -> Array:
        pairs = ((x, left), (a, anterior), (s, superior))
        return np.logical_and.reduce([(v >= lo) & (v < hi) for v, (lo, hi) in pairs])

    return inside


def in_body(body: Body) -> Callable[..., Array]:
    def inside(x: Array, a: Array, s: Array) -> Array:
        upper, lower = body.ends(a)
        return (np.abs(x) < HALF_WIDTH) & (a >= FRONT) & (a < FRONT + DEPTH) & (s < upper) & (s >= lower)

    return inside


def in_vertebra(body: Body) -> Callable[..., Array]:
    """Body, pedicles 11 to 17 mm aside, laminae behind the canal, spinous process."""
    m = body.middle
    arch = [
        box((CANAL[0], 17), (-8, FRONT), (m - 8, m + 8)), box((-17, -CANAL[0]), (-8, FRONT), (m - 8, m + 8)),
        box((-17, 17), (-14, -8), (m - 8, m + 8)), box((-3, 3), (-32, -14), (m - 8, m + 8)),
    ]  # fmt: skip
    solids = (in_body(body), *arch)
    return lambda x, a, s: np.logical_or.reduce([solid(x, a, s) for solid in solids])


IN_CANAL = box((-CANAL[0], CANAL[0]), (-CANAL[1], CANAL[1]), (-60, 60))
IN_CORD = box((-4, 4), (-4, 4), (-60, 60))


def case(
    bodies: tuple[Body, ...] = PLAIN,
    gtv: Callable[..., Array] | None = None,
    *,
    turned: Array | None = None,
    spacing: tuple[float, float, float] = (1.5, 1.5, 1.5),
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
    level: str | None = "T11",
    facts: Mapping[str, object] | None = None,
    hu: Callable[..., Array] | None = None,
    without: tuple[str, ...] = (),
    parts: int = 1,
) -> Case:
    """The phantom as binary masks (`parts` 1) or coverages; the vertebra at `level` is called vertebra."""
    axes = rotation() if turned is None else turned
    half = np.array([30.0, 48.0, 57.0])
    shape = [int(2 * h / s) for h, s in zip(half, spacing, strict=True)]
    origin = -half + np.asarray(spacing) / 2 + np.asarray(shift)
    grid = Grid((origin[0], origin[1], origin[2]), spacing, (shape[2], shape[1], shape[0]))
    solids: dict[str, Callable[..., Array]] = {"spinal_canal": IN_CANAL, "spinal_cord": IN_CORD}
    for body in bodies:
        solids["vertebra" if body.level == (level or "T11") else f"vertebra_{body.level}"] = in_vertebra(body)
    if gtv is not None:
        solids["GTV"] = gtv
    roles = {"spinal_canal": "canal", "spinal_cord": "oar", "GTV": "target"}
    structures = [
        from_coverage(name, roles.get(name, "bone"), grid, covered(grid, solid, axes, parts))
        for name, solid in solids.items()
        if name not in without
    ]
    values = np.zeros(grid.shape) if hu is None else hu(*local(grid, axes))
    given = {} if level is None else {"level": level}
    return Case("phantom", read_facts({**given, **(facts or {})}), Image(grid, values), Structures(structures))


def local(grid: Grid, axes: Array, offset: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> tuple[Array, Array, Array]:
    """Left, anterior and superior of every voxel's centre, moved by `offset` voxels."""
    x, y, z = (grid.axis_mm(a) + o * s for a, o, s in zip("xyz", offset, grid.spacing_mm, strict=True))
    points = np.stack(np.broadcast_arrays(x[None, None, :], y[None, :, None], z[:, None, None]), axis=-1)
    turned = points @ axes.T
    return turned[..., 0], turned[..., 1], turned[..., 2]


def covered(grid: Grid, solid: Callable[..., Array], axes: Array, parts: int) -> Array:
    share = np.zeros(grid.shape)
    for index in np.ndindex(parts, parts, parts):
        offset = [(i + 0.5) / parts - 0.5 for i in index]
        share += solid(*local(grid, axes, (offset[0], offset[1], offset[2])))
    return share / parts**3
