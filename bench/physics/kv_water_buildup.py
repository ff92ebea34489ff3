"""Scattered over primary dose about a point source in boundless water: the table data/physics/kv_buildup_water.csv.

Run: `python bench/physics/kv_water_buildup.py [histories] > src/spondyl/data/physics/kv_buildup_water.csv`. Photons of
one energy; each scattered flight is scored by its expected track length in thin shells, absorption by weight.
"""

import math
import sys

import numpy as np
from numba import njit

from spondyl.dose.kv.interact import at, isotropic, locate, sample_compton, sample_rayleigh, turn
from spondyl.dose.kv.random import start, uniform
from spondyl.physics.kv.tables import photon_tables

ENERGY_KEV = (5, 6, 8, 10, 12, 14, 16, 18, 20, 22.5, 25, 27.5, 30, 33, 36, 40, 45, 50, 60, 70, 85, 100)
RADIUS_MM = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 35, 40, 50, 60, 80, 100)
SHELL = 0.02  # half width of a shell over its radius
LEAST_WEIGHT = 0.05
GROUPS = 20  # for the standard error


@njit(cache=True)
def _along(x, u, radius):
    """Where a line enters and leaves a sphere about the origin, in cm along it."""
    middle = -(x[0] * u[0] + x[1] * u[1] + x[2] * u[2])
    square = x[0] ** 2 + x[1] ** 2 + x[2] ** 2 - middle * middle
    half = math.sqrt(max(0.0, radius * radius - square))
    return max(0.0, middle - half), max(0.0, middle + half)


@njit(cache=True)
def _score(x, u, mu, value, inner, outer, out):
    """Add value times the expected track length in each shell."""
    for k in range(inner.size):
        a, b = _along(x, u, outer[k])
        c, d = _along(x, u, inner[k])
        out[k] += value * (math.exp(-mu * a) - math.exp(-mu * c) + math.exp(-mu * d) - math.exp(-mu * b)) / mu


@njit(cache=True)
def scattered(t, row, energy_kev, histories, seed, inner, outer):
    """Expected scattered energy deposit per volume-cm of track, shape (shells,)."""
    out = np.zeros(inner.size)
    x, u = np.zeros(3), np.zeros(3)
    for history in range(histories):
        state = start(np.uint64(seed), np.uint64(history))
        energy, weight, x[:], first = energy_kev, 1.0, 0.0, True
        state, u[0], u[1], u[2] = isotropic(state)
        while True:
            node, w = locate(t, energy)
            mu = at(t.total, row, node, w)
            if not first:
                _score(x, u, mu, weight * energy * at(t.absorption, row, node, w), inner, outer, out)
            first = False
            state, v = uniform(state)
            x += u * (-math.log(v) / mu)
            coherent, incoherent = at(t.coherent, row, node, w), at(t.incoherent, row, node, w)
            weight *= (coherent + incoherent) / mu
            if weight < LEAST_WEIGHT:
                state, v = uniform(state)
                if v > weight / (5 * LEAST_WEIGHT):
                    break
                weight = 5 * LEAST_WEIGHT
            state, v = uniform(state)
            if v * (coherent + incoherent) < coherent:
                state, cosine = sample_rayleigh(t, row, energy, state)
            else:
                state, energy, cosine = sample_compton(t, row, energy, state)
            state, v = uniform(state)
            u[0], u[1], u[2] = turn(u[0], u[1], u[2], cosine, 2 * math.pi * v)
            if energy < 1.0 or x[0] ** 2 + x[1] ** 2 + x[2] ** 2 > 40.0**2:
                break
    return out / histories


def build_up(energy_kev, histories):
    """Dose over primary dose at `RADIUS_MM` and its relative standard error; primary averaged over the shell."""
    t = photon_tables(())
    row = t.total.shape[0] - 1
    radius = np.asarray(RADIUS_MM) / 10
    inner, outer = radius * (1 - SHELL), radius * (1 + SHELL)
    node, w = locate(t, float(energy_kev))
    mu, absorbed = at(t.total, row, node, w), at(t.absorption, row, node, w)
    primary = energy_kev * absorbed * (np.exp(-mu * inner) - np.exp(-mu * outer)) / mu
    groups = [
        scattered(t, row, float(energy_kev), histories // GROUPS, 1000 * g + int(10 * energy_kev), inner, outer)
        for g in range(GROUPS)
    ]
    ratio = np.asarray(groups) / np.maximum(primary, 1e-300)
    mean = ratio.mean(axis=0)
    return 1 + mean, ratio.std(axis=0, ddof=1) / math.sqrt(GROUPS) / (1 + mean)


def main() -> None:
    histories = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print("# Dose over primary dose (to water) about an isotropic point source in boundless water, by distance in mm.")
    print(
        f"# Own photon Monte Carlo, bench/physics/kv_water_buildup.py, {histories} photons an energy. Where the "
        "standard"
    )
    print("# error is above 3 %, which primary photons have long lost to higher energies, the last good value goes on.")
    print("energy_kev," + ",".join(f"{r:g}" for r in RADIUS_MM))
    worst = 0.0
    for energy in ENERGY_KEV:
        mean, error = build_up(energy, histories)
        good = int(np.argmax(np.append(error > 0.03, True)))
        mean[good:] = mean[good - 1]
        worst = max(worst, float(error[:good][np.asarray(RADIUS_MM[:good]) <= 40].max()))
        print(f"{energy:g}," + ",".join(f"{v:.4f}" for v in mean), flush=True)
        print(
            f"{energy:g} keV: {good} of {len(RADIUS_MM)} radii, error {100 * error[:good].max():.2f} %", file=sys.stderr
        )
    print(f"largest standard error to 40 mm: {100 * worst:.2f} %", file=sys.stderr)


if __name__ == "__main__":
    main()
