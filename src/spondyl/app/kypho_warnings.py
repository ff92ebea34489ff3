"""What is said of a needle plan before all else: noise, shortfalls, time, an interruption."""

from __future__ import annotations

import numpy as np

from spondyl.app.kypho_job import KyphoPlanned
from spondyl.app.kypho_noise import noise_warnings
from spondyl.app.report.numbers import plain, three
from spondyl.dose import Dose
from spondyl.plan.kypho.doses import MINUTES_ERROR
from spondyl.plan.kypho.drawn import TISSUE
from spondyl.plan.kypho.plan import NeedlePlan

LONG_MINUTES = 10.0
"""Ours: five times what the review of the technique gives for 8 Gy at 8 mm (paper 000)."""
SHORT = 0.995
"""A D98% below this share of the prescription is too little; above it both read alike."""
COUNTED_FROM = 0.05
"""Mean uncertainty is told of voxels above this share of the prescribed dose."""


def warnings(planned: KyphoPlanned) -> tuple[str, ...]:
    """What is said before all else."""
    doses = planned.result.doses
    told = (
        *_noise(planned),
        *planned.case.warnings,
        *planned.eligibility.warnings(),
        *planned.result.notes,
        *shortfalls(planned),
    )
    if not doses.interrupted:
        return told
    return (
        *told,
        f"interrupted after round {doses.rounds}: the dose is that round's, with a mean standard "
        f"error of {uncertainty_text(planned)}",
    )


def _noise(planned: KyphoPlanned) -> tuple[str, ...]:
    """What is said of too few photons."""
    dose = planned.result.doses.patient
    judged = dict.fromkeys(v.judged for v in planned.verdicts.verdicts if v.judged in planned.structures)
    mean = mean_uncertainty(dose, planned.result.plan.prescription.dose_gy)
    return noise_warnings(dose, mean, [planned.structures[name] for name in judged])


def shortfalls(planned: KyphoPlanned) -> tuple[str, ...]:
    """What the finished plan does not do, or asks too much of: target, limits, time, earlier radiotherapy."""
    plan = planned.result.plan
    told: list[str] = []
    lowest = next(n.patient for n in planned.numbers if (n.structure, n.metric) == (TISSUE, "D98%"))
    if lowest is not None and lowest < SHORT * plan.prescription.dose_gy:
        told.append(_too_little(plan, lowest))
    for verdict in planned.verdicts.of("fail", "mandatory"):
        if verdict.value:
            met = plan.minutes * verdict.limit / verdict.value
            name = f"{verdict.judged or verdict.structure} {verdict.metric}"
            told.append(
                f"{name} is {three(verdict.value)} Gy of {plain(verdict.limit)} Gy allowed; {met:.2f} of "
                f"{plan.minutes:.2f} min would meet it"
            )
    if plan.prescription.kind != "depth" and (plan.minutes_error is None or plan.minutes_error > MINUTES_ERROR):
        error = "not known from so few rounds" if plan.minutes_error is None else f"{100 * plan.minutes_error:.1f} %"
        told.append(
            f"the minutes follow from a noisy dose: their standard error is {error}, where at most "
            f"{100 * MINUTES_ERROR:g} % is aimed at; compute more photons (--histories)"
        )
    told += [
        f"the {path.side} path comes through other bone between skin and entry (a rib, a neighbouring arch): check the "
        "planes, or give a path of your own"
        for path in plan.placement.paths
        if path.meets_other_bone
    ]
    if plan.minutes > LONG_MINUTES:
        told.append(
            f"irradiation takes {plan.minutes:.0f} min, where about 2 min are usual: choose another prescription"
        )
    prior = planned.case.facts.clinical.prior_radiotherapy
    if prior.to_this_level or prior.to_cord:
        told.append(f"earlier radiotherapy here is stated, and {plan.protocol} is judged without its dose")
    return tuple(told)


def _too_little(plan: NeedlePlan, lowest_gy: float) -> str:
    """What is said of a target whose D98% is below the prescription."""
    asked = plan.prescription
    share = f"{100 * lowest_gy / asked.dose_gy:.0f} % of the {plain(asked.dose_gy)} Gy prescribed"
    if asked.kind != "boundary":
        return f"{TISSUE} D98% is {three(lowest_gy)} Gy, {share}: less than prescribed"
    return (
        f"{TISSUE} D98% is {three(lowest_gy)} Gy, {share} at the distal boundary: the part farthest from the source is "
        f"not the one that gets least; {asked.dose_gy:g}gy-minimum prescribes to that"
    )


def minutes_text(plan: NeedlePlan) -> str:
    """ "52.4 min, standard error 0.8 %"; without an error where the calibration alone fixes them."""
    if plan.prescription.kind == "depth":
        return f"{three(plan.minutes)} min"
    error = "unknown" if plan.minutes_error is None else f"{100 * plan.minutes_error:.1f} %"
    return f"{three(plan.minutes)} min, standard error {error}"


def mean_uncertainty(dose: Dose, prescribed_gy: float) -> float | None:
    """Mean relative standard error of the voxels above `COUNTED_FROM` of the prescribed dose; None where unknown."""
    if dose.relative_uncertainty is None:
        return None
    counted = dose.values >= COUNTED_FROM * prescribed_gy
    return float(np.mean(dose.relative_uncertainty[counted])) if counted.any() else None


def uncertainty_text(planned: KyphoPlanned) -> str:
    """ "0.8 % above 0.4 Gy"."""
    asked = planned.result.plan.prescription.dose_gy
    found = mean_uncertainty(planned.result.doses.patient, asked)
    return f"{three(None if found is None else 100 * found)} % above {plain(COUNTED_FROM * asked)} Gy"
