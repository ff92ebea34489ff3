"""Table 5: adverse events by CTCAE v5 term and grade, each patient once a term at the worst grade."""

from __future__ import annotations

from spondyl.app.trial.table import Row, Table, counted
from spondyl.followup.endpoints import patient_start
from spondyl.followup.records import Cohort

GRADES = (1, 2, 3, 4, 5)
ANY = "Any adverse event"


def adverse_events(cohort: Cohort) -> Table:
    """The table: a term, the patients at each worst grade, and any grade."""
    treated = [patient for patient in cohort.patients if patient_start(patient) is not None]
    worst: dict[str, dict[str, int]] = {ANY: {}}
    for patient in treated:
        for event in patient.adverse_events:
            for term in (event.term, ANY):
                grades = worst.setdefault(term, {})
                grades[patient.pseudonym] = max(event.grade, grades.get(patient.pseudonym, 0))
    total = len(treated)
    terms = sorted((term for term in worst if term != ANY), key=lambda term: (-len(worst[term]), term))
    rows = [_row(term, worst[term], total) for term in (*terms, ANY)] if terms else []
    unsaid = sum(event.attribution is None for patient in treated for event in patient.adverse_events)
    notes = [f"Patients of {total} treated, each once a term at the worst grade, whatever the cause."]
    if not terms:
        notes.append("No adverse event is recorded. That is not the same as none having happened.")
    elif unsaid:
        notes.append(f"Whether treatment caused it is not recorded for {unsaid} events.")
    columns = ("CTCAE v5 term", *(f"grade {grade}" for grade in GRADES), "any grade")
    return Table("table5_adverse_events", "Table 5. Adverse events", columns, tuple(rows), tuple(notes))


def _row(term: str, grades: dict[str, int], total: int) -> Row:
    values = list(grades.values())
    cells = [str(values.count(grade)) if values.count(grade) else "–" for grade in GRADES]
    return Row(term, (*cells, counted(len(values), total)))
