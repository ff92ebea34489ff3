"""From the fluence problem of the sectors to the aperture problem and where its search starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spondyl.physics import Linac
from spondyl.plan.external.aperture_variables import Apertures, Variables
from spondyl.plan.external.arcs import ArcPath
from spondyl.plan.external.direct_aperture import ApertureProblem
from spondyl.plan.external.leaf_motion import SLOWEST, LeafMotion, most_way_mm
from spondyl.plan.external.vmat_lattice import Lattice
from spondyl.plan.external.vmat_sequencing import lanes_of_pairs, sequence
from spondyl.plan.goals import Goal
from spondyl.plan.lagrangian import Effort, solve
from spondyl.plan.matvec import Floats
from spondyl.plan.optimiser import dot, minimise
from spondyl.plan.problem import Problem
from spondyl.plan.wishlist import Wishlist

FLUENCE_EFFORT = Effort(rounds=4, iterations=12)
"""The fluence is only where the apertures come from; they are optimised in earnest."""
WITHOUT_LIMIT = 0.01
"""Weight of wishes without a limit beside those with one, while all are pursued at once."""
MU_UNIT = 1.0
"""Unit of the weights that are MU: as stiff for the search as a leaf pair's millimetre, within a factor of four."""
BEYOND_MM = 10.0
"""How far leaf tips may wait outside what they may open, for the search."""
LEAST_MU_MARGIN = 1.05
"""On the lowest dose rate: the last normalisation may take 3 % away."""
SMOOTHNESS = 0.05
"""The same of roughness: few apertures a sector give only a smooth fluence."""
MATCHING, MATCHED_WITHIN, STRAIN = 500, 1e-4, 0.1
"""Iterations in which apertures are brought near the fluence, the gain below which they end, and what strain counts."""


def rough_fluence(problem: Problem, wishlist: Wishlist, start: Floats) -> Floats:
    """Fluence that meets the wish-list roughly: all wishes at once while the upper limits hold."""
    wishes: dict[Goal, float] = dict.fromkeys(wishlist.at_least, 1.0)
    for wish in wishlist.wishes:
        for goal, weight in wish.goals:
            light = SMOOTHNESS if goal.metric == "roughness" else WITHOUT_LIMIT
            wishes[goal] = weight * (1.0 if goal.limit is not None else light)
    bounds = [(goal, goal.aim) for goal in wishlist.never_above]
    return solve(problem, tuple(wishes.items()), bounds, start, FLUENCE_EFFORT).x


def aperture_problem(
    problem: Problem, fluence: Floats, path: ArcPath, lattice: Lattice, linac: Linac, fractions: int
) -> tuple[ApertureProblem, Floats]:
    """The problem in leaves and MU, and its first weights from `fluence` (MU of the course by beamlet)."""
    found = sequence(fluence, lattice, path)
    least = (
        LEAST_MU_MARGIN
        * fractions
        * float(
            linac.least_dose_rate_mu_per_min
            / 60.0
            * path.turn_deg[path.beam_on].max()
            / (SLOWEST * linac.gantry_speed_deg_per_s)
        )
    )
    low, high = _limits_mm(path, lattice, linac)
    variables = Variables(
        path, lattice, low - BEYOND_MM, linac.mlc.least_gap_mm, linac.mlc.leaf_offset_mm, linac.mlc.transmission, least,
        MU_UNIT,
    )  # fmt: skip
    motion = LeafMotion(variables, most_way_mm(path, linac), low, high, problem.leaves.open_units)
    first = motion.deliverable(Apertures(np.clip(found.first, low, high), np.clip(found.second, low, high), found.mu))
    made = ApertureProblem(problem, variables, motion)
    given = variables.beamlets(variables.weights(first))
    scale = float(problem.row_dose(fluence).sum() / problem.row_dose(given).sum())
    return made, match_fluence(made, variables.weights(replace(first, mu=first.mu * scale)), fluence)


def match_fluence(problem: ApertureProblem, start: Floats, fluence: Floats) -> Floats:
    """Weights whose beamlets come near `fluence`, leaf ways kept; no dose is needed, so it takes seconds."""
    scale = 1.0 / dot(fluence, fluence)

    def miss(y: Floats) -> tuple[float, Floats]:
        rest = problem.variables.beamlets(y) - fluence
        strain, push = problem.strain(y)
        gradient = problem.variables.gradient(y, 2.0 * scale * rest)
        return scale * dot(rest, rest) + STRAIN * strain, gradient + STRAIN * push

    return minimise(miss, start, iterations=MATCHING, tolerance=MATCHED_WITHIN).x


def _limits_mm(path: ArcPath, lattice: Lattice, linac: Linac) -> tuple[Floats, Floats]:
    """Where each pair may be open at each control point: wherever a segment beside it has beamlets.

    A pair without any waits in the middle of the others.
    """
    lane_first, lane_last = lanes_of_pairs(lattice)
    arcs, pairs = lane_first.shape
    low = np.full((arcs, path.points, pairs), np.nan)
    high = low.copy()
    for arc, p in np.ndindex(arcs, pairs):
        lanes = lattice.open_mm[arc, :, lane_first[arc, p] : lane_last[arc, p]]
        for s in np.flatnonzero(~np.isnan(lanes).all(axis=(1, 2))):
            at = slice(path.sector_first[s], path.sector_last[s] + 1)
            low[arc, at, p] = np.fmin(low[arc, at, p], np.nanmin(lanes[s]))
            high[arc, at, p] = np.fmax(high[arc, at, p], np.nanmax(lanes[s]))
    centre = np.nanmean(lattice.open_mm, axis=(1, 2, 3))[:, None, None]
    half = linac.mlc.least_gap_mm / 2 + linac.mlc.leaf_offset_mm
    empty = np.isnan(low)
    return np.where(empty, centre - half, low + linac.mlc.leaf_offset_mm), np.where(
        empty, centre + half, high - linac.mlc.leaf_offset_mm
    )
