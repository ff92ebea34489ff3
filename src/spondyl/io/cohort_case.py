"""The facts of a case folder as a lesion of a followed patient."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast

from spondyl.clinic import Facts
from spondyl.clinic.scores import SCORES
from spondyl.core.errors import CaseError
from spondyl.followup.records import AssessmentRecord, LesionRecord, PatientRecord, VisitRecord
from spondyl.io.case_yaml import parse_yaml, read_case_yaml
from spondyl.io.cohort_refusal import refusing


def add_case(patient: PatientRecord, case: Path, lesion_id: str, on: date | None = None) -> PatientRecord:
    """The patient with one lesion more: level and facts of a case, and what they say at baseline.

    Parameters
    ----------
    case
        A case folder or a case.yaml.
    on
        Day of the facts: with it, pain, function and every score that the facts settle are recorded for that day.

    Raises
    ------
    CaseError
        If the case cannot be read, says no level, or contradicts the patient.
    CohortError
        If the lesion's name or the day is none that a record may have, or contradicts the patient's other records.
    """
    path = case / "case.yaml" if case.is_dir() else case
    facts = read_case_yaml(path)
    if any(each.lesion_id == lesion_id for each in patient.lesions):
        raise CaseError(f'patient {patient.pseudonym} has a lesion "{lesion_id}" already; choose another name')
    raw = _plain(parse_yaml(path.read_text(encoding="utf-8"), str(path)) or {})
    with refusing(f"patient {patient.pseudonym}"):
        lesion = LesionRecord(lesion_id=lesion_id, level=_level(facts, path), facts=cast("dict[str, Any]", raw))
        said: dict[str, Any] = {
            "sex": _agree(patient, path, "sex", patient.sex, facts.clinical.sex),
            "primary_histology": _agree(patient, path, "primary_histology", patient.primary_histology, facts.histology),
            "lesions": (*patient.lesions, lesion),
        }
        if on is not None:
            said["assessments"] = (*patient.assessments, *_scores(facts, lesion_id, on))
            said["visits"] = (*patient.visits, *_visit(facts, lesion_id, on))
        return PatientRecord.model_validate({**dict(patient), **said})


def _level(facts: Facts, path: Path) -> str:
    levels = facts.lesion_levels
    if not levels:
        raise CaseError(f"{path} does not say which level the lesion has; add for example `level: L3`")
    return levels[0] if len(levels) == 1 else f"{levels[0]}-{levels[-1]}"


def _agree(patient: PatientRecord, path: Path, name: str, there: str | None, said: str | None) -> str | None:
    """What the patient's record and the case say, where they do not contradict each other."""
    if there is not None and said is not None and there.strip().casefold() != said.strip().casefold():
        raise CaseError(f'{path} says {name} "{said}", and patient {patient.pseudonym} has "{there}"; correct one')
    return there if there is not None else said


def _plain(value: Any) -> Any:
    """What YAML holds as JSON does: days as text, empty keys left out."""
    if isinstance(value, Mapping):
        table = cast("Mapping[Any, Any]", value)
        return {str(key): _plain(inner) for key, inner in table.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in cast("list[Any]", value)]
    return value.isoformat() if isinstance(value, date) else value


def _scores(facts: Facts, lesion_id: str, on: date) -> list[AssessmentRecord]:
    """Every score that the facts settle; one that is open between two totals is no record."""
    found: list[AssessmentRecord] = []
    for score in (each(facts) for each in SCORES):
        if score.total is None:
            continue
        graded = isinstance(score.total, str)
        grade = score.total if isinstance(score.total, str) else score.band.name if score.band else None
        items = {item.name: item.value for item in score.items if item.value is not None}
        found.append(
            AssessmentRecord(
                lesion_id=lesion_id,
                on=on,
                instrument=score.key,
                total=None if graded else float(score.total),
                grade=grade,
                items={name: value if isinstance(value, str) else float(value) for name, value in items.items()},
            )
        )
    return found


def _visit(facts: Facts, lesion_id: str, on: date) -> list[VisitRecord]:
    """Pain, nerves and function at baseline, where any is known."""
    clinical = facts.clinical
    neurology = clinical.neurology
    visit = VisitRecord(
        on=on,
        lesion_id=lesion_id,
        pain_vas=clinical.pain.vas_0_10,
        oral_morphine_mg_per_day=clinical.pain.opioid_omed_mg_per_day,
        dexamethasone_mg_per_day=clinical.steroids_mg_dexamethasone_per_day,
        frankel=cast("Literal['A', 'B', 'C', 'D', 'E'] | None", neurology.frankel),
        asia=cast("Literal['A', 'B', 'C', 'D', 'E'] | None", neurology.asia),
        ambulatory=facts.ambulatory,
        kps=clinical.kps,
        ecog=clinical.ecog,
    )
    known = visit.model_dump(exclude={"on", "lesion_id"}, exclude_none=True)
    return [visit] if known else []
