"""What happens to a photon of 1 to 100 keV where it interacts: plain scalar steps, compiled for any device."""

from __future__ import annotations

import math

from numba import njit

from spondyl.dose.kv.random import uniform
from spondyl.physics.kv.energies import CELLS_PER_KEV, LOWEST_KEV
from spondyl.physics.kv.sampling import ELECTRON_KEV, HC_KEV_ANGSTROM, X_STEP


@njit(cache=True)
def locate(t, energy_kev):
    """Node below an energy of 1 to 100 keV, and the weight of the next one."""
    node = int(t.first_node[int((energy_kev - LOWEST_KEV) * CELLS_PER_KEV)])
    while node + 2 < t.energy_kev.size and t.energy_kev[node + 1] <= energy_kev:
        node += 1
    low = t.energy_kev[node]
    return node, (energy_kev - low) / (t.energy_kev[node + 1] - low)


@njit(cache=True)
def at(table, row, node, weight):
    """A table's value between two nodes."""
    low = table[row, node]
    return low + weight * (table[row, node + 1] - low)


@njit(cache=True)
def at_transfer(table, row, x_per_angstrom):
    """The value at a momentum transfer of a table over `x_per_angstrom`."""
    place = x_per_angstrom / X_STEP
    i = int(place)
    low = table[row, i]
    return low + (place - i) * (table[row, i + 1] - low)


@njit(cache=True)
def sample_energy(low_kev, high_kev, cumulative, state):
    """A photon's energy in keV from a `KvSpectrum`."""
    state, u = uniform(state)
    first, last = 0, cumulative.size - 1
    while first < last:
        middle = (first + last) // 2
        if cumulative[middle] < u:
            first = middle + 1
        else:
            last = middle
    state, v = uniform(state)
    return state, low_kev[first] + v * (high_kev[first] - low_kev[first])


@njit(cache=True)
def isotropic(state):
    """A direction, every one as likely."""
    state, u = uniform(state)
    state, v = uniform(state)
    uz = 2.0 * u - 1.0
    across = math.sqrt(1.0 - uz * uz)
    phi = 2.0 * math.pi * v
    return state, across * math.cos(phi), across * math.sin(phi), uz


@njit(cache=True)
def turn(ux, uy, uz, cosine, phi):
    """A direction turned by a scattering angle's cosine, and by phi about itself."""
    sine = math.sqrt(max(0.0, 1.0 - cosine * cosine))
    a, b = sine * math.cos(phi), sine * math.sin(phi)
    across = math.sqrt(ux * ux + uy * uy)
    if across < 1e-9:
        vx, vy, vz = a, b, cosine if uz > 0.0 else -cosine
    else:
        vx = ux * cosine + (ux * uz * a - uy * b) / across
        vy = uy * cosine + (uy * uz * a + ux * b) / across
        vz = uz * cosine - across * a
    scale = 1.0 / math.sqrt(vx * vx + vy * vy + vz * vz)
    return vx * scale, vy * scale, vz * scale


@njit(cache=True)
def compton_ratio(energy_kev, cosine):
    """Energy after scattering by an electron at rest, over the energy before."""
    return 1.0 / (1.0 + energy_kev / ELECTRON_KEV * (1.0 - cosine))


@njit(cache=True)
def transfer(energy_kev, cosine):
    """Momentum transfer x in 1/angstrom."""
    return energy_kev / HC_KEV_ANGSTROM * math.sqrt(max(0.0, (1.0 - cosine) / 2.0))


@njit(cache=True)
def sample_compton(t, row, energy_kev, state):
    """Scattered energy in keV and cosine, by Klein and Nishina times the incoherent scattering function.

    The energy is a free electron's, its loss scaled to what bound ones take on average; its spread is left out.
    """
    node, weight = locate(t, energy_kev)
    scale = at(t.transfer_scale, row, node, weight)
    most = at_transfer(t.scattering_function, row, transfer(energy_kev, -1.0))
    while True:
        state, u = uniform(state)
        cosine = 1.0 - 2.0 * u
        ratio = compton_ratio(energy_kev, cosine)
        shape = 0.5 * ratio * ratio * (ratio + 1.0 / ratio - 1.0 + cosine * cosine)
        state, v = uniform(state)
        if v * most <= shape * at_transfer(t.scattering_function, row, transfer(energy_kev, cosine)):
            return state, energy_kev * (1.0 - scale * (1.0 - ratio)), cosine


@njit(cache=True)
def sample_rayleigh(t, row, energy_kev, state):
    """Cosine of coherent scattering: F^2 by its inverse integral, then Thomson's 1 + cos^2."""
    largest = transfer(energy_kev, -1.0)
    top = _cumulative(t, row, largest)
    while True:
        state, u = uniform(state)
        cosine = 1.0 - 2.0 * _square_at(t, row, u * top) / (largest * largest)
        state, v = uniform(state)
        if cosine >= -1.0 and 2.0 * v <= 1.0 + cosine * cosine:
            return state, cosine


@njit(cache=True)
def _cumulative(t, row, x):
    """Integral of F^2 over x^2 up to x, linear in x^2 between nodes."""
    i = int(x / X_STEP)
    low, high = t.x_per_angstrom[i], t.x_per_angstrom[i + 1]
    before = t.form_factor_cumulative[row, i]
    share = (x * x - low * low) / (high * high - low * low)
    return before + share * (t.form_factor_cumulative[row, i + 1] - before)


@njit(cache=True)
def _square_at(t, row, value):
    """x^2 up to which the integral of F^2 has a value: the inverse of `_cumulative`."""
    first, last = 0, t.x_per_angstrom.size - 1
    while last - first > 1:
        middle = (first + last) // 2
        if t.form_factor_cumulative[row, middle] <= value:
            first = middle
        else:
            last = middle
    low, high = t.x_per_angstrom[first], t.x_per_angstrom[last]
    before = t.form_factor_cumulative[row, first]
    share = (value - before) / (t.form_factor_cumulative[row, last] - before)
    return low * low + share * (high * high - low * low)


@njit(cache=True)
def sample_vacancy(t, row, node, weight, state):
    """The vacancy that a photoelectric absorption opens, -1 where none sends out what is transported."""
    most = t.candidate.shape[1]
    if most == 0 or t.candidate[row, 0] < 0:
        return state, -1
    state, u = uniform(state)
    for j in range(most):
        if t.candidate[row, j] < 0:
            break
        low = t.cumulative[row, j, node]
        if u < low + weight * (t.cumulative[row, j, node + 1] - low):
            return state, int(t.candidate[row, j])
    return state, -1


@njit(cache=True)
def relax(t, vacancy, state):
    """What fills a vacancy: the line's energy in keV (0: none leaves), and the vacancy then open (-1: none)."""
    state, u = uniform(state)
    for i in range(t.first_transition[vacancy], t.first_transition[vacancy + 1]):
        if u < t.transition_probability[i]:
            return state, t.line_kev[i], int(t.opens[i])
    return state, 0.0, -1
