"""Who came in and who is in each analysis: the counts of a CONSORT or STROBE flow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from spondyl.app.trial.outcomes import ALL, Outcome, Outcomes, arm_names
from spondyl.followup.endpoints import patient_start
from spondyl.followup.records import Cohort, PatientRecord

CONSORT, STROBE = "CONSORT", "STROBE"


@dataclass(frozen=True)
class Box:
    """A box of the flow: its lines, the first one bold."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Flow:
    """The flow.

    Parameters
    ----------
    guideline
        "CONSORT" where there are arms, else "STROBE".
    trunk
        Boxes from the top down, each with the box that leaves to the side after it, None where nobody leaves.
    arms
        One column an arm, boxes from the top down.
    """

    guideline: str
    trunk: tuple[tuple[Box, Box | None], ...]
    arms: tuple[tuple[Box, ...], ...]


def flow(cohort: Cohort, outcomes: Outcomes) -> Flow:
    """Count everybody in."""
    patients = cohort.patients
    enrolled = [each for each in patients if is_enrolled(each)]
    of = arm_names(analysed(cohort))
    arms = sorted(set(of.values()) - {ALL})
    left = [each for each in patients if not is_enrolled(each)]
    screened = any(each.screened_on is not None for each in patients) or bool(left)
    first = "Assessed for eligibility" if screened else "Recorded"
    trunk: list[tuple[Box, Box | None]] = [(_box(first, len(patients)), _left("Not enrolled", left))]
    if not arms:
        trunk.append((_box("Enrolled", len(enrolled)), _left("Not treated", _untreated(enrolled))))
        return Flow(STROBE, tuple(trunk), (_column(ALL, enrolled, outcomes),))
    trunk.append((_box("Enrolled", len(enrolled)), None))
    return Flow(
        CONSORT,
        tuple(trunk),
        tuple(_column(arm, [each for each in enrolled if of[each.pseudonym] == arm], outcomes) for arm in arms),
    )


def analysed(cohort: Cohort) -> Cohort:
    """The cohort without those who were not enrolled or are left out of the analysis."""
    return cohort.model_copy(update={"patients": tuple(each for each in cohort.patients if is_enrolled(each))})


def is_enrolled(patient: PatientRecord) -> bool:
    """Enrolled, and not left out; where no day of enrolment is recorded, whoever was treated."""
    if patient.excluded_reason is not None:
        return False
    return patient.enrolled_on is not None or patient_start(patient) is not None


def _untreated(patients: list[PatientRecord]) -> list[PatientRecord]:
    return [patient for patient in patients if patient_start(patient) is None]


def _box(title: str, count: int, *lines: str) -> Box:
    return Box((f"{title} (n = {count})", *lines))


def _left(title: str, patients: list[PatientRecord]) -> Box | None:
    if not patients:
        return None
    reasons = Counter(patient.excluded_reason or "no reason recorded" for patient in patients)
    return _box(title, len(patients), *(f"{reason} (n = {count})" for reason, count in reasons.most_common()))


def _column(arm: str, patients: list[PatientRecord], outcomes: Outcomes) -> tuple[Box, ...]:
    treated = [patient for patient in patients if patient_start(patient) is not None]
    names = {patient.pseudonym for patient in treated}
    lesions = sum(
        patient.index_treatment(each.lesion_id) is not None for patient in treated for each in patient.lesions
    )
    boxes = [] if arm == ALL else [_box(arm, len(patients), f"not treated (n = {len(patients) - len(treated)})")]
    died = sum(patient.death is not None for patient in treated)
    withdrawn = sum(patient.withdrawn_on is not None for patient in treated)
    boxes.append(_box("Treated", len(treated), f"{lesions} lesion{'' if lesions == 1 else 's'}"))
    boxes.append(_box("Followed up", _known(outcomes.outcome("overall_survival"), names), f"died (n = {died})",
                      f"withdrew (n = {withdrawn})"))  # fmt: skip
    shown = [outcomes.outcome(key) for key in ("overall_survival", "local_control", "fracture")]
    boxes.append(Box(("In the analysis of", *(_analysed(each, names) for each in shown))))
    return tuple(boxes)


def _known(outcome: Outcome, names: set[str]) -> int:
    return sum(each.subject in names for each in outcome.data.observations)


def _analysed(outcome: Outcome, names: set[str]) -> str:
    known = _known(outcome, names)
    unknown = sum(each.subject in names for each in outcome.data.unknown)
    word = outcome.asked.title[0].lower() + outcome.asked.title[1:]
    missing = f", {unknown} not known" if unknown else ""
    return f"{word}: {known} {outcome.data.definition.unit}{'' if known == 1 else 's'}{missing}"
