"""What a collimator leaves open: leaves and jaws, a circle, or the slits of a binary collimator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError
from spondyl.dose.leaf_kernels import add_window, leaf_rows
from spondyl.physics import Linac, MultileafCollimator

PIXEL_MM = 1.0
"""Of the map along leaf travel: each pixel holds its exact mean, and the source's size blurs more."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LeafAperture:
    """Leaf tips and jaws in the isocentre plane; u and v as `gantry_axes` gives them (IEC x_b and y_b).

    Parameters
    ----------
    leaves_mm
        float64, shape (pairs, 2), ordered along v: the tip of the leaf of bank X1, which comes from negative u, and
        that of bank X2, which comes from positive u; light-field positions, first not above second.
    jaws_mm
        (x1, x2, y1, y2), ascending in each pair.
    """

    leaves_mm: Floats
    jaws_mm: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        leaves = np.asarray(self.leaves_mm, np.float64)
        if leaves.ndim != 2 or leaves.shape[1] != 2 or not np.isfinite(leaves).all():
            raise DoseError(f"aperture: leaves_mm must be finite with shape (pairs, 2), got shape {leaves.shape}")
        crossed = np.flatnonzero(leaves[:, 0] > leaves[:, 1])
        if crossed.size:
            pair = int(crossed[0])
            raise DoseError(
                f"aperture: leaf pair {pair + 1} has its X1 tip at {leaves[pair, 0]:g} mm beyond its X2 tip at "
                f"{leaves[pair, 1]:g} mm; open or close the pair"
            )
        x1, x2, y1, y2 = self.jaws_mm
        if not (x1 <= x2 and y1 <= y2):
            raise DoseError(f"aperture: jaws (x1, x2, y1, y2) must ascend in each pair, got {self.jaws_mm}")
        object.__setattr__(self, "leaves_mm", leaves)


@dataclass(frozen=True)
class CircularAperture:
    """A cone's or an iris' circle in the isocentre plane; a robot aims it off the axis by turning its head.

    Parameters
    ----------
    diameter_mm
        Of the circle.
    centre_mm
        (u, v) of its middle.
    """

    diameter_mm: float
    centre_mm: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not bool(np.isfinite(self.centre_mm).all()):
            raise DoseError(f"aperture: centre_mm must be two finite numbers, got {self.centre_mm}")
        if not (np.isfinite(self.diameter_mm) and self.diameter_mm > 0):
            raise DoseError(f"aperture: diameter_mm must be positive, got {self.diameter_mm}")


@dataclass(frozen=True)
class BinaryAperture:
    """Leaves that are open or shut, each for a share of the projection's time.

    Parameters
    ----------
    open_share
        float64, shape (leaves,), 0 to 1, ordered along u, centred on the axis.
    leaf_mm
        Width of a leaf along u in the isocentre plane.
    slice_mm
        Opening of the jaws along v in the isocentre plane.
    """

    open_share: Floats
    leaf_mm: float
    slice_mm: float

    def __post_init__(self) -> None:
        share = np.asarray(self.open_share, np.float64)
        if share.ndim != 1 or not len(share) or not bool(((share >= 0) & (share <= 1)).all()):
            raise DoseError("aperture: open_share must be a list of numbers from 0 to 1, one a leaf")
        if not (self.leaf_mm > 0 and self.slice_mm > 0):
            raise DoseError(f"aperture: leaf_mm and slice_mm must be positive, got {self.leaf_mm}, {self.slice_mm}")
        object.__setattr__(self, "open_share", share)


Aperture = LeafAperture | CircularAperture | BinaryAperture


def leaf_fluence(
    linac: Linac, start: LeafAperture, end: LeafAperture, pixel_mm: float = PIXEL_MM
) -> tuple[Floats, Floats, Floats]:
    """Opening averaged over time while leaves and jaws go linearly from `start` to `end`.

    Parameters
    ----------
    pixel_mm
        Along u; along v the map has a row a leaf, one a strip of tongue and groove, and further ones at the jaws.

    Returns
    -------
    u_edges_mm, v_edges_mm
        Edges in the isocentre plane; they hold the jaws' opening and every pair open beyond it.
    open
        float64, shape (nv, nu), 0 to 1: the exact mean over each pixel of what the leaves and jaws let through. Times
        MU it is a `Field.fluence`, to which the beam adds its source's size and the head's scatter.

    Raises
    ------
    DoseError
        If an aperture has another number of leaf pairs than the linac, or jaws reach beyond the leaves along v.
    """
    mlc = linac.mlc
    for aperture in (start, end):
        _check_fits(aperture, mlc)
    offset = np.array([-mlc.leaf_offset_mm, mlc.leaf_offset_mm])
    jaws = np.array([start.jaws_mm, end.jaws_mm], np.float64).T
    v_edges, rows = _rows(mlc, jaws[2:])
    u_edges = _u_edges(mlc, start, end, jaws[:2], pixel_mm)
    opened = np.zeros((len(rows), len(u_edges) - 1))
    leaf_rows(
        u_edges, start.leaves_mm + offset, end.leaves_mm + offset, rows, jaws[:2], mlc.transmission,
        linac.jaw_transmission, opened,
    )  # fmt: skip
    inside = np.zeros(len(rows))
    add_window(v_edges, jaws[2:3], jaws[3:4], 1, 1.0, inside)
    return u_edges, v_edges, opened * (linac.jaw_transmission + (1 - linac.jaw_transmission) * inside)[:, None]


def _check_fits(aperture: LeafAperture, mlc: MultileafCollimator) -> None:
    pairs, (_, _, y1, y2) = len(aperture.leaves_mm), aperture.jaws_mm
    if pairs != mlc.pairs:
        raise DoseError(f'aperture has {pairs} leaf pairs, collimator "{mlc.name}" has {mlc.pairs}; choose its linac')
    low, high = float(mlc.leaf_edges_mm[0]), float(mlc.leaf_edges_mm[-1])
    if y1 < low - 1e-6 or y2 > high + 1e-6:
        raise DoseError(
            f'aperture: jaws y1 {y1:g} and y2 {y2:g} mm reach beyond the leaves of collimator "{mlc.name}", '
            f"{low:g} to {high:g} mm; close the jaws"
        )


def _rows(mlc: MultileafCollimator, y_jaws: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Edges along v within the jaws' hull, and the leaf pairs above each row: the same twice, or two over a strip."""
    low, high = float(y_jaws.min()), float(y_jaws.max())
    half = mlc.tongue_and_groove_mm / 2
    inner = mlc.leaf_edges_mm[1:-1]
    every = np.concatenate([mlc.leaf_edges_mm[[0, -1]], inner - half, inner + half, y_jaws.ravel()])
    edges = np.unique(np.clip(every, low, high))
    if len(edges) < 2:
        raise DoseError(f"aperture: jaws y1 and y2 are both at {low:g} mm, expected an opening; open them")
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.searchsorted(inner + half, middles, side="right")
    above = np.searchsorted(inner - half, middles, side="right")
    return edges, np.stack([below, above], axis=1)


def _u_edges(
    mlc: MultileafCollimator, start: LeafAperture, end: LeafAperture, x_jaws: Floats, pixel_mm: float
) -> Floats:
    tips = np.concatenate([start.leaves_mm, end.leaves_mm])
    wide = tips[tips[:, 1] - tips[:, 0] > mlc.least_gap_mm]
    offset = abs(mlc.leaf_offset_mm)
    low = min([float(x_jaws.min()), *(wide[:, 0] - offset).tolist()])
    high = max([float(x_jaws.max()), *(wide[:, 1] + offset).tolist()])
    first, last = np.floor(low / pixel_mm + 1e-9), np.ceil(high / pixel_mm - 1e-9)
    return np.arange(first, max(last, first + 1) + 1) * pixel_mm
