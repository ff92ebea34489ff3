"""Axial, sagittal and coronal planes in radiological convention: the patient's right is on the image's left.

An image's columns run along `u`, its rows down the screen along `down * v`; both are axes of the patient (LPS), so
that the letters at the edges follow from the axes and are never written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid

Axis = Literal["x", "y", "z"]
_LETTERS = {("x", 1): "L", ("x", -1): "R", ("y", 1): "P", ("y", -1): "A", ("z", 1): "S", ("z", -1): "I"}


@dataclass(frozen=True)
class View:
    """One of the three planes.

    Parameters
    ----------
    name
        "axial", "sagittal" or "coronal".
    normal, u, v
        Patient axes: across the plane, along the image's columns, along its rows.
    down
        +1 where the screen's downward direction is +v, -1 where it is -v.
    """

    name: str
    normal: Axis
    u: Axis
    v: Axis
    down: int

    @property
    def letters(self) -> dict[str, str]:
        """The letter at each edge of the image: "left", "right", "top", "bottom"."""
        return {
            "left": _LETTERS[self.u, -1],
            "right": _LETTERS[self.u, 1],
            "top": _LETTERS[self.v, -self.down],
            "bottom": _LETTERS[self.v, self.down],
        }


AXIAL = View("axial", "z", "x", "y", 1)
SAGITTAL = View("sagittal", "x", "y", "z", -1)
CORONAL = View("coronal", "y", "x", "z", -1)
VIEWS = (AXIAL, SAGITTAL, CORONAL)


def nearest_index(grid: Grid, axis: Axis, position_mm: float) -> int:
    """The index of the slice nearest to `position_mm` along `axis`, kept inside the grid."""
    i = "xyz".index(axis)
    index = round((position_mm - grid.origin_mm[i]) / grid.spacing_mm[i])
    return int(min(max(index, 0), grid.shape[2 - i] - 1))


def cut(values: NDArray[Any], view: View, index: int) -> NDArray[Any]:
    """The plane ``[v, u]`` of an array ``[z, y, x]``, both axes ascending in patient coordinates."""
    return np.take(values, index, axis="zyx".index(view.normal))


def cut_between(values: NDArray[Any], grid: Grid, view: View, position_mm: float) -> NDArray[np.float64] | None:
    """The plane at `position_mm`, linear between the two nearest slices; None where the grid does not reach it."""
    i = "xyz".index(view.normal)
    at = (position_mm - grid.origin_mm[i]) / grid.spacing_mm[i]
    count = grid.shape[2 - i]
    if at < -0.5 or at > count - 0.5:
        return None
    at = min(max(at, 0.0), count - 1.0)
    low = min(int(at), max(count - 2, 0))
    high = min(low + 1, count - 1)
    share = at - low
    return cut(values, view, low) * (1 - share) + cut(values, view, high) * np.float64(share)
