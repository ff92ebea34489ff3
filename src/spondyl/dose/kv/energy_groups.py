"""A few groups of energies that stand for a spectrum, and for the lines that heavy elements send out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.energy_quadrature import interpolated
from spondyl.dose.kv.scatter import EnergyDraw
from spondyl.physics.kv.tables import PhotonTables

Floats = NDArray[np.float64]

GROUPS = 3
"""Groups of a spectrum, each for as much dose as the next."""
HARD_LINE_KEV = 20.0
"""Lines above go far (barium's K lines), those below next to nowhere (titanium's, iron's, and barium's L lines)."""


@dataclass(frozen=True)
class EnergyGroups:
    """Groups of a spectrum's bins.

    Parameters
    ----------
    edges_kev
        Between the groups, shape (groups - 1,).
    energy_kev
        Of the bins' centres, shape (bins,).
    share
        What each bin counts in its group, shape (bins, groups); columns add up to 1.
    """

    edges_kev: Floats
    energy_kev: Floats
    share: Floats

    @property
    def mean_kev(self) -> Floats:
        """The energy that stands for each group, shape (groups,)."""
        return self.energy_kev @ self.share


def energy_groups(draw: EnergyDraw) -> EnergyGroups:
    """Groups in which as many energies are drawn; fewer where the spectrum has few lines."""
    centre = (draw.low_kev + draw.high_kev) / 2
    drawn = np.diff(draw.cumulative, prepend=0.0)
    ends = np.unique(np.searchsorted(draw.cumulative, np.arange(1, GROUPS) / GROUPS))
    edges = draw.high_kev[ends[ends < centre.size - 1]]
    group = np.searchsorted(edges, centre)
    share = np.where(group[:, None] == np.arange(edges.size + 1), drawn[:, None], 0.0)
    filled = share.sum(axis=0) > 0
    share = share[:, filled]
    return EnergyGroups(edges[filled[:-1]], centre, share / share.sum(axis=0))


@dataclass(frozen=True)
class Lines:
    """Lines of one kind: their mean energy, and photons per g/cm2 that unscattered photons of each group make of it.

    Parameters
    ----------
    emitted
        cm2/g, float32, shape (rows, groups).
    """

    energy_kev: float
    emitted: NDArray[np.float32]


def lines_of(t: PhotonTables, groups: EnergyGroups) -> list[Lines]:
    """Soft and hard lines of the materials of `t`, each only if a material sends them out."""
    found: list[Lines] = []
    absorbed = interpolated(t, t.photoelectric, groups.energy_kev)
    for hard in (False, True):
        photons, energy = np.zeros_like(absorbed), np.zeros_like(absorbed)
        for row, place in np.argwhere(t.candidate >= 0):
            before = t.cumulative[row, place - 1] if place else 0.0
            opened = interpolated(t, (t.cumulative[row, place] - before)[None], groups.energy_kev)[0] * absorbed[row]
            first, end = t.first_transition[t.candidate[row, place] :][:2]
            kev, probability = t.line_kev[first:end], np.diff(t.transition_probability[first:end], prepend=0.0)
            kind = (kev > 0) & ((kev >= HARD_LINE_KEV) == hard)
            photons[row] += opened * probability[kind].sum()
            energy[row] += opened * (probability * kev)[kind].sum()
        if photons.sum() > 0:
            found.append(Lines(float(energy.sum() / photons.sum()), (photons @ groups.share).astype(np.float32)))
    return found
