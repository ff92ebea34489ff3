"""Leaves and jaws around what a beam is to cover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import PlanError
from spondyl.dose import LeafAperture, gantry_axes
from spondyl.physics import Linac
from spondyl.plan.external.beams import Beam, ControlPoint, Triple

Floats = NDArray[np.float64]
JAWS = ("x1", "x2", "y1", "y2")
BEHIND_JAW_MM = 3.0
"""How far leaves that jaws alone shape a field by stand behind them. Ours."""


def seen_from(
    points_mm: Floats, isocentre_mm: Triple, gantry_deg: float, sad_mm: float, couch_deg: float = 0.0
) -> tuple[Floats, Floats]:
    """u and v of points (n, 3) in the isocentre plane, seen from the source with the collimator at 0."""
    direction, u_axis, v_axis = gantry_axes(gantry_deg, 0.0, couch_deg)
    ray = points_mm - (np.asarray(isocentre_mm) - sad_mm * direction)
    scale = sad_mm / (ray @ direction)
    return (ray @ u_axis) * scale, (ray @ v_axis) * scale


def fitted_aperture(linac: Linac, u_mm: Floats, v_mm: Floats, margin_mm: float, what: str) -> LeafAperture:
    """Leaves whose dosimetric edges lie `margin_mm` beyond the points (u, v), in every direction; jaws behind them.

    Raises
    ------
    PlanError
        If the machine cannot open so far; `what` names the beam.
    """
    mlc = linac.mlc
    low, high = np.full(mlc.pairs, np.inf), np.full(mlc.pairs, -np.inf)
    for k, (below, above) in enumerate(zip(mlc.leaf_edges_mm[:-1], mlc.leaf_edges_mm[1:], strict=True)):
        aside = np.maximum(0.0, np.maximum(below - v_mm, v_mm - above))
        near = aside < margin_mm
        if near.any():
            reach = np.sqrt(margin_mm**2 - aside[near] ** 2)
            low[k], high[k] = (u_mm[near] - reach).min(), (u_mm[near] + reach).max()
    jaws = (low.min(), high.max(), v_mm.min() - margin_mm, v_mm.max() + margin_mm)
    leaves = np.stack([low + mlc.leaf_offset_mm, high - mlc.leaf_offset_mm], axis=1)
    return checked_aperture(linac, closed_where(linac, leaves, ~np.isfinite(low), jaws), jaws, what)


def open_aperture(linac: Linac, jaws_mm: tuple[float, float, float, float], what: str) -> LeafAperture:
    """A rectangle of jaws, all leaves behind them."""
    x1, x2, _, _ = jaws_mm
    leaves = np.tile([x1 - BEHIND_JAW_MM, x2 + BEHIND_JAW_MM], (linac.mlc.pairs, 1))
    return checked_aperture(linac, leaves, jaws_mm, what)


def closed_where(
    linac: Linac, leaves_mm: Floats, closed: NDArray[np.bool_], jaws_mm: tuple[float, float, float, float]
) -> Floats:
    """The leaves with the `closed` pairs at their least gap: within the jaws along v behind jaw X2, else in the middle.

    Where jaws along v lie over a pair nothing of its gap is seen.
    """
    mlc, (x1, x2, y1, y2) = linac.mlc, jaws_mm
    seen = (mlc.leaf_edges_mm[1:] > y1) & (mlc.leaf_edges_mm[:-1] < y2)
    place = np.where(seen, x2 + BEHIND_JAW_MM, (x1 + x2) / 2)
    pair = np.stack([place, place + mlc.least_gap_mm], axis=1)
    return np.where(closed[:, None], pair, leaves_mm)


def checked_aperture(
    linac: Linac, leaves_mm: Floats, jaws_mm: tuple[float, float, float, float], what: str
) -> LeafAperture:
    """The aperture, jaws to a tenth of a millimetre outwards.

    Raises
    ------
    PlanError
        If a jaw or leaf cannot go so far.
    """
    outwards = (np.floor, np.ceil, np.floor, np.ceil)
    jaws = tuple(float(go(10 * value - 1e-6) / 10) for go, value in zip(outwards, jaws_mm, strict=True))
    for name, value, (low, high) in zip(JAWS, jaws, linac.jaw_limits_mm, strict=True):
        if not low <= value <= high:
            raise PlanError(
                f"{what} needs jaw {name} at {value:.0f} mm, {linac.name} moves it from {low:g} to {high:g} mm; the "
                "field is larger than the machine: choose another linac, or treat fewer levels in one field"
            )
    for bank, tips in zip(("X1", "X2"), leaves_mm.T, strict=True):
        span = float(np.ptp(tips))
        if span > linac.mlc.most_span_mm:
            raise PlanError(
                f"{what} spreads the leaves of bank {bank} over {span:.0f} mm, {linac.name} allows "
                f"{linac.mlc.most_span_mm:g} mm; the field is larger than the machine: choose another linac"
            )
    return LeafAperture(leaves_mm, (jaws[0], jaws[1], jaws[2], jaws[3]))


def static_beam(
    name: str, linac: str, isocentre_mm: Triple, gantry_deg: float, aperture: LeafAperture, mu: float = 1.0
) -> Beam:
    """A beam that gives `mu` through one aperture."""
    points = tuple(ControlPoint(gantry_deg, 0.0, 0.0, aperture, given) for given in (0.0, mu))
    return Beam(name, linac, isocentre_mm, points)
