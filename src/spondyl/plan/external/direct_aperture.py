"""The planning problem in what a linac does: leaf positions and monitor units in place of beamlets.

It answers what `Problem` answers, so the same wish-list, bounds and search run on it (direct aperture optimisation:
Shepard et al. 2002, doi:10.1118/1.1477415; for arcs Otto 2008, doi:10.1118/1.2818738). Beamlets are a function of the
apertures, x(y), with an analytic derivative; the dose is D x(y) + c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spondyl.core import cite
from spondyl.plan.external.aperture_variables import Variables
from spondyl.plan.external.leaf_motion import LeafMotion
from spondyl.plan.matvec import Floats, SparseRows
from spondyl.plan.problem import Problem, Samples


@dataclass(frozen=True)
class ApertureProblem:
    """Leaf positions and MU in, dose at the structures' points out.

    Parameters
    ----------
    beamlets_problem
        The same problem in beamlets.
    variables
        What the weights y mean, and the beamlets they make.
    leaves
        What the leaves can do: penalties, monitor units, roughness.
    """

    beamlets_problem: Problem
    variables: Variables
    leaves: LeafMotion

    @property
    def interpolation(self) -> SparseRows:
        return self.beamlets_problem.interpolation

    @property
    def samples(self) -> Mapping[str, Samples]:
        return self.beamlets_problem.samples

    @property
    def prescription_gy(self) -> float:
        return self.beamlets_problem.prescription_gy

    @property
    def offset_gy(self) -> Floats:
        return self.beamlets_problem.offset_gy

    @property
    def beamlets(self) -> int:
        """Number of weights."""
        return self.variables.count

    def row_dose(self, y: Floats) -> Floats:
        """Dose of the rows without the offset."""
        return self.beamlets_problem.row_dose(self.variables.beamlets(y))

    @cite("Shepard DM et al., Med Phys 2002;29:1007", "10.1118/1.1477415", "direct aperture optimisation")
    def dose_at_points(self, y: Floats) -> Floats:
        return self.beamlets_problem.dose_at_points(self.variables.beamlets(y))

    def gradient_from(self, derivative: Floats, y: Floats) -> Floats:
        """Gradient by weight at `y` of a function with `derivative` by point dose."""
        return self.variables.gradient(y, self.beamlets_problem.by_beamlet(derivative))

    def strain(self, y: Floats) -> tuple[float, Floats]:
        """What leaves that go too far or open beyond the target cost, and its gradient."""
        return self.leaves.strain(y)

    def corrected(self, offset_gy: Floats) -> ApertureProblem:
        return replace(self, beamlets_problem=self.beamlets_problem.corrected(offset_gy))
