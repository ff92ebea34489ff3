"""From fluence at the sectors' angles to one aperture a segment, where direct aperture optimisation starts.

Each sector's fluence is taken apart into as many apertures as segments look from there, of both arcs. An arc's
apertures in a sector have the same monitor units; for every leaf pair the interval is found that takes most of what is
left (squared), then again while the others stand, and the monitor units after each time round. As they are the same,
every leaf pair can take its openings in its own order: across the field in one sector, back in the next, so that the
leaves sweep (Bzdusek 2009, doi:10.1118/1.3132234, spreads the apertures of one angle over its arc so).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.plan.external.aperture_variables import Apertures
from spondyl.plan.external.arcs import ArcPath
from spondyl.plan.external.vmat_lattice import CELL_MM, Lattice
from spondyl.plan.matvec import Floats

CYCLES = 12

Integers = NDArray[np.int64]


def sequence(x: Floats, lattice: Lattice, path: ArcPath) -> Apertures:
    """Apertures that give about the fluence `x`; MU as in x, leaf ways not yet limited.

    Parameters
    ----------
    x
        Fluence by column of `lattice`.
    """
    arcs, pairs = len(lattice.pair), lattice.pairs
    cells = np.zeros((arcs, path.segments, pairs, 2), np.int64)
    mu = np.zeros((arcs, path.segments))
    lane_first, lane_last = lanes_of_pairs(lattice)
    take_apart(x.copy(), lattice.lanes, lane_first, lane_last, path.sector_first, path.sector_last, CYCLES, cells, mu)
    _sweep(cells, path)
    tips = cells * CELL_MM + lattice.origin_mm[:, None, None, None]
    closed = cells[..., 1] <= cells[..., 0]
    tips = _closed_between(tips, closed, lattice)
    return Apertures(*_at_points(tips), mu)


def lanes_of_pairs(lattice: Lattice) -> tuple[Integers, Integers]:
    """First lane of each leaf pair and one beyond its last, shape (arcs, pairs)."""
    pairs = np.arange(lattice.pairs)
    first = np.stack([np.searchsorted(row, pairs) for row in lattice.pair])
    last = np.stack([np.searchsorted(row, pairs, side="right") for row in lattice.pair])
    return first, last


def _sweep(cells: Integers, path: ArcPath) -> None:
    """Order each pair's openings of an arc and sector by where they are, up and down by turns: MU are the same."""
    for s, (low, high) in enumerate(zip(path.sector_first, path.sector_last, strict=True)):
        here = cells[:, low:high]
        order = np.argsort(here.sum(axis=-1), axis=1, kind="stable")
        if s % 2:
            order = order[:, ::-1]
        cells[:, low:high] = np.take_along_axis(here, order[..., None], axis=1)


def _closed_between(tips: Floats, closed: NDArray[np.bool_], lattice: Lattice) -> Floats:
    """A pair that is shut in a segment waits on the way between where it was and where it will be open."""
    middle = tips.mean(axis=-1)
    at = np.arange(tips.shape[1])
    centre = np.nanmean(lattice.open_mm, axis=(1, 2, 3))
    for arc, pair in np.ndindex(tips.shape[0], tips.shape[2]):
        shut = closed[arc, :, pair]
        way = np.interp(at, at[~shut], middle[arc, ~shut, pair]) if not shut.all() else np.full(len(at), centre[arc])
        tips[arc, shut, pair] = way[shut, None]
    return tips


def _at_points(tips: Floats) -> tuple[Floats, Floats]:
    """Tips at control points: half-way between those of the segments before and after."""
    ends = np.concatenate([tips[:, :1], tips, tips[:, -1:]], axis=1)
    at = (ends[:, 1:] + ends[:, :-1]) / 2
    return at[..., 0].copy(), at[..., 1].copy()


@njit(cache=True)
def _best_run(left_over, lanes, lane_first, lane_last, mu):
    """Cells whose opening for `mu` takes most from the squared rest of the lanes: first, one beyond the last."""
    best, begin, end = 0.0, 0, 0
    gain, start = 0.0, 0
    for c in range(lanes.shape[1]):
        worth, there = 0.0, False
        for lane in range(lane_first, lane_last):
            column = lanes[lane, c]
            if column >= 0:
                worth += mu * (2.0 * left_over[column] - mu)
                there = True
        if not there:
            gain, start = 0.0, c + 1
            continue
        gain += worth
        if gain <= 0.0:
            gain, start = 0.0, c + 1
        elif gain > best:
            best, begin, end = gain, start, c + 1
    return begin, end


@njit(cache=True)
def _add(left_over, lanes, lane_first, lane_last, cells, mu):
    """Add `mu` to what is left where the aperture is open."""
    for p in range(lane_first.shape[0]):
        for lane in range(lane_first[p], lane_last[p]):
            for c in range(cells[p, 0], cells[p, 1]):
                if lanes[lane, c] >= 0:
                    left_over[lanes[lane, c]] += mu


@njit(cache=True)
def _choose(left_over, lanes, lane_first, lane_last, mu, cells):
    """The best run of every pair for `mu`, into `cells`."""
    for p in range(lane_first.shape[0]):
        cells[p, 0], cells[p, 1] = _best_run(left_over, lanes, lane_first[p], lane_last[p], mu)


@njit(cache=True)
def _even_share(left_over, lanes, lane_first, lane_last, cells, mu):
    """The one MU for all apertures `cells` (segments, pairs, 2), each of `mu` so far, that leaves least (squared).

    `left_over` holds what is left beside them.
    """
    wanted, square = 0.0, 0.0
    for p in range(lane_first.shape[0]):
        for lane in range(lane_first[p], lane_last[p]):
            for c in range(lanes.shape[1]):
                if lanes[lane, c] < 0:
                    continue
                count = 0
                for k in range(cells.shape[0]):
                    if cells[k, p, 0] <= c < cells[k, p, 1]:
                        count += 1
                wanted += count * (left_over[lanes[lane, c]] + count * mu)
                square += count * count
    return max(0.0, wanted / square) if square > 0 else 0.0


@njit(cache=True, parallel=True)
def take_apart(left_over, lanes, lane_first, lane_last, sector_first, sector_last, cycles, cells, mu):
    """Fill `cells` (arcs, segments, pairs, 2) and `mu` (arcs, segments), one MU an arc and sector.

    `left_over` (columns,) becomes what they do not give.
    """
    arcs, sectors = lanes.shape[0], lanes.shape[1]
    for s in prange(sectors):
        low, high = sector_first[s], sector_last[s]
        most = 0.0
        for column in lanes[0, s].ravel():
            if column >= 0:
                most = max(most, left_over[column])
        share = np.full(arcs, most / (arcs * (high - low)))
        for cycle in range(cycles):
            for k in range(low, high):
                for arc in range(arcs):
                    here, first, last = lanes[arc, s], lane_first[arc], lane_last[arc]
                    _add(left_over, here, first, last, cells[arc, k], share[arc] if cycle > 0 else 0.0)
                    _choose(left_over, here, first, last, share[arc], cells[arc, k])
                    _add(left_over, here, first, last, cells[arc, k], -share[arc])
            for arc in range(arcs):
                here, first, last = lanes[arc, s], lane_first[arc], lane_last[arc]
                found = _even_share(left_over, here, first, last, cells[arc, low:high], share[arc])
                for k in range(low, high):
                    _add(left_over, here, first, last, cells[arc, k], share[arc] - found)
                share[arc] = found
        for arc in range(arcs):
            mu[arc, low:high] = share[arc]
