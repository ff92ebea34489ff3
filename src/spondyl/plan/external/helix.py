"""The geometry and limits of helical tomotherapy.

51 projections a turn (Phys Med Biol 2005;50:2387, loose helical delivery), 64 leaves (Sen and West 2009, J Med Phys
34:194, doi:10.4103/0971-6203.56078) of 6.25 mm at 850 mm (AAPM TG-148: Langen 2010, Med Phys 37:4817,
doi:10.1118/1.3462971; from memory, its text was not opened); pitch 0.86/n (Kissick 2005, Med Phys 32:1414, as Chen's
analysis of the thread effect has it); modulation factor: the longest opening over the mean of those that are not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import PlanError
from spondyl.dose import Field, aimed_field
from spondyl.plan.external.beams import Beam, Triple
from spondyl.plan.external.shaping import seen_from

Floats = NDArray[np.float64]
PER_TURN = 51
LEAVES, LEAF_MM = 64, 6.25
WIDTH_MM = 25.0
"""Of the slit along the couch: the middle one of 10, 25 and 50 mm (Shin 2013, Med Dosim 38:359: 10.5 and 25 mm)."""
PITCHES = tuple(round(0.86 / n, 4) for n in range(3, 11))
"""Couch travel a turn over the width, that may be chosen: 0.86 / n ripples least; 0.287 is Shin's."""
MEAN_MU_PER_GY, IN_HAND = 10.9, 1.4
"""Monitor units of the mean opening for 1 Gy a fraction at pitch 1, and how much longer the longest may be. The boost
plan of T11 with 6 Gy asked for 18.7 at pitch 0.287, which the slowest turn does not give. Ours."""
MARGIN_MM = 3.0
"""Around the target's projection, for leaves that may open. Ours."""
SHARED = 3
"""Projections in a row that share their openings, so that 17 directions a turn are optimised. Ours."""
MOST_MODULATION = 2.5
"""Of the modulation factor (Shin 2013: 1.5 and 2.5)."""
LEAST_SHARE = 0.02
"""Shorter openings are left out, as leaves take time to move. Ours."""
MU_PER_MIN = 850.0
"""Dose rate, of MU of 1 cGy at 15 mm depth: some 850 cGy/min. From memory, unverified; beam times follow from it."""
TURN_S = (11.8, 60.0)
"""Shortest and longest turn of the gantry. From memory, unverified; a plan that needs a longer one is refused."""


@dataclass(frozen=True)
class Helix:
    """Projections from `start_mm` (z of the isocentre's plane) on, upwards."""

    start_mm: float
    projections: int
    width_mm: float = WIDTH_MM
    pitch: float = PITCHES[0]

    def z_mm(self, number: float) -> float:
        """Where the fan's plane cuts the patient after so many projections."""
        return self.start_mm + number * self.pitch * self.width_mm / PER_TURN

    def gantry_deg(self, number: float) -> float:
        """Angle after so many projections, from 180 on."""
        return 180.0 + number * 360.0 / PER_TURN


def pitch_for(dose_per_fraction_gy: float) -> float:
    """The widest of `PITCHES` at which the slowest turn still leaves room to modulate; the narrowest where none does.

    >>> pitch_for(2.0), pitch_for(6.0)
    (0.2867, 0.172)
    """
    longest = MU_PER_MIN / 60.0 * TURN_S[1] / PER_TURN
    wide = (pitch for pitch in PITCHES if IN_HAND * MEAN_MU_PER_GY * dose_per_fraction_gy * pitch <= longest)
    return next(wide, PITCHES[-1])


def helix_over(points_mm: Floats, pitch: float = PITCHES[0]) -> Helix:
    """A helix that begins where the slit has not reached the target's lower end, and ends beyond the upper one."""
    low, high = float(points_mm[:, 2].min()) - WIDTH_MM / 2, float(points_mm[:, 2].max()) + WIDTH_MM / 2
    return Helix(low, int(np.ceil((high - low) / (pitch * WIDTH_MM) * PER_TURN)), pitch=pitch)


@dataclass(frozen=True)
class Group:
    """Projections that share their openings: the first one's number, how many, and the field of their middle."""

    first: int
    count: int
    field: Field


def groups(helix: Helix, points_mm: Floats, isocentre_mm: Triple, sad_mm: float) -> tuple[Group, ...]:
    """The groups of projections that see the target, with fluence 1 where a leaf may open.

    Raises
    ------
    PlanError
        If the target is wider than the fan.
    """
    made: list[Group] = []
    u_edges = np.asarray((np.arange(LEAVES + 1) - LEAVES / 2) * LEAF_MM, np.float64)
    v_edges = np.array([-0.5, 0.5]) * helix.width_mm
    for first in range(0, helix.projections, SHARED):
        count = min(SHARED, helix.projections - first)
        middle = first + count / 2
        angle = helix.gantry_deg(middle) % 360.0
        isocentre = (isocentre_mm[0], isocentre_mm[1], helix.z_mm(middle))
        u, v = seen_from(points_mm, isocentre, angle, sad_mm)
        seen = u[np.abs(v) <= helix.width_mm / 2]
        if not len(seen):
            continue
        if max(-seen.min(), seen.max()) + MARGIN_MM > u_edges[-1]:
            raise PlanError(
                f"the target reaches {np.abs(seen).max():.0f} mm off the axis, the fan {u_edges[-1]:.0f} mm; the field "
                "is larger than the machine: choose another technique"
            )
        low, high = np.searchsorted(u_edges, [seen.min() - MARGIN_MM, seen.max() + MARGIN_MM])
        fluence = np.zeros((1, LEAVES))
        fluence[0, low - 1 : high] = 1.0
        field = aimed_field(f"P{first + 1:03d}", isocentre, sad_mm, (u_edges, v_edges, fluence), angle)
        made.append(Group(first, count, field))
    return tuple(made)


def helical_time_s(beam: Beam) -> float:
    """Seconds of beam, which is on all the way at `MU_PER_MIN`; turns before and after are left out."""
    return beam.mu * 60.0 / MU_PER_MIN


def sinogram(wanted_mu: Floats) -> tuple[Floats, float]:
    """Open shares of each leaf in each projection, shape (projections, leaves), and a projection's monitor units.

    Openings are cut at `MOST_MODULATION` times the mean of those that are not zero and at the slowest turn, and left
    out below `LEAST_SHARE` of the longest. A projection lasts as long as the longest opening, but no less than the
    gantry's fastest turn allows.

    Raises
    ------
    PlanError
        If nothing opens, or the gantry would have to turn slower than it can.
    """
    opened = wanted_mu.copy()
    if not opened.max() > 0:
        raise PlanError("every leaf stays shut: the plan has 0 MU, expected more; check prescription and target")
    per_s = MU_PER_MIN / 60.0
    shortest, longest = (per_s * seconds / PER_TURN for seconds in TURN_S)
    while True:
        opened[opened < LEAST_SHARE * opened.max()] = 0.0
        mean = float(opened[opened > 0].mean())
        if mean > longest:
            raise PlanError(
                f"a projection needs {mean:.1f} MU in the mean of its openings, {longest:.1f} at most with a turn of "
                f"{TURN_S[1]:g} s; prescribe less a fraction, or take another technique"
            )
        most = min(MOST_MODULATION * mean, longest)
        if opened.max() <= most * (1 + 1e-6):
            break
        opened = np.minimum(opened, most)
    mu = max(float(opened.max()), shortest)
    return opened / mu, mu
