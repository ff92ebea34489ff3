"""Smoothing of scattered photons' kerma to water, where it is smooth: never of dose, which jumps with the medium."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.smoothing_kernels import blur

Volume = NDArray[np.float32]

REACHES = ((1,), (1, 2))
"""Blurs of each level, one after the other, by how far they reach in voxels."""
BIAS = (0.13, 0.4)
"""Relative bias of each level beside an interface, over the step of attenuation there, 1/mm at 20 keV, times the voxel
side; measured with muscle against cortical bone 4 to 14 mm from a 50 kV source, the largest of the first level and
twice the r.m.s. of the second (docs/theory/kilovoltage-estimator.md)."""
FREE_BIAS = (0.001, 0.005)
"""The same in an even medium, within the measurement's 0.1 %."""
NEAR_SOURCE_VOXELS = (2.5, 6.0)
"""Nearer to a source a level is not used: once-scattered photons go up steeper than the inverse square there."""

OPAQUE = 2.0
"""Optical depth of a voxel at 20 keV, as in titanium and steel of 1 mm, from which nothing is averaged there or beside
it: fluence falls within the voxel, and the neighbours' says nothing of it."""


def smoothed(kerma: Volume, falling: Volume, level: int) -> Volume:
    """`kerma` over `falling` with its noise averaged over neighbours, times `falling`.

    Twice the blur less the blur of the blur: what changes up to the third power of place stays as it is.

    Parameters
    ----------
    kerma, falling
        Shape (nz, ny, nx); `falling` is the sum of the sources' inverse squares.
    level
        Which of `REACHES`.
    """
    once = _blurred(kerma / falling, level)
    return (2 * once - _blurred(once, level)) * falling


def _blurred(values: Volume, level: int) -> Volume:
    for reach in REACHES[level]:
        values = blur(values, reach)
    return values


def smoothing_bias(attenuation_per_mm: Volume, spacing_mm: NDArray[np.float64], distance: Volume) -> list[Volume]:
    """Largest relative bias of each level to be feared in each voxel; infinite where it must not be used.

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
    for level, reaches in enumerate(REACHES):
        for _ in range(sum(reaches)):
            step, opaque = _largest_beside(step), _largest_beside(opaque)
        bias = np.hypot(np.float32(BIAS[level]) * step, np.float32(FREE_BIAS[level]))
        bias[opaque > OPAQUE] = np.inf
        bias[distance < NEAR_SOURCE_VOXELS[level]] = np.inf
        edge = 2 * sum(reaches)
        for axis in range(3):
            b = np.moveaxis(bias, axis, 0)
            b[:edge] = b[max(b.shape[0] - edge, 0) :] = np.inf
        found.append(bias)
    return found


def _largest_beside(values: Volume) -> Volume:
    """Largest of each voxel and its six neighbours."""
    out = values.copy()
    for axis in range(3):
        o, v = np.moveaxis(out, axis, 0), np.moveaxis(values, axis, 0)
        np.maximum(o[1:], v[:-1], out=o[1:])
        np.maximum(o[:-1], v[1:], out=o[:-1])
    return out
