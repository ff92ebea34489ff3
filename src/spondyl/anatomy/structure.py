"""A named region of the patient, voxel by voxel with the fraction of each that lies inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import StructureError, StructureNotFoundError, nearest
from spondyl.core.grid import Box, Grid

Role = Literal["external", "target", "oar", "bone", "canal", "prv", "avoidance", "other"]
ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True)
class Contour:
    """One closed planar polygon.

    Parameters
    ----------
    z_mm
        The slice's position.
    points_mm
        Vertices (x, y), shape (n, 2), n >= 3; the last joins the first.
    """

    z_mm: float
    points_mm: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.points_mm.ndim != 2 or self.points_mm.shape[1] != 2 or len(self.points_mm) < 3:
            raise StructureError(f"contour points_mm must have shape (n >= 3, 2), got {self.points_mm.shape}")


@dataclass(frozen=True)
class Structure:
    """A region of the patient.

    Parameters
    ----------
    name
        As the case names it (TG-263 for what spondyl draws).
    role
        One of `ROLES`.
    grid
        The whole grid it lives on (the CT's).
    box
        The part of the grid that `coverage` covers; outside it the structure is absent.
    coverage
        float32, shape of the box, the fraction 0..1 of each voxel that lies inside.
    contours
        The polygons it came from, empty for a structure from a mask.
    made
        How it was made, one step a line, oldest first.
    colour
        "#rrggbb".
    """

    name: str
    role: Role
    grid: Grid
    box: Box
    coverage: NDArray[np.float32]
    contours: tuple[Contour, ...] = ()
    made: tuple[str, ...] = ()
    colour: str = "#808080"

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise StructureError(f'structure "{self.name}" has role "{self.role}", expected one of {", ".join(ROLES)}')
        if self.coverage.size and self.grid.crop(self.box).shape != self.coverage.shape:
            raise StructureError(
                f'structure "{self.name}": coverage has shape {self.coverage.shape}, '
                f"its box {self.grid.crop(self.box).shape}"
            )

    @property
    def is_empty(self) -> bool:
        return self.coverage.size == 0 or not bool((self.coverage > 0).any())

    @property
    def volume_cm3(self) -> float:
        return float(self.coverage.sum(dtype=np.float64)) * self.grid.voxel_volume_cm3

    @property
    def local_grid(self) -> Grid:
        """The grid of `coverage`."""
        return self.grid.crop(self.box)

    def full(self) -> NDArray[np.float32]:
        """Coverage on the whole grid."""
        whole = np.zeros(self.grid.shape, dtype=np.float32)
        if self.coverage.size:
            whole[self.box] = self.coverage
        return whole

    def mask(self, at_least: float = 0.5) -> NDArray[np.bool_]:
        """Voxels of the whole grid of which at least the fraction `at_least` lies inside."""
        return self.full() >= at_least


def from_coverage(
    name: str,
    role: Role,
    grid: Grid,
    coverage: NDArray[np.floating] | NDArray[np.bool_],
    *,
    made: tuple[str, ...] = (),
    colour: str = "#808080",
) -> Structure:
    """A structure from an array on the whole `grid`, cropped to what it fills.

    Parameters
    ----------
    coverage
        Shape ``grid.shape``, the fraction 0..1 of each voxel that lies inside, or a mask.

    Raises
    ------
    StructureError
        If `coverage` has another shape, or `role` is not one of `ROLES`.
    """
    values = np.asarray(coverage, dtype=np.float32)
    if values.shape != grid.shape:
        raise StructureError(f'structure "{name}": mask has shape {values.shape}, the grid {grid.shape}')
    box = _box_of(values > 0)
    return Structure(name, role, grid, box, np.ascontiguousarray(values[box]), (), made, colour)


def _box_of(inside: NDArray[np.bool_]) -> Box:
    ranges: list[slice] = []
    for axis in range(3):
        filled = np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis)))
        ranges.append(slice(int(filled[0]), int(filled[-1]) + 1) if filled.size else slice(0, 0))
    return ranges[0], ranges[1], ranges[2]


class Structures(Mapping[str, Structure]):
    """Structures by name, in order; a name that is not there is answered with the nearest ones."""

    def __init__(self, structures: Mapping[str, Structure] | tuple[Structure, ...] | list[Structure] = ()) -> None:
        items = structures.values() if isinstance(structures, Mapping) else structures
        self._by_name: dict[str, Structure] = {}
        for structure in items:
            if structure.name in self._by_name:
                raise StructureError(f'structure "{structure.name}" is there twice; rename one')
            self._by_name[structure.name] = structure

    def __getitem__(self, name: str) -> Structure:
        try:
            return self._by_name[name]
        except KeyError:
            pass
        same = [known for known in self._by_name if known.casefold() == name.casefold()]
        if len(same) == 1:
            return self._by_name[same[0]]
        near = ", ".join(nearest(name, self._by_name) or tuple(self._by_name)) or "none, the set is empty"
        raise StructureNotFoundError(f'structure "{name}" not found; nearest: {near}')

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def with_role(self, role: Role) -> tuple[Structure, ...]:
        return tuple(s for s in self._by_name.values() if s.role == role)

    def plus(self, *added: Structure) -> Structures:
        """These structures and `added`; an added one replaces one of the same name."""
        return Structures({**self._by_name, **{s.name: s for s in added}})
