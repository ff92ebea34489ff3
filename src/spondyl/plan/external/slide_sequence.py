"""A fluence by leaves that cross the field once, under their speed.

Where fluence rises along the travel the trailing leaf is slowed by the rise, where it falls the leading one; neither is
faster than it may be (Spirou and Chui 1994, doi:10.1118/1.597345; Convery and Rosenbloom 1992,
doi:10.1088/0031-9155/37/6/012). Time is counted in monitor units at the highest dose rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from spondyl.core import cite

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Travel:
    """Where a pair's dosimetric edges pass places along its travel.

    Parameters
    ----------
    place_mm
        float64, shape (n,), ascending; places repeat where a leaf waits.
    trailing_mu, leading_mu
        Monitor units given when the edge from negative u, and the one before it, pass; shape (n,), not falling.
    """

    place_mm: Floats
    trailing_mu: Floats
    leading_mu: Floats

    @property
    def mu(self) -> float:
        """When the trailing edge arrives."""
        return float(self.trailing_mu[-1])


@cite("Spirou SV, Chui CS, Med Phys 1994;21:1031", "10.1118/1.597345", "minimum beam-on time at finite leaf speed")
def travel(edges_mm: Floats, fluence_mu: Floats, slow_mu_per_mm: float, gap_mm: float) -> Travel:
    """Travel of one pair that gives `fluence_mu` (n,) between `edges_mm` (n + 1,).

    Parameters
    ----------
    slow_mu_per_mm
        Monitor units in which a leaf crosses a millimetre at its highest speed.
    gap_mm
        Least distance of the dosimetric edges. Fluence below what passes a gap of this width at full speed is raised
        to it, and the pair starts and ends with the gap open.

    Notes
    -----
    Fluence at x is trailing(x) - leading(x). The pair opens from `gap_mm` before the first edge and ends with the
    leading edge as far beyond the last one; over these two margins half of the least fluence is given.
    """
    least = slow_mu_per_mm * gap_mm
    given = np.maximum(fluence_mu, least)
    rises, falls = np.maximum(np.diff(given, prepend=least), 0.0), np.maximum(-np.diff(given, append=least), 0.0)
    cross = slow_mu_per_mm * np.diff(edges_mm)
    # Each inner place twice: before and after the wait there.
    place = np.concatenate([[edges_mm[0] - gap_mm], np.repeat(edges_mm, 2), [edges_mm[-1] + gap_mm]])
    pieces = np.zeros((2, len(place) - 1))
    pieces[:, 2:-1:2] = cross
    pieces[0, 1:-2:2] = rises
    pieces[1, 3::2] = falls
    pieces[0, 0], pieces[1, -1] = least, least
    trailing, leading = (np.concatenate([[0.0], np.cumsum(row)]) for row in pieces)
    return Travel(place, trailing, leading)


def in_step(edges_mm: Floats, fluence_mu: Floats, fastest: Travel, mu: float, gap_mm: float) -> Travel:
    """The same fluence in `mu` monitor units: both edges slower all the way, so that pairs arrive together.

    A slower gap passes more, so fluence next to nothing is raised farther than by the `fastest` travel.
    """
    if fastest.mu >= mu:
        return fastest
    length = float(edges_mm[-1] - edges_mm[0])
    slow = brentq(lambda s: travel(edges_mm, fluence_mu, s, gap_mm).mu - mu, 0.0, mu / length)
    return travel(edges_mm, fluence_mu, float(slow), gap_mm)


def edges_at(path: Travel, mu: Floats) -> tuple[Floats, Floats]:
    """Places of the trailing and the leading edge when `mu` are given, each of shape of `mu`.

    The leading edge starts at the first edge of the fluence, the trailing one ends at the last.
    """
    trailing = _place(path.trailing_mu[:-1], path.place_mm[:-1], mu)
    return trailing, _place(path.leading_mu[1:], path.place_mm[1:], mu)


def _place(when: Floats, place: Floats, mu: Floats) -> Floats:
    """Inverse of a function that does not fall and waits at some places."""
    keep = np.concatenate([[True], np.diff(when) > 0])
    return np.interp(mu, when[keep], place[keep])
