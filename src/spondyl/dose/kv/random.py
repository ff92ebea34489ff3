"""Random numbers of a photon history: one 64-bit state, the same on every device and number of threads.

SplitMix64 (Steele, Lea and Flood 2014, OOPSLA, doi:10.1145/2660193.2660195; constants of Vigna's public-domain
splitmix64.c). Each history starts at its own place, hashed from seed and history number.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31 = (np.uint64(n) for n in (11, 27, 30, 31))
_UNIT = 2.0**-53


@njit(cache=True)
def mixed(state):
    """The output function: 64 well-mixed bits of a state."""
    z = (state ^ (state >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@njit(cache=True)
def start(seed, history):
    """State at which a history begins; both uint64."""
    return mixed(mixed(seed + _STEP) ^ (history * _STEP))


@njit(cache=True)
def uniform(state):
    """The next state, and a number above 0 and below 1."""
    state = state + _STEP
    return state, (float(mixed(state) >> _S11) + 0.5) * _UNIT
