"""Smoothing of scattered photons' kerma to water, where it is smooth: never of dose, which jumps with the medium."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.smoothing_kernels import blur, largest_beside

Volume = NDArray[np.float32]

REACHES = ((1,), (1, 2), (1, 2, 2), (1, 2, 2, 3))
"""Blurs of each level, one after the other, by how far they reach in voxels."""
STEP_BIAS = (0.02, 0.04, 0.05, 0.07)
"""Relative bias of each level beside an interface, over the step of optical depth of a voxel there, at 20 keV."""
FREE_BIAS = (0.003, 0.006, 0.008, 0.02)
"""Everywhere: what the expected scatter, drawn along a few directions, adds of its own."""
SOURCE_BIAS = (0.03, 0.07, 0.1, 0.15)
"""Near a source, times its distance in voxel sides. All three are r.m.s. values, rounded up, of a vertebra, and of
muscle beside cortical bone and beside barium cement (docs/theory/kilovoltage-estimator.md)."""
NEAR_SOURCE_VOXELS = (2.5, 6.0, 6.0, 9.0)
"""Nearer to a source a level is not used: once-scattered photons go up steeper than the inverse square there."""
OPAQUE = 2.0
"""Optical depth of a voxel at 20 keV, as in titanium and steel of 1 mm, from which nothing is averaged there or beside
it: fluence falls within the voxel, and the neighbours' says nothing of it."""


def smoothed(ratio: Volume) -> tuple[Volume, ...]:
    """`ratio`, shape (nz, ny, nx), with its noise averaged over neighbours: each level of `REACHES`.

    Twice the blur less the blur of the blur: what changes up to the third power of place stays as it is, near the
    grid's faces what changes evenly.
    """
    found: list[Volume] = []
    once = twice = ratio
    done = 0
    for reaches in REACHES:
        for reach in reaches[done:]:  # each level goes on where the one before it ended
            first, once = twice is ratio, blur(once, reach)
            twice = blur(once if first else blur(twice, reach), reach)
        done = len(reaches)
        found.append(2 * once - twice)
    return tuple(found)


def smoothing_bias(attenuation_per_mm: Volume, spacing_mm: NDArray[np.float64], distance: Volume) -> list[Volume]:
    """Relative bias of each level to be expected in each voxel; infinite where it must not be used.

    Parameters
    ----------
    attenuation_per_mm
        At 20 keV, shape (nz, ny, nx).
    spacing_mm
        (x, y, z).
    distance
        To the nearest source, in voxel sides.
    """
    step = np.zeros_like(attenuation_per_mm)
    opaque = attenuation_per_mm * np.float32(spacing_mm.max())
    for axis in range(3):
        a, s = np.moveaxis(attenuation_per_mm, axis, 0), np.moveaxis(step, axis, 0)
        difference = np.abs(np.diff(a, axis=0)) * np.float32(spacing_mm[2 - axis])
        np.maximum(s[1:], difference, out=s[1:])
        np.maximum(s[:-1], difference, out=s[:-1])
    found: list[Volume] = []
    reached = 0
    for level, reaches in enumerate(REACHES):
        while reached < sum(reaches):
            step, opaque = largest_beside(step), largest_beside(opaque)
            reached += 1
        near = np.float32(SOURCE_BIAS[level]) / np.maximum(distance, 1)
        bias = np.hypot(np.hypot(np.float32(STEP_BIAS[level]) * step, np.float32(FREE_BIAS[level])), near)
        bias[opaque > OPAQUE] = np.inf
        bias[distance < NEAR_SOURCE_VOXELS[level]] = np.inf
        found.append(bias)
    return found
