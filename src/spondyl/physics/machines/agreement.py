"""How well a beam model gives what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.physics.beam_model import BeamModel
from spondyl.physics.machines.axis_dose import axis_dose
from spondyl.physics.machines.measured import MeasuredBeam
from spondyl.physics.pencil_kernel import PencilKernel, pencil_kernel

Floats = NDArray[np.float64]
AxisDose = Callable[[BeamModel, Floats, Floats, float], Floats]

LARGE_FIELD_MM = 30.0
TOLERANCE_PERCENT = (1.5, 3.0)
"""For fields of `LARGE_FIELD_MM` and above, and below."""


@dataclass(frozen=True)
class Agreement:
    """Computed over measured, less one, in percent.

    Parameters
    ----------
    measured
        What was compared with.
    tpr_percent
        Shape (f, d), all depths.
    output_percent
        Shape (o,).
    reference_gy_per_mu
        Dose per MU on the axis in the machine's reference condition; None where the beam has none.
    """

    measured: MeasuredBeam
    tpr_percent: Floats
    output_percent: Floats
    reference_gy_per_mu: float | None

    def worst_tpr_percent(self) -> Floats:
        """Largest deviation of each field over the depths that count, with its sign, shape (f,)."""
        used = np.where(np.isnan(self.tpr_percent), 0, self.tpr_percent)[:, self.measured.used_depths()]
        return used[np.arange(len(used)), np.abs(used).argmax(axis=1)]

    def output_at(self, field_mm: float) -> float | None:
        """Deviation of the output factor of one field; None where it was not measured."""
        at = np.flatnonzero(np.abs(self.measured.output_field_mm - field_mm) < 0.5)
        return float(self.output_percent[at[0]]) if len(at) else None

    def within_tolerance(self) -> bool:
        """Whether every field that counts is within `TOLERANCE_PERCENT`."""
        checks = (
            (self.measured.field_mm, self.worst_tpr_percent()),
            (self.measured.output_field_mm, self.output_percent),
        )
        return all(bool((np.abs(deviation) <= tolerance_percent(side)).all()) for side, deviation in checks)


def tolerance_percent(field_mm: Floats) -> Floats:
    """What is asked of each field. The side is rounded to mm, so that a nominal 30 mm field counts as one."""
    return np.where(np.rint(field_mm) >= LARGE_FIELD_MM, *TOLERANCE_PERCENT)


def compare(model: BeamModel, measured: MeasuredBeam, kernel: PencilKernel | None = None) -> Agreement:
    """Compare by the fast calculation on the axis."""
    pencil = kernel or pencil_kernel(model.spectrum)
    distance = measured.parameters["dose_reference_ssd"] + measured.parameters["dose_reference_depth"]
    curves = axis_dose(model, measured.field_mm, measured.depth_mm, None, pencil)
    at_reference = axis_dose(model, measured.field_mm, measured.tpr_reference_mm, None, pencil)
    output = axis_dose(model, measured.output_field_mm, measured.parameters["dose_reference_depth"], distance, pencil)[
        :, 0
    ]
    one = output[np.flatnonzero(measured.output_field_mm == measured.reference_field_mm)[0]]
    reference = None
    if model.reference is not None:
        place = model.reference
        reference = float(axis_dose(model, place.field_mm, place.depth_mm, place.ssd_mm + place.depth_mm, pencil)[0, 0])
    return Agreement(
        measured,
        100 * (curves / at_reference / measured.tpr - 1),
        100 * (output / one / measured.output_factor - 1),
        reference,
    )
