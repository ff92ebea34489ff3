"""Where a linac's leaves and jaws may stand."""

from __future__ import annotations

import numpy as np

from spondyl.core.errors import PlanError
from spondyl.dose import Aperture, LeafAperture
from spondyl.physics import Linac

_ROUNDING_MM = 1e-6


def check_aperture(aperture: LeafAperture, linac: Linac, what: str) -> None:
    """Refuse leaves and jaws that the linac cannot take up; `what` names the control point.

    Raises
    ------
    PlanError
        With the leaf or jaw, where it stands, and the limit.
    """
    mlc = linac.mlc
    if len(aperture.leaves_mm) != mlc.pairs:
        raise PlanError(
            f'{what} has {len(aperture.leaves_mm)} leaf pairs, collimator "{mlc.name}" has {mlc.pairs}; '
            "plan for its linac"
        )
    for jaw, at, (low, high) in zip(("x1", "x2", "y1", "y2"), aperture.jaws_mm, linac.jaw_limits_mm, strict=True):
        if not low - _ROUNDING_MM <= at <= high + _ROUNDING_MM:
            raise PlanError(
                f'{what}: jaw {jaw} at {at:g} mm, expected {low:g} to {high:g} on linac "{linac.name}"; '
                "make the field smaller or move the isocentre"
            )
    _check_reach(aperture, linac, what)
    _check_neighbours(aperture, linac, what)


def check_moving_gaps(start: Aperture, end: Aperture, linac: Linac, what: str) -> None:
    """Refuse facing leaves closer than the least gap while either moves with the beam on."""
    if not isinstance(start, LeafAperture) or not isinstance(end, LeafAperture):
        return
    moves = (start.leaves_mm != end.leaves_mm).any(axis=1)
    gap = np.minimum(*(np.diff(a.leaves_mm, axis=1)[:, 0] for a in (start, end)))
    close = np.flatnonzero(moves & (gap < linac.mlc.least_gap_mm - _ROUNDING_MM))
    if close.size:
        pair = int(close[0])
        raise PlanError(
            f"{what}: leaf pair {pair + 1} moves {gap[pair]:.3g} mm apart, expected {linac.mlc.least_gap_mm:g} mm or "
            f'more on collimator "{linac.mlc.name}"; open it, or keep it still'
        )


def _check_reach(aperture: LeafAperture, linac: Linac, what: str) -> None:
    mlc = linac.mlc
    outward = aperture.leaves_mm * np.array([-1.0, 1.0])
    for beyond, limit, how in ((-outward, mlc.most_overtravel_mm, "beyond"), (outward, mlc.most_retraction_mm, "from")):
        over = np.argwhere(beyond > limit + _ROUNDING_MM)
        if over.size:
            pair, bank = (int(k) for k in over[0])
            raise PlanError(
                f"{what}: leaf {pair + 1} of bank X{bank + 1} stands {beyond[pair, bank]:.1f} mm {how} the axis, "
                f'expected {limit:g} mm or less on collimator "{mlc.name}"; make the field smaller'
            )
    span = np.ptp(aperture.leaves_mm, axis=0)
    bank = int(span.argmax())
    if span[bank] > mlc.most_span_mm + _ROUNDING_MM:
        raise PlanError(
            f"{what}: leaves of bank X{bank + 1} span {span[bank]:.1f} mm, expected {mlc.most_span_mm:g} mm or less "
            f'on collimator "{mlc.name}"; park closed leaves nearer, or split the field'
        )


def _check_neighbours(aperture: LeafAperture, linac: Linac, what: str) -> None:
    if linac.mlc.interdigitates:
        return
    first, second = aperture.leaves_mm.T
    for near, far in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
        passed = np.flatnonzero(first[near] > second[far] + _ROUNDING_MM)
        if passed.size:
            raise PlanError(
                f"{what}: a leaf of bank X1 beside pair {int(passed[0]) + 1} passes its neighbour's of bank X2, "
                f'expected none to on collimator "{linac.mlc.name}"; align neighbouring pairs'
            )
