"""A cohort that was made up: no patient, no centre and no publication stands behind any number of it.

`python tests/followup/synthetic_cohort.py` writes it to `tests/data/cohort`, as a folder of CSV files.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from spondyl.followup.records import (
    AdverseEventRecord,
    AssessmentRecord,
    Cohort,
    DeathRecord,
    FractureReading,
    ImagingReading,
    LesionRecord,
    PatientRecord,
    PlanMetric,
    PlanRecord,
    PlanVerdict,
    SystemicProgression,
    TreatmentRecord,
    VisitRecord,
)
from spondyl.io.cohort_csv import write_cohort

FOLDER = Path(__file__).parents[1] / "data" / "cohort"
PATIENTS, SEED, CLOSED_ON = 24, 6, date(2026, 6, 30)
LEVELS = ("C6", "T4", "T8", "T11", "T12-L1", "L2", "L3", "L4")
HISTOLOGIES = ("breast carcinoma", "prostate carcinoma", "renal cell carcinoma", "lung adenocarcinoma", "melanoma")
DUE_DAYS = (14, 91, 183, 365, 548, 730, 913)
"""Days after treatment of the visits that were kept."""


def synthetic_cohort(patients: int = PATIENTS, seed: int = SEED) -> Cohort:
    """Patients treated between 2022 and 2025, some with two lesions; the same seed gives the same cohort."""
    draw = random.Random(seed)
    return Cohort(name="synthetic", patients=tuple(_patient(f"S{n:03}", draw) for n in range(1, patients + 1)))


def _patient(pseudonym: str, draw: random.Random) -> PatientRecord:
    treated = date(2022, 1, 10) + timedelta(days=draw.randrange(1300))
    screened = treated - timedelta(days=draw.randrange(7, 22))
    said: dict[str, Any] = {
        "pseudonym": pseudonym,
        "sex": draw.choice(("female", "male")),
        "birth_year": draw.randrange(1938, 1975),
        "primary_histology": draw.choice(HISTOLOGIES),
        "screened_on": screened,
    }
    if draw.random() < 0.1:
        return PatientRecord(**said, excluded_reason="life expectancy below 3 months")
    lesion_ids = ("A", "B") if draw.random() < 0.25 else ("A",)
    dies = treated + timedelta(days=int(draw.expovariate(1 / 900)) + 5)
    last = min(dies, CLOSED_ON)
    rows: dict[str, list[Any]] = {}
    for lesion_id, level in zip(lesion_ids, draw.sample(LEVELS, len(lesion_ids)), strict=True):
        _lesion(rows, lesion_id, level, (treated, last), draw)
    rows["visits"] = _visits(treated, last, draw)
    rows["adverse_events"] = _adverse_events(treated, last, draw)
    if draw.random() < 0.4 and treated + timedelta(days=200) < last:
        rows["systemic_progressions"] = [SystemicProgression(on=treated + timedelta(days=199), site="liver")]
    death = DeathRecord(on=dies, cause=draw.choice(("tumour", "tumour", "other"))) if dies <= CLOSED_ON else None
    enrolled = screened + timedelta(days=2)
    return PatientRecord(**said, **rows, enrolled_on=enrolled, death=death, last_contact_on=last)


def _lesion(
    rows: dict[str, list[Any]], lesion_id: str, level: str, span: tuple[date, date], draw: random.Random
) -> None:
    treated, last = span
    dose, fractions = draw.choice(((24.0, 2), (27.0, 3), (30.0, 5)))
    pain = float(draw.randrange(3, 10))
    facts = {"level": level} if "-" not in level else {"clinical": {"lesion": {"levels": level.split("-")}}}
    facts.setdefault("clinical", {})["pain"] = {"vas_0_10": pain}
    gtv = round(dose * draw.uniform(0.7, 1.0), 2)
    cord = round(draw.uniform(10, 18), 2)
    limit = 17.0
    new = {
        "lesions": [LesionRecord(lesion_id=lesion_id, level=level, facts=facts)],
        "assessments": [
            AssessmentRecord(
                lesion_id=lesion_id,
                on=treated - timedelta(days=7),
                instrument="sins",
                total=float(draw.randrange(4, 14)),
            )
        ],
        "plans": [
            PlanRecord(
                plan_id=f"plan-{lesion_id}", lesion_id=lesion_id, technique="vmat", protocol="sbrt-24in2",
                prescription_gy=dose, fractions=fractions,
                metrics=(
                    PlanMetric(structure="GTV", metric="D98%", value=gtv, unit="Gy"),
                    PlanMetric(structure="GTV", metric="D50%", value=round(dose * 1.08, 2), unit="Gy"),
                    PlanMetric(structure="GTV", metric="Dmin", value=round(gtv * 0.9, 2), unit="Gy"),
                ),
                verdicts=(
                    PlanVerdict(
                        structure="SpinalCord", metric="D0.03cc", op="<=", limit=limit, value=cord, unit="Gy",
                        level="mandatory", status="pass" if cord <= limit else "fail", margin=round(limit - cord, 2),
                    ),
                ),
            )
        ],
        "treatments": [
            TreatmentRecord(
                treatment_id=f"rt-{lesion_id}", lesion_id=lesion_id, kind="sbrt", intent="index", started_on=treated,
                ended_on=min(treated + timedelta(days=2 * fractions - 1), last), plan_id=f"plan-{lesion_id}",
                dose_gy=dose, fractions=fractions,
            )
        ],
        **_images(lesion_id, level, span, draw),
    }  # fmt: skip
    for name, records in new.items():
        rows.setdefault(name, []).extend(records)


def _images(lesion_id: str, level: str, span: tuple[date, date], draw: random.Random) -> dict[str, list[Any]]:
    """Two readers of every image; a progression, once read by both, stays."""
    treated, last = span
    fails = treated + timedelta(days=int(draw.expovariate(1 / 2500)))
    breaks = treated + timedelta(days=int(draw.expovariate(1 / 2000)))
    vertebra = level.split("-")[0]
    images: list[Any] = []
    fractures: list[Any] = []
    for day in (treated + timedelta(days=days - 3) for days in DUE_DAYS[1:]):
        if day > last:
            break
        failed = day >= fails
        for reader in ("reader-1", "reader-2"):
            images.append(
                ImagingReading(
                    lesion_id=lesion_id, on=day, reader=reader, modality="MRI",
                    spino="progression" if failed else "controlled", failure_site="epidural" if failed else None,
                    failure_in_prescription_percent=97.5 if failed else None,
                )
            )  # fmt: skip
        broken = day >= breaks and not any(each.finding == "new" for each in fractures)
        finding = "new" if broken else "unchanged" if fractures and fractures[-1].genant_grade else "none"
        grade = 1 if finding != "none" else 0
        fractures.append(
            FractureReading(lesion_id=lesion_id, on=day, level=vertebra, finding=finding, genant_grade=grade)
        )
    return {"imaging": images, "fractures": fractures}


def _visits(treated: date, last: date, draw: random.Random) -> list[VisitRecord]:
    pain, morphine = float(draw.randrange(3, 10)), float(draw.choice((0, 20, 40, 60)))
    found = [_visit(treated - timedelta(days=1), pain, morphine, draw)]
    for days in DUE_DAYS:
        day = treated + timedelta(days=days + draw.randrange(-3, 6))
        if day <= last and draw.random() < 0.9:
            pain = min(10.0, max(0.0, pain - draw.randrange(-1, 4)))
            found.append(_visit(day, pain, morphine if pain else 0.0, draw))
    return found


def _visit(day: date, pain: float, morphine: float, draw: random.Random) -> VisitRecord:
    return VisitRecord(
        on=day, pain_vas=pain, oral_morphine_mg_per_day=morphine, frankel=draw.choice("EEEED"), ambulatory=True,
        kps=draw.choice((60, 70, 80, 90)), ecog=draw.choice((0, 1, 2)),
    )  # fmt: skip


def _adverse_events(treated: date, last: date, draw: random.Random) -> list[AdverseEventRecord]:
    found: list[AdverseEventRecord] = []
    for term in ("Fatigue", "Esophagitis", "Pain"):
        day = treated + timedelta(days=draw.randrange(1, 30))
        if draw.random() < 0.4 and day <= last:
            found.append(AdverseEventRecord(on=day, term=term, grade=draw.choice((1, 1, 2, 3)), attribution="possible"))
    return found


if __name__ == "__main__":
    write_cohort(synthetic_cohort().patients, FOLDER)
