"""How much a beam modulates: leaf travel and the modulation complexity score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.core import cite
from spondyl.dose import LeafAperture
from spondyl.physics import Linac
from spondyl.plan.external.beams import Beam

Floats = NDArray[np.float64]


@cite("Masi 2013, Med Phys 40:071718 (leaf travel)", "10.1118/1.4810969")
def leaf_travel_mm(beam: Beam) -> float:
    """Mean way of the leaves that move, over the whole beam; 0 where none moves or there are no leaves."""
    tips = _tips(beam)
    if tips is None:
        return 0.0
    way = np.abs(np.diff(tips, axis=0)).sum(axis=0)
    return float(way[way > 0].mean()) if bool((way > 0).any()) else 0.0


@cite("McNiven 2010, Med Phys 37:505; Masi 2013, Med Phys 40:071718 (between control points)", "10.1118/1.3276775")
def modulation_complexity_score(beam: Beam, linac: Linac) -> float | None:
    """From 1 for one open rectangle towards 0 for small, ragged openings; None where the beam has no leaves.

    Leaf sequence variability times aperture area variability, means of a segment's two control points, weighted with
    its monitor units.
    """
    tips = _tips(beam)
    if tips is None:
        return None
    seen = np.array([_in_jaws(point.aperture, linac) for point in beam.points])
    widest = tips[..., 1].max(axis=0, where=seen, initial=-np.inf) - tips[..., 0].min(
        axis=0, where=seen, initial=np.inf
    )
    whole = float(widest[seen.any(axis=0)].sum())
    if not whole > 0:
        return 0.0
    area = np.where(seen, tips[..., 1] - tips[..., 0], 0.0).sum(axis=1) / whole
    sequence = np.array([_sequence(t[s & (t[:, 1] > t[:, 0])]) for t, s in zip(tips, seen, strict=True)])
    given = np.diff([point.mu for point in beam.points]) / beam.mu
    return float((given * (area[1:] + area[:-1]) / 2 * (sequence[1:] + sequence[:-1]) / 2).sum())


def _tips(beam: Beam) -> Floats | None:
    """Leaf tips, shape (points, pairs, 2)."""
    apertures = [point.aperture for point in beam.points]
    leaves = [a.leaves_mm for a in apertures if isinstance(a, LeafAperture)]
    return np.stack(leaves) if len(leaves) == len(apertures) else None


def _in_jaws(aperture: object, linac: Linac) -> NDArray[np.bool_]:
    """Pairs that the y jaws leave free, wholly or in part."""
    assert isinstance(aperture, LeafAperture)
    edges = linac.mlc.leaf_edges_mm
    return (edges[1:] > aperture.jaws_mm[2]) & (edges[:-1] < aperture.jaws_mm[3])


def _sequence(open_tips: Floats) -> float:
    """Leaf sequence variability of one aperture's open pairs, both banks' multiplied."""
    if len(open_tips) < 2:
        return 1.0
    span = np.ptp(open_tips, axis=0)
    steps = np.abs(np.diff(open_tips, axis=0)).mean(axis=0)
    return float(np.prod(np.where(span > 0, 1.0 - steps / np.where(span > 0, span, 1.0), 1.0)))
