"""The 11 studies of the Kypho-IORT review, study by study, and its screening."""

from __future__ import annotations

import pytest

from spondyl.clinic.evidence import kypho_iort_studies, outcomes, review, screening
from spondyl.core.errors import EvidenceError

# Read from Table 1 of the review; years as in its reference list (X31).
STUDIES = [
    ("Wenz", 2010, 2010, "case report", 1, 1, ["procedure time, intraop: <90 min"]),
    (
        "Schneider", 2011, 2011, "CT eligibility + cadaver", 53, 897,
        ["vertebrae infiltrated: 356 vertebrae", "estimated eligibility: 23-34 % of patients",
         "maximum spinal cord dose (cadaver): 3.8 Gy"],
    ),
    (
        "Schmidt", 2012, 2011, "pilot clinical", 17, 20,
        ["radiation not applied (technical difficulty): 10 %", "mean total surgical time: 81 min (SD 28)",
         "VAS, day 1: 2.9 VAS"],
    ),
    (
        "Reis", 2012, 2012, "first clinical results / dose-escalation pilot", 18, 21,
        ["IORT technical success: 86 % (18/21)", "median VAS, 6 weeks: 0 VAS/10",
         "stable disease in irradiated vertebrae: 93 %", "asymptomatic cement leakage: 78 %"],
    ),
    (
        "Bludau", 2013, 2013, "learning curve + workshops", 43, 53,
        ["technical failures after case 25: 0 events", "operating time per vertebra: 42.6-61.2 min"],
    ),
    (
        "Bludau", 2015, 2015, "overview 2009-2014", 81, 102,
        ["technical problems since case 23: 0 events",
         "local recurrences among 29 patients with >12 mo follow-up, >12 months: 3 of 29 patients"],
    ),
    (
        "Schneider", 2017, 2017, "technical note igIORT", 1, 1,
        ["minimum target dose (MChet, preop CT): 27.1 Gy", "maximum cord dose (MChet, preop CT): 7.2 Gy"],
    ),
    (
        "Pinar Sedeño", 2017, 2018, "case report (aggressive haemangioma T5)", 1, 1,
        ["walking without pain, day 1: 1 of 1 patients", "IORT duration: 2 min"],
    ),
    (
        "Bludau", 2018, 2018, "phase I/II", 61, 76,
        ["dose-limiting toxicity: 0 events", ">=3-point pain reduction, day 1: 69.8 %",
         "local progression-free survival, 12 months: 93.8 %", "overall survival, 12 months: 48.4 %"],
    ),
    (
        "Bludau", 2019, 2019, "phase III RCT protocol", 54, None,
        ["planned per arm before dropout: 22 patients", "assumed >=3-point reduction, Kypho-IORT, day 1: 40 %",
         "assumed >=3-point reduction, EBRT, day 1: 5 %"],
    ),
    (
        "Bludau", 2020, 2020, "cohort 2009-2019", 104, 143,
        ["median follow-up: 14.5 months (0.4-109)", "vertebrae with local progression: 10 vertebrae",
         "local control, 24 months: 94.2 %", "overall survival, 24 months: 50.3 %",
         "adjacent-level vertebral fractures: 0 events"],
    ),
]  # fmt: skip


@pytest.mark.parametrize("place", range(11), ids=[f"{s[0]} {s[1]}" for s in STUDIES])
def test_study_by_study(place: int) -> None:
    study, year, printed, design, patients, vertebrae, results = STUDIES[place]
    found = kypho_iort_studies()[place]
    assert (found.study, found.year, found.year_printed, found.design) == (study, year, printed, design)
    assert (found.patients, found.vertebrae) == (patients, vertebrae)
    assert set(results) <= set(found.results)


def test_there_are_eleven_and_every_row_of_the_table_is_in_one() -> None:
    found = kypho_iort_studies()
    assert len(found) == len(STUDIES) == 11
    rows = [row for study in found for row in study.rows]
    assert sorted(rows) == [f"E{i:03d}" for i in range(12, 90)]


def test_corrections_are_told_beside_the_study() -> None:
    schmidt = kypho_iort_studies()[2]
    assert any(remark.startswith("[X31] printed 2011; used 2012") for remark in schmidt.remarks)


def test_the_screening_adds_up() -> None:
    found = screening()
    assert (found.found, found.excluded, found.included) == (24, 13, 11)
    assert found.found - found.excluded == found.included
    assert "selection bias" in found.remark


def test_a_screening_that_does_not_add_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"E010": 12.0}
    rows = tuple(
        o.model_copy(update={"value": o.value.model_copy(update={"number": wrong[o.id]})}) if o.id in wrong else o
        for o in outcomes()
    )
    monkeypatch.setattr(review, "evidence", lambda **asked: tuple(r for r in rows if _fits(r, asked)))
    with pytest.raises(EvidenceError, match="24 found less 12"):
        screening()


def _fits(row: object, asked: dict[str, str]) -> bool:
    return all(getattr(row, "study_id" if key == "study" else key) == value for key, value in asked.items())
