"""Sums of what fields bring to a grid, cropped to what is there; and coarse energy shared among fine voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.engines.pack_kernels import add_share
from spondyl.dose.engines.released_energy import Photons, ReleasedEnergy
from spondyl.physics import Medium

Floats = NDArray[np.float64]
Triple = tuple[int, int, int]


class _Box:
    """The smallest box of a grid that holds what was added."""

    def __init__(self, shape: Triple) -> None:
        self._low, self._high = np.array(shape), np.zeros(3, np.int64)

    def hold(self, start: Triple, shape: tuple[int, ...]) -> tuple[slice, ...]:
        """Grow to a part, and where that lies."""
        low, high = np.asarray(start), np.add(start, shape)
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))

    @property
    def start(self) -> Triple:
        return int(self._low[0]), int(self._low[1]), int(self._low[2])

    @property
    def slices(self) -> tuple[slice, ...]:
        return tuple(slice(int(a), int(b)) for a, b in zip(self._low, self._high, strict=True))


class EnergySum:
    """Released energy of several beams on the whole grid."""

    def __init__(self, groups: int, shape: Triple) -> None:
        self._primary = np.zeros((groups, *shape), np.float32)
        self._scatter = np.zeros_like(self._primary)
        self._box = _Box(shape)

    def add(self, found: ReleasedEnergy, share: float) -> None:
        """Add a beam's energy times its share."""
        self._box.hold(found.start, found.primary.shape[1:])
        add_share(self._primary, found.primary, np.asarray(found.start), np.float32(share))
        add_share(self._scatter, found.scatter, np.asarray(found.start), np.float32(share))

    def cropped(self, source_mm: Floats) -> ReleasedEnergy:
        """What was added, in its box, as released by a source at `source_mm`."""
        box = (slice(None), *self._box.slices)
        return ReleasedEnergy(self._box.start, self._primary[box].copy(), self._scatter[box].copy(), source_mm)


class PhotonSum:
    """Photons of several beams on the whole grid."""

    def __init__(self, shape: Triple) -> None:
        self._per_cm2 = np.zeros(shape)
        self._rows = np.zeros((*shape[:2], 2), np.int64)
        self._box = _Box(shape)

    def add(self, found: Photons, share: float) -> None:
        """Add a beam's photons times its share."""
        self._per_cm2[self._box.hold(found.start, found.per_cm2.shape)] += share * found.per_cm2
        rows, other = self._rows, found.rows
        empty, new = rows[..., 1] <= rows[..., 0], other[..., 1] > other[..., 0]
        first = np.where(empty, other[..., 0], np.where(new, np.minimum(rows[..., 0], other[..., 0]), rows[..., 0]))
        self._rows = np.stack([first, np.maximum(rows[..., 1], other[..., 1])], axis=-1)

    def cropped(self) -> Photons:
        """What was added, in its box."""
        return Photons(self._rows, self._box.start, self._per_cm2[self._box.slices].copy())


def by_mass(found: ReleasedEnergy, coarse: Medium, fine: Medium, factor: Triple) -> ReleasedEnergy:
    """Energy released in coarse voxels shared among the `factor` (z, y, x) fine ones of each by their mass."""
    shape = fine.grid.shape
    start = tuple(a * f for a, f in zip(found.start, factor, strict=True))
    stop = [min(n, s + c * f) for n, s, c, f in zip(shape, start, found.primary.shape[1:], factor, strict=True)]
    box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    joined = tuple(slice(a, a + n) for a, n in zip(found.start, found.primary.shape[1:], strict=True))
    density, mean = fine.density_g_per_cm3[box], coarse.density_g_per_cm3[joined]

    def shared(energy: NDArray[np.float32]) -> NDArray[np.float32]:
        per_gram = np.divide(energy, mean, out=np.zeros_like(energy), where=mean > 0)
        for axis, repeat in enumerate(factor):
            per_gram = np.repeat(per_gram, repeat, axis=axis + 1)
        return (per_gram[(slice(None), *(slice(0, n) for n in density.shape))] * density).astype(np.float32)

    return ReleasedEnergy((start[0], start[1], start[2]), shared(found.primary), shared(found.scatter), found.source_mm)
