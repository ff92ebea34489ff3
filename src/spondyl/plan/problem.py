"""The planning problem as arrays: influence, sample points of the structures, leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spondyl.core.errors import PlanError
from spondyl.plan.leaves import Leaves
from spondyl.plan.matvec import Floats, SparseRows


@dataclass(frozen=True)
class Samples:
    """Where one structure's points lie among all points, and the share of its volume that each stands for.

    Parameters
    ----------
    points
        Slice of the problem's points.
    weights
        Share of the structure's volume per point. They sum to one; to less where the rest of the structure
        lies beyond the beams and its dose is taken as zero (mean doses only).
    volume_cm3
        Of the whole structure.
    reference_gy
        For fall-off shells: the dose each point may have; empty otherwise.
    """

    points: slice
    weights: Floats
    volume_cm3: float
    reference_gy: Floats | None = None


@dataclass(frozen=True)
class Problem:
    """Beamlet weights in, dose at the structures' points out.

    Parameters
    ----------
    influence
        Gy per unit of beamlet weight, shape (rows, beamlets).
    interpolation
        From rows to points, shape (points, rows).
    samples
        Points by structure name.
    leaves
        How beamlets follow one another under the leaves.
    prescription_gy
        Scale of every relative quantity.
    offset_gy
        Added to the rows' dose: what the accurate engine says beyond the influence. Shape (rows,).
    """

    influence: SparseRows
    interpolation: SparseRows
    samples: Mapping[str, Samples]
    leaves: Leaves
    prescription_gy: float
    offset_gy: Floats

    def __post_init__(self) -> None:
        if self.interpolation.columns != self.influence.rows:
            raise PlanError(
                f"interpolation has {self.interpolation.columns} columns, the influence {self.influence.rows} rows"
            )

    @property
    def beamlets(self) -> int:
        return self.influence.columns

    def row_dose(self, x: Floats) -> Floats:
        """Dose of the rows without the offset."""
        return self.influence.times(x)

    def dose_at_points(self, x: Floats) -> Floats:
        return self.interpolation.times(self.row_dose(x) + self.offset_gy)

    def by_beamlet(self, derivative: Floats) -> Floats:
        """Gradient by beamlet of a function with `derivative` by point dose."""
        return self.influence.transposed_times(self.interpolation.transposed_times(derivative))

    def gradient_from(self, derivative: Floats, x: Floats) -> Floats:
        """Gradient by weight at `x`: here of beamlets, and the same at every x."""
        return self.by_beamlet(derivative)

    def strain(self, x: Floats) -> tuple[float, Floats] | None:
        """What weights cost that a machine cannot deliver, and its gradient: beamlets may be anything."""
        return None

    def corrected(self, offset_gy: Floats) -> Problem:
        return replace(self, offset_gy=offset_gy)
