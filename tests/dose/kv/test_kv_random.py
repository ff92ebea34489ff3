"""The generator of photon histories: its published sequence, and independent histories."""

import numpy as np
import pytest
from numba import njit

from spondyl.dose.kv.random import mixed, start, uniform


def test_splitmix64_gives_its_published_sequence():
    # Rosetta Code, "Pseudo-random numbers/Splitmix64", seed 1234567.
    state, found = 1234567, []
    for _ in range(5):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        found.append(int(mixed(np.uint64(state))))
    assert found == [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
    ]  # fmt: skip


@njit
def _firsts(count, out):
    for history in range(count):
        state = start(np.uint64(7), np.uint64(history))
        for i in range(out.shape[1]):
            state, out[history, i] = uniform(state)


def test_neighbouring_histories_are_even_and_independent():
    out = np.empty((40_000, 3))
    _firsts(len(out), out)
    assert out.min() > 0
    assert out.max() < 1
    assert out.mean(axis=0) == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / len(out)))
    neighbours = [np.corrcoef(out[:-1, 0], out[1:, i])[0, 1] for i in range(3)]
    assert np.abs(neighbours).max() < 4 / np.sqrt(len(out))


def test_another_seed_is_another_history():
    assert start(np.uint64(1), np.uint64(5)) != start(np.uint64(2), np.uint64(5))
