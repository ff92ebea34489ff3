"""Fit a beam model to measured tissue-phantom ratios, output factors and primary fluence.

Free are: the spectrum (a published 6 MV spectrum times a power and an exponential of energy), the penumbra, head
scatter (amount and width), and electron contamination (amount, width, range). Phantom scatter has no freedom: it
follows from the spectrum and the kernels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from spondyl.core.citations import cite
from spondyl.core.errors import MachineError
from spondyl.core.progress import Progress, silent
from spondyl.physics.beam_model import BeamModel, Contamination, HeadScatter, ReferenceCondition
from spondyl.physics.machines.agreement import LARGE_FIELD_MM, Agreement, compare
from spondyl.physics.machines.axis_dose import axis_dose
from spondyl.physics.machines.measured import MeasuredBeam
from spondyl.physics.pencil_kernel import pencil_kernel
from spondyl.physics.spectra import Spectrum, mohan_6mv

Floats = NDArray[np.float64]

HEAD_SOURCE_MM = 120.0
"""Where the flattening filter lies, from the target: only its product with the width matters to a field's centre."""
BUILD_UP_FROM_MM = 5.0
"""Shallower points are not fitted: the detector and what it is wrapped in decide them."""
_PIVOT_MEV = 2.0
_SMALL_FIELD_WEIGHT = 0.7


@dataclass(frozen=True)
class Parameter:
    """A free number of the fit with its start, bounds and step."""

    name: str
    start: float
    low: float
    high: float
    step: float


PARAMETERS = (
    Parameter("spectrum power", 0.0, -1.5, 2.0, 0.1),
    Parameter("spectrum slope per MeV", 0.0, -0.6, 1.0, 0.05),
    Parameter("penumbra FWHM mm", 4.0, 1.0, 9.0, 1.0),
    Parameter("head scatter fraction", 0.06, 0.0, 0.25, 0.05),
    Parameter("head scatter sigma mm", 15.0, 5.0, 40.0, 5.0),
    Parameter("electrons 1e-12 Gy cm2", 1.0, 0.0, 6.0, 0.5),
    Parameter("electrons sigma mm", 40.0, 10.0, 120.0, 20.0),
    Parameter("electrons range mm", 6.0, 2.0, 15.0, 2.0),
)


@dataclass(frozen=True)
class Fit:
    """A fitted machine and how well it agrees."""

    model: BeamModel
    agreement: Agreement
    parameters: dict[str, float]


@cite("Mohan, Chui and Lidofsky 1985, Med Phys 12:592 (spectrum that the fit starts from)", "10.1118/1.595680")
def fit_machine(measured: MeasuredBeam, *, name: str = "", source: str = "", progress: Progress = silent) -> Fit:
    """Fit a machine by least squares of relative deviations.

    Parameters
    ----------
    measured
        The tables; output factors count as much as all tissue-phantom ratios together, fields below 30 mm less.
    name, source
        Kept in the machine.

    Raises
    ------
    MachineError
        If no fit is found.
    """
    start = _start(measured, name or measured.name, source)
    done = [0]

    def residuals(values: Floats) -> Floats:
        done[0] += 1
        progress("machine fit", min(0.99, done[0] / 200))
        return _residuals(_apply(start, values), measured)

    found = least_squares(
        residuals,
        [p.start for p in PARAMETERS],
        bounds=([p.low for p in PARAMETERS], [p.high for p in PARAMETERS]),
        x_scale=[p.step for p in PARAMETERS],
        max_nfev=60,
    )
    if not np.isfinite(found.cost) or (found.status <= 0 and found.cost > 1e5):
        raise MachineError(f"no beam model fits {measured.name}: {found.message}; check the tables' normalisation")
    model = calibrated(_apply(start, found.x))
    progress("machine fit", 1.0)
    values = {p.name: float(value) for p, value in zip(PARAMETERS, found.x, strict=True)}
    return Fit(model, compare(model, measured), values)


def calibrated(model: BeamModel) -> BeamModel:
    """The machine with the photons per MU that give its dose in the reference condition.

    Raises
    ------
    MachineError
        If the machine names no reference condition.
    """
    if model.reference is None:
        raise MachineError(f'machine "{model.name}" has no reference condition to calibrate to; add one')
    place = model.reference
    relative = replace(model, photons_per_cm2_per_mu=None)
    dose = axis_dose(relative, place.field_mm, place.depth_mm, place.ssd_mm + place.depth_mm)[0, 0]
    return replace(model, photons_per_cm2_per_mu=float(place.dose_gy_per_mu / dose))


def tilted(spectrum: Spectrum, power: float, slope_per_mev: float) -> Spectrum:
    """`spectrum` times (E / 2 MeV)^power exp(slope (E - 2 MeV))."""
    energy = spectrum.energy_mev
    return Spectrum(
        energy, spectrum.photons * (energy / _PIVOT_MEV) ** power * np.exp(slope_per_mev * (energy - _PIVOT_MEV))
    )


def _start(measured: MeasuredBeam, name: str, source: str) -> BeamModel:
    facts = measured.parameters
    return BeamModel(
        name=name,
        spectrum=mohan_6mv(),
        sad_mm=facts["SAD"],
        head_scatter=HeadScatter(0.05, 15.0, HEAD_SOURCE_MM, facts["source_collimator_distance"]),
        horns=measured.horns,
        reference=ReferenceCondition(
            facts["dose_reference_ssd"], facts["dose_reference_depth"], measured.reference_field_mm, 0.01
        ),
        source=source or f"fitted to {measured.name}",
    )


def _apply(start: BeamModel, values: Floats) -> BeamModel:
    power, slope, penumbra, fraction, width, electrons, spread, reach = (float(v) for v in values)
    head = start.head_scatter
    assert head is not None
    return replace(
        start,
        spectrum=tilted(mohan_6mv(), power, slope),
        penumbra_fwhm_mm=penumbra,
        head_scatter=HeadScatter(fraction, width, head.source_distance_mm, head.collimator_distance_mm),
        contamination=Contamination(1e-12 * electrons, spread, reach),
    )


def _residuals(model: BeamModel, measured: MeasuredBeam) -> Floats:
    result = compare(model, measured, pencil_kernel(model.spectrum))
    depth, limits = measured.depth_mm, measured.parameters
    fitted = (depth >= BUILD_UP_FROM_MM) & (depth <= limits["deepest_depth"])
    tpr = np.nan_to_num(result.tpr_percent[:, fitted]) * _by_field(measured.field_mm)[:, None]
    output = result.output_percent * _by_field(measured.output_field_mm)
    return np.concatenate([tpr.ravel(), output * np.sqrt(tpr.size / output.size)])


def _by_field(field_mm: Floats) -> Floats:
    return np.where(np.rint(field_mm) >= LARGE_FIELD_MM, 1.0, _SMALL_FIELD_WEIGHT)
