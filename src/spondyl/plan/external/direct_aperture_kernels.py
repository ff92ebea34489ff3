"""Compiled loops between apertures and beamlets: what the leaves open on average while they move, and the derivative.

An edge at e that goes from e0 to e1 leaves a cell open beyond it by a share that is the mean, over the way, of a ramp
from 1 (edge before the cell) to 0 (edge behind it), its corners rounded over `BLUR_MM`. The mean has a closed form.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

BLUR_MM = 1.0
"""Width over which an edge is smeared, so that the derivative by its position is continuous: small beside the source's
size."""
STILL_MM = 1e-3
"""An edge that moves less stands still."""


@njit(cache=True, inline="always")
def _soft_step(s):
    """Integral of a step at 0 blurred over `BLUR_MM`, up to s: 0 far below, s far above."""
    half = 0.5 * BLUR_MM
    if s <= -half:
        return 0.0
    if s >= half:
        return s
    return (s + half) ** 2 / (2.0 * BLUR_MM)


@njit(cache=True, inline="always")
def _soft_ramp(s):
    """Integral of `_soft_step`."""
    half = 0.5 * BLUR_MM
    if s <= -half:
        return 0.0
    if s >= half:
        return 0.5 * s * s + BLUR_MM * BLUR_MM / 24.0
    return (s + half) ** 3 / (6.0 * BLUR_MM)


@njit(cache=True, inline="always")
def _step(s):
    return min(max(s / BLUR_MM + 0.5, 0.0), 1.0)


@njit(cache=True, inline="always")
def _share(low, high, e):
    """Share of the cell from low to high beyond an edge at e."""
    return (_soft_step(high - e) - _soft_step(low - e)) / (high - low)


@njit(cache=True, inline="always")
def _mean_share(low, high, e0, e1):
    """The same, mean over the edge's way from e0 to e1."""
    if abs(e1 - e0) < STILL_MM:
        return _share(low, high, 0.5 * (e0 + e1))
    whole = _soft_ramp(high - e0) - _soft_ramp(high - e1) - _soft_ramp(low - e0) + _soft_ramp(low - e1)
    return whole / ((high - low) * (e1 - e0))


@njit(cache=True, inline="always")
def _slopes(low, high, e0, e1):
    """Derivatives of `_mean_share` by e0 and e1."""
    if abs(e1 - e0) < STILL_MM:
        e = 0.5 * (e0 + e1)
        slope = -0.5 * (_step(high - e) - _step(low - e)) / (high - low)
        return slope, slope
    mean = _mean_share(low, high, e0, e1)
    return (mean - _share(low, high, e0)) / (e1 - e0), (_share(low, high, e1) - mean) / (e1 - e0)


@njit(cache=True, inline="always")
def _touched(e0, e1, origin, cell, cells):
    """Cells that an edge on its way from e0 to e1 touches: first, and one beyond the last."""
    low = int(np.floor((min(e0, e1) - 0.5 * BLUR_MM - origin) / cell))
    high = int(np.ceil((max(e0, e1) + 0.5 * BLUR_MM - origin) / cell))
    return min(max(low, 0), cells), min(max(high, 0), cells)


@njit(cache=True, parallel=True)
def open_beamlets(first, second, mu, sector_first, sector_last, lanes, pair, origin, cell, offset, transmission, x):
    """Add up each beamlet's MU: what every segment gives times what it lets through.

    `first`, `second` (arcs, points, pairs) are the tips of banks X1 and X2, `mu` (arcs, segments); `lanes` and `pair`
    as in `Lattice`; adds to `x` (columns,). Each column belongs to one sector, so sectors run in parallel.
    """
    arcs, sectors, lane_count, cells = lanes.shape
    for s in prange(sectors):
        line = np.empty(cells)
        for arc in range(arcs):
            for lane in range(lane_count):
                p = pair[arc, lane]
                here = lanes[arc, s, lane]
                line[:] = 0.0
                for k in range(sector_first[s], sector_last[s]):
                    full = mu[arc, k] * (1.0 - transmission)
                    a0, a1 = first[arc, k, p] - offset, first[arc, k + 1, p] - offset
                    b0, b1 = second[arc, k, p] + offset, second[arc, k + 1, p] + offset
                    a_low, a_high = _touched(a0, a1, origin[arc], cell, cells)
                    b_low, b_high = _touched(b0, b1, origin[arc], cell, cells)
                    for c in range(a_low, a_high):
                        low = origin[arc] + c * cell
                        line[c] += full * _mean_share(low, low + cell, a0, a1)
                    for c in range(a_high, cells):
                        line[c] += full
                    for c in range(b_low, b_high):
                        low = origin[arc] + c * cell
                        line[c] -= full * _mean_share(low, low + cell, b0, b1)
                    for c in range(b_high, cells):
                        line[c] -= full
                    for c in range(cells):
                        line[c] += mu[arc, k] * transmission
                for c in range(cells):
                    if here[c] >= 0:
                        x[here[c]] += line[c]


@njit(cache=True, parallel=True)
def push_back(
    gradient, first, second, mu, sector_first, sector_last, lanes, pair, origin, cell, offset, transmission,
    by_mu, by_tip,
):  # fmt: skip
    """From the gradient by beamlet to `by_mu` (arcs, segments) and `by_tip` (arcs, segments, pairs, 4).

    The last axis: X1 at the segment's start and end, X2 at its start and end. Both must hold zeros.
    """
    arcs, sectors, lane_count, cells = lanes.shape
    for s in prange(sectors):
        line, beyond = np.empty(cells), np.empty(cells + 1)
        for arc in range(arcs):
            for lane in range(lane_count):
                p = pair[arc, lane]
                beyond[cells] = 0.0
                for c in range(cells - 1, -1, -1):
                    column = lanes[arc, s, lane, c]
                    line[c] = gradient[column] if column >= 0 else 0.0
                    beyond[c] = beyond[c + 1] + line[c]
                for k in range(sector_first[s], sector_last[s]):
                    push = mu[arc, k] * (1.0 - transmission)
                    by_mu[arc, k] += transmission * beyond[0]
                    for bank in range(2):
                        sign = 1.0 if bank == 0 else -1.0
                        tips = first if bank == 0 else second
                        e0, e1 = tips[arc, k, p] - sign * offset, tips[arc, k + 1, p] - sign * offset
                        c_low, c_high = _touched(e0, e1, origin[arc], cell, cells)
                        opened = beyond[c_high]
                        for c in range(c_low, c_high):
                            low = origin[arc] + c * cell
                            opened += line[c] * _mean_share(low, low + cell, e0, e1)
                            start, end = _slopes(low, low + cell, e0, e1)
                            by_tip[arc, k, p, 2 * bank] += sign * push * line[c] * start
                            by_tip[arc, k, p, 2 * bank + 1] += sign * push * line[c] * end
                        by_mu[arc, k] += sign * (1.0 - transmission) * opened


@njit(cache=True)
def within_reach(tips, most_mm, least_gap_mm, sweeps):
    """Move tips (points, pairs, 2) as little as a cyclic projection does until neighbours can be reached.

    `most_mm` (points - 1,) is how far a tip may go to the next point. Returns the sweeps used, `sweeps` + 1 where
    they were not enough.
    """
    points, pairs, _ = tips.shape
    for sweep in range(sweeps):
        moved = False
        for k in range(points):
            for p in range(pairs):
                short = least_gap_mm - (tips[k, p, 1] - tips[k, p, 0])
                if short > 1e-9:
                    tips[k, p, 0] -= 0.5 * short
                    tips[k, p, 1] += 0.5 * short
                    moved = True
        for k in range(points - 1):
            for p in range(pairs):
                for bank in range(2):
                    way = tips[k + 1, p, bank] - tips[k, p, bank]
                    over = abs(way) - most_mm[k]
                    if over > 1e-9:
                        shift = 0.5 * over if way > 0 else -0.5 * over
                        tips[k, p, bank] += shift
                        tips[k + 1, p, bank] -= shift
                        moved = True
        if not moved:
            return sweep
    return sweeps + 1
