"""Dose and its standard error from batches of energy sums."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.dose.kv.analogue_steps import MEDIUM, UNITS_PER_KEV, WATER
from spondyl.dose.kv.setup import GRAY_PER_KEV_PER_GRAM
from spondyl.physics import Medium

Floats = NDArray[np.float64]

JUDGED_MM = (3.0, 20.0)
"""Voxels between these distances from the source decide whether a target uncertainty is reached."""


class BatchSums:
    """Energies of all batches so far, voxel by voxel.

    Parameters
    ----------
    medium
        Whose voxels' masses turn energy into dose.
    """

    def __init__(self, medium: Medium) -> None:
        self._shape = medium.grid.shape
        self._mass_g = (medium.density_g_per_cm3 * medium.grid.voxel_volume_cm3).astype(np.float64).ravel()
        self._total = np.zeros((self._mass_g.size, 2))
        self._square = np.zeros(self._mass_g.size)
        self.histories = 0
        self.batches = 0

    def take(self, energy: NDArray[np.uint64], histories: int) -> None:
        """Add a batch: energies of shape (lanes, voxels, 2) in 1 / `UNITS_PER_KEV`, of so many histories."""
        _take(energy, histories, self._total, self._square)
        self.histories += histories
        self.batches += 1

    def dose_gy(self, kind: int) -> Floats:
        """Gy per emitted photon, shape of the grid: to the medium, or to water; 0 in vacuum."""
        energy = self._total[:, kind] * (GRAY_PER_KEV_PER_GRAM / self.histories)
        return np.divide(energy, self._mass_g, out=np.zeros_like(energy), where=self._mass_g > 0).reshape(self._shape)

    def uncertainty(self) -> Floats:
        """Relative standard error of the dose to the medium, shape of the grid.

        From the batches' scatter, weighted by their histories. 1 where matter got no dose, or there is one batch;
        0 in vacuum.
        """
        total, matter = self._total[:, MEDIUM], self._mass_g > 0
        relative = matter.astype(np.float64)
        some = total > 0
        if self.batches > 1:
            excess = np.maximum(self._square[some] - total[some] ** 2 / self.histories, 0)
            relative[some] = np.sqrt(excess * self.histories / (self.batches - 1)) / total[some]
        return relative.reshape(self._shape)


def judged_voxels(medium: Medium, position_mm: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Voxels with matter 3 to 20 mm from the source; all with matter where there are none."""
    z, y, x = ((medium.grid.axis_mm(axis) - place) ** 2 for axis, place in zip("zyx", position_mm[::-1], strict=True))
    distance = np.sqrt(z[:, None, None] + y[:, None] + x)
    matter = medium.density_g_per_cm3 > 0
    judged = matter & (distance >= JUDGED_MM[0]) & (distance <= JUDGED_MM[1])
    return judged if judged.any() else matter


def judged_uncertainty(uncertainty: Floats, judged: NDArray[np.bool_]) -> float:
    """Mean relative standard error of the voxels that decide."""
    return float(uncertainty[judged].mean())


@njit(cache=True, parallel=True)
def _take(energy, histories, total, square):
    lanes, voxels = energy.shape[0], energy.shape[1]
    for voxel in prange(voxels):
        medium, water = np.uint64(0), np.uint64(0)
        for lane in range(lanes):
            medium += energy[lane, voxel, MEDIUM]
            water += energy[lane, voxel, WATER]
        kev = float(medium) / UNITS_PER_KEV
        total[voxel, MEDIUM] += kev
        total[voxel, WATER] += float(water) / UNITS_PER_KEV
        square[voxel] += kev * kev / histories
