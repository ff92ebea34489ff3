"""Where a prescription to the target is read in a dose, so that no single voxel tells, and how sure the minutes are.

The coldest and the farthest voxel of a target are those of a noisy dose: minutes that hang on one of them differ by
several percent from seed to seed. The minimum is therefore the near-minimum D98% (ICRU Report 83, 2010), the distal
boundary the median dose of the part that lies farthest away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.evaluate import metric
from spondyl.evaluate.dvh import from_samples
from spondyl.plan.kypho.prescription import NeedlePrescription

DISTAL = 0.02
"""Share of the target's volume, farthest from the source, whose median dose is that at the distal boundary. Ours: as
much as D98% leaves out."""
ABOUT = {"D98%": (0.01, 0.03), "D50%": (0.25, 0.75)}
"""Between which shares of the part, from the coldest, the points lie whose mean tells how the metric scatters."""
LEAST_ROUNDS = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """A metric of a part of the target.

    Parameters
    ----------
    which
        Of the target's points, those of the part; shape (n,).
    weights_cm3
        Of the part's points; shape (n,).
    metric
        "D50%" or "D98%".
    """

    which: NDArray[np.intp]
    weights_cm3: Floats
    metric: str

    def gray(self, target_gy: Floats) -> float:
        """The dose that is prescribed, of doses at all of the target's points."""
        found = metric(from_samples("target", target_gy[self.which], self.weights_cm3), self.metric).value
        assert found is not None
        return found

    def error(
        self, target_gy: Sequence[Floats], shares: Sequence[float], sigma_gy: Floats, voxels: NDArray[np.intp]
    ) -> float | None:
        """One relative standard error of `gray` of the last round.

        The larger of two: how the rounds scatter, widened as Student's t for so few; and what the voxels' own errors
        leave if none goes with another, so that rounds that agree by chance are not believed.

        Parameters
        ----------
        target_gy
            Doses at all of the target's points after each round, of all photons so far.
        shares
            Of the photons that were followed after each round, ascending.
        sigma_gy, voxels
            At all of the target's points: the standard error of the last round's dose, and which voxel it is of.

        Returns
        -------
        None where fewer than `LEAST_ROUNDS` tell.
        """
        if len(shares) < LEAST_ROUNDS or not np.all(np.diff(shares, prepend=0.0) > 0):
            return None
        after = np.stack([gray[self.which] for gray in target_gy]).astype(np.float64)
        near = self._about(after[-1])
        weights = self.weights_cm3[near] / self.weights_cm3[near].sum()
        mean = float(after[-1, near] @ weights)
        own = self.which[near]
        each = np.bincount(np.unique(voxels[own], return_inverse=True)[1], weights * sigma_gy[own])
        return max(_of_rounds(after[:, near] @ weights, np.asarray(shares)), float(np.sqrt((each**2).sum()))) / mean

    def _about(self, part_gy: Floats) -> NDArray[np.intp]:
        """Points whose dose is near the metric's."""
        order = np.argsort(part_gy)
        colder = np.cumsum(self.weights_cm3[order]) / self.weights_cm3.sum()
        low, high = ABOUT[self.metric]
        first, last = np.searchsorted(colder, (low, high))
        return order[first : max(last, first + 1)]


def _of_rounds(after: Floats, shares: Floats) -> float:
    """Standard error of the last of means that are each of all photons so far, from what each round alone gives."""
    from scipy.stats import t

    photons = np.diff(shares, prepend=0.0)
    alone = np.diff(shares * after, prepend=0.0) / photons
    variance = float(photons @ (alone - after[-1]) ** 2 / ((len(alone) - 1) * photons.sum()))
    return float(t.ppf(0.8413, len(alone) - 1)) * variance**0.5


def reading_of(asked: NeedlePrescription, points_mm: Floats, weights_cm3: Floats, places_mm: Floats) -> Reading:
    """What a prescription to the target's boundary or minimum is read from.

    Parameters
    ----------
    points_mm, weights_cm3
        Of the target, shapes (n, 3) and (n,).
    places_mm
        Where the source stands, shape (places, 3).
    """
    if asked.kind == "minimum":
        return Reading(np.arange(len(points_mm)), weights_cm3, "D98%")
    away = np.linalg.norm(points_mm[:, None, :] - places_mm[None], axis=2).min(axis=1)
    order = np.argsort(-away, kind="stable")
    farther = np.cumsum(weights_cm3[order])
    which = order[: int(np.searchsorted(farther, DISTAL * farther[-1])) + 1]
    return Reading(which, weights_cm3[which], "D50%")
