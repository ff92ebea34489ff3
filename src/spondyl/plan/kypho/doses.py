"""The doses of a needle plan: the patient's, better from round to round, in water, and after the cement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structure, Structures, sample_points
from spondyl.anatomy.access_structures import CEMENTED
from spondyl.core import Progress, trilinear
from spondyl.dose import Dose
from spondyl.dose.kv.setup import KvSettings
from spondyl.dose.kv.water_table import water_table_dose
from spondyl.physics import Medium
from spondyl.plan.kypho.drawn import Wanted
from spondyl.plan.kypho.overrides import found_overrides, with_cement
from spondyl.plan.kypho.patient import patient_medium
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.reading import Reading, reading_of
from spondyl.plan.kypho.results import measured
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import PROGRESSIVE, Doses, Transport, share_done

MINUTES_ERROR = 0.01
"""One relative standard error of the minutes at which a dose that fixes them is good enough. Ours: a tenth of the 10 %
that the calibration is varied by."""
MOST_HISTORIES = 4_000_000
"""Where the minutes hang on the dose, photons are followed until `MINUTES_ERROR` is reached or these are."""


@dataclass(frozen=True)
class Round:
    """What is known after a round.

    Parameters
    ----------
    number
        From 1; 0 for the first dose, where water places the source, before the position is settled.
    doses
        To medium and to water.
    key
        The target's D98% and the limited metrics of cord and sac in Gy, to medium, with `factor`.
    factor
        What doses and minutes are multiplied with to be as prescribed; 1 for a depth in water.
    minutes_error
        One relative standard error of the minutes; None where it is not known yet, or the dose does not fix them.
    """

    number: int
    doses: Doses
    key: Mapping[str, float]
    factor: float
    minutes_error: float | None = None


Show = Callable[[NeedlePlan, Round], None]
"""Told each round as it is there."""


@dataclass(frozen=True)
class KyphoDoses:
    """Doses of the plan, all Gy on one grid.

    Parameters
    ----------
    patient
        To medium, with its uncertainty: what is judged.
    patient_to_water
        The same photons' dose to water.
    water
        By the depth dose's table, all water.
    with_cement
        To medium, after the cement; None where none was asked for or the work was interrupted before.
    rounds
        How often the patient's dose was refined.
    interrupted
        Whether that was ended by the user.
    """

    patient: Dose
    patient_to_water: Dose
    water: Dose
    with_cement: Dose | None
    rounds: int
    interrupted: bool


class _Minutes:
    """Follows what the rounds make of the minutes: of a depth in water nothing, of a dose to the target all."""

    def __init__(self, plan: NeedlePlan, tissue: Structure) -> None:
        self._plan = plan
        self._points, weights = sample_points(tissue)
        places = np.array([path.tip_mm for path in plan.placement.paths])
        asked = plan.prescription
        self.reading: Reading | None = None
        if asked.kind != "depth":
            self.reading = reading_of(asked, self._points, weights, places)
        self._gray: list[NDArray[np.float64]] = []
        self._shares: list[float] = []

    def take(self, patient: Dose, share: float) -> tuple[float, float | None]:
        """Factor of the minutes and its relative standard error, from a round and the share of photons followed."""
        if self.reading is None:
            return 1.0, None
        self._gray.append(trilinear(patient.values, patient.grid, self._points))
        self._shares.append(share)
        factor = self._plan.prescription.dose_gy / self.reading.gray(self._gray[-1])
        if patient.relative_uncertainty is None:
            return factor, None
        voxels = _voxels(patient, self._points)
        sigma = (patient.values * patient.relative_uncertainty).ravel()[voxels].astype(np.float64)
        return factor, self.reading.error(self._gray, self._shares, sigma, voxels)


def needle_doses(
    case: Case, structures: Structures, plan: NeedlePlan, tissue: Structure, shown: Wanted, medium: Medium,
    settings: KyphoSettings, show: Show, transport: Transport, progress: Progress,
) -> tuple[NeedlePlan, KyphoDoses]:  # fmt: skip
    """All doses of a plan, and the plan with the minutes that its last round gives.

    A KeyboardInterrupt after the first round ends the work and keeps the last complete round; the dose after the
    cement is then left out.

    Parameters
    ----------
    plan
        Its minutes are those of a depth in water, or a first guess.
    tissue, shown
        What is prescribed to, and what is told after each round; as they are written.
    """
    asked = KvSettings(settings.histories, settings.seed, settings.target_uncertainty)
    found: Round | None = None
    cemented: Dose | None = None
    interrupted = False
    try:
        for found in _rounds(plan, tissue, shown, medium, settings, transport, progress):
            show(timed(plan, found), found)
        if settings.cement:
            progress("dose after cement", 0.0)
            filled = with_cement(found_overrides(structures, settings.materials), CEMENTED, settings.cement)
            after = patient_medium(case, medium.grid, structures, filled)
            *_, last = transport(after, plan.sources, asked)
            cemented = last[0]
            progress("dose after cement", 1.0)
    except KeyboardInterrupt:
        if found is None:
            raise
        interrupted = True
    assert found is not None
    final = timed(plan, found)
    patient, to_water = (_times(dose, found.factor) for dose in found.doses)
    after_cement = None if cemented is None else _times(cemented, found.factor)
    water = water_table_dose(medium.grid, final.sources)
    return final, KyphoDoses(patient, to_water, water, after_cement, found.number, interrupted)


def _rounds(
    plan: NeedlePlan, tissue: Structure, shown: Wanted, medium: Medium, settings: KyphoSettings, transport: Transport,
    progress: Progress,
) -> Iterator[Round]:  # fmt: skip
    """The patient's dose again and again, until the photons are followed and the minutes are known well enough."""
    usual = KvSettings(settings.histories, settings.seed, settings.target_uncertainty)
    minutes = _Minutes(plan, tissue)
    goes_on = minutes.reading is not None and settings.histories is None and settings.engine in PROGRESSIVE
    asked = replace(usual, histories=MOST_HISTORIES) if goes_on else usual
    progress("dose in the patient", 0.0)
    for number, doses in enumerate(transport(medium, plan.sources, asked), 1):
        done = share_done(asked, number, engine=settings.engine)
        factor, error = minutes.take(doses[0], done)
        known = {name: gray * factor for name, gray in measured(doses[0], shown).items()}
        yield Round(number, doses, known, factor, error)
        near = 0.0 if error is None else (MINUTES_ERROR / max(error, MINUTES_ERROR)) ** 2
        enough = near == 1.0 and share_done(usual, number, engine=settings.engine) == 1.0
        if goes_on and enough:
            break
        progress("dose in the patient", max(done, min(near, 0.99)) if goes_on else done)
    progress("dose in the patient", 1.0)


def _voxels(dose: Dose, points_mm: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which of the dose's voxels, counted in C order, each point (n, 3) lies in."""
    k, j, i = np.rint(dose.grid.index_of(points_mm)).astype(np.intp).T
    _, rows, columns = dose.grid.shape
    return (k * rows + j) * columns + i


def timed(plan: NeedlePlan, found: Round) -> NeedlePlan:
    """The plan with the minutes that a round gives."""
    sources = tuple(replace(s, minutes=s.minutes * found.factor) for s in plan.sources)
    return replace(plan, sources=sources, minutes_error=found.minutes_error)


def _times(dose: Dose, factor: float) -> Dose:
    return replace(dose, values=(dose.values * np.float32(factor)).astype(np.float32))
