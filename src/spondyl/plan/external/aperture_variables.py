"""What the weights of an aperture problem mean: leaf tips at control points and monitor units of segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.plan.external.arcs import ArcPath
from spondyl.plan.external.direct_aperture_kernels import open_beamlets, push_back
from spondyl.plan.external.vmat_lattice import CELL_MM, Lattice
from spondyl.plan.matvec import Floats


@dataclass(frozen=True)
class Apertures:
    """Tips and monitor units of all arcs.

    Parameters
    ----------
    first, second
        Tips of banks X1 and X2 in mm, shape (arcs, points, pairs).
    mu
        Monitor units of the whole course by segment, shape (arcs, segments).
    """

    first: Floats
    second: Floats
    mu: Floats


@dataclass(frozen=True)
class Variables:
    """Weights y >= 0 and apertures.

    y holds, arc by arc, each point's X1 tips counted from `from_mm`, then each point's openings beyond the least gap,
    then the MU of the segments with beam beyond the least, in units of `mu_unit`.

    Parameters
    ----------
    path, lattice
        Where segments look from, and the beamlets they open.
    from_mm
        Where X1 tips are counted from, shape (arcs, points, pairs): the search wants weights above zero.
    least_gap_mm, leaf_offset_mm, transmission
        Of the collimator.
    least_mu
        Of the course by segment with beam: the lowest dose rate at full gantry speed.
    mu_unit
        Makes a unit of y in MU do about what it does in mm.
    """

    path: ArcPath
    lattice: Lattice
    from_mm: Floats
    least_gap_mm: float
    leaf_offset_mm: float
    transmission: float
    least_mu: float
    mu_unit: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Arcs, points, pairs."""
        return len(self.lattice.pair), self.path.points, self.lattice.pairs

    @property
    def tips(self) -> int:
        """Number of leaf tips of one bank."""
        return int(np.prod(self.shape))

    @property
    def count(self) -> int:
        return 2 * self.tips + self.shape[0] * int(self.path.beam_on.sum())

    def apertures(self, y: Floats) -> Apertures:
        """What `y` means."""
        first = y[: self.tips].reshape(self.shape) + self.from_mm
        second = first + y[self.tips : 2 * self.tips].reshape(self.shape) + self.least_gap_mm
        mu = np.zeros((self.shape[0], self.path.segments))
        mu[:, self.path.beam_on] = self.least_mu + self.mu_unit * y[2 * self.tips :].reshape(self.shape[0], -1)
        return Apertures(first, second, mu)

    def weights(self, apertures: Apertures) -> Floats:
        """The y of apertures; what lies below a limit is set to it."""
        first = apertures.first - self.from_mm
        gap = apertures.second - apertures.first - self.least_gap_mm
        mu = (apertures.mu[:, self.path.beam_on] - self.least_mu) / self.mu_unit
        return np.maximum(np.concatenate([first.ravel(), gap.ravel(), mu.ravel()]), 0.0)

    def beamlets(self, y: Floats) -> Floats:
        """MU of the course on each beamlet."""
        x = np.zeros(self.lattice.columns)
        open_beamlets(*self._arguments(y), x)  # pyright: ignore[reportCallIssue]
        return x

    def gradient(self, y: Floats, by_beamlet: Floats) -> Floats:
        """Gradient by y of a function with gradient `by_beamlet`."""
        by_mu = np.zeros((self.shape[0], self.path.segments))
        by_tip = np.zeros((self.shape[0], self.path.segments, self.lattice.pairs, 4))
        push_back(by_beamlet, *self._arguments(y), by_mu, by_tip)  # pyright: ignore[reportCallIssue]
        by_first, by_second = np.zeros(self.shape), np.zeros(self.shape)
        for bank, total in enumerate((by_first, by_second)):
            total[:, :-1] += by_tip[..., 2 * bank]
            total[:, 1:] += by_tip[..., 2 * bank + 1]
        return self.gather(by_first, by_second, by_mu)

    def gather(self, by_first: Floats, by_second: Floats, by_mu: Floats) -> Floats:
        """Gradient by y from gradients by tips and by MU."""
        by_weight = self.mu_unit * by_mu[:, self.path.beam_on]
        return np.concatenate([(by_first + by_second).ravel(), by_second.ravel(), by_weight.ravel()])

    def _arguments(self, y: Floats) -> tuple[Floats | NDArray[np.int64] | NDArray[np.int32] | float, ...]:
        found, lattice, path = self.apertures(y), self.lattice, self.path
        return (
            found.first, found.second, found.mu, path.sector_first, path.sector_last, lattice.lanes, lattice.pair,
            lattice.origin_mm, CELL_MM, self.leaf_offset_mm, self.transmission,
        )  # fmt: skip
