"""The visits that are due: 2 weeks, 3, 6, 12 months, then every 6 months, until death or withdrawal."""

from __future__ import annotations

from datetime import date
from itertools import islice, pairwise

import pytest

from spondyl.core.errors import CohortError
from spondyl.followup.records import DeathRecord, LesionRecord, PatientRecord, TreatmentRecord, VisitRecord
from spondyl.followup.schedule import LATEST, add_months, follow_up, steps

TREATED = date(2023, 1, 31)


def treated(lesion: str = "A", on: date = TREATED, **changes) -> TreatmentRecord:
    said = {"treatment_id": f"t-{lesion}", "lesion_id": lesion, "kind": "sbrt", "started_on": on, "ended_on": on}
    return TreatmentRecord(**{**said, **changes})


def patient(*visits: date, **changes) -> PatientRecord:
    said = {
        "pseudonym": "P1",
        "lesions": (LesionRecord(lesion_id="A", level="T11"), LesionRecord(lesion_id="B", level="L2")),
        "treatments": (treated(),),
        "visits": tuple(VisitRecord(on=day) for day in visits),
    }
    return PatientRecord(**{**said, **changes})


def statuses(who: PatientRecord, on: date) -> dict[str, str]:
    (only,) = follow_up(who, on)
    return {visit.label: visit.status for visit in only.visits}


def test_the_days_are_2_weeks_3_6_12_months_then_every_6_months():
    (only,) = follow_up(patient(), date(2024, 9, 1))
    assert [(visit.label, visit.due_on.isoformat()) for visit in only.visits] == [
        ("2 weeks", "2023-02-14"),
        ("3 months", "2023-04-30"),
        ("6 months", "2023-07-31"),
        ("12 months", "2024-01-31"),
        ("18 months", "2024-07-31"),
        ("24 months", "2025-01-31"),
    ]


def test_windows_never_meet_so_that_one_visit_counts_once():
    every = [(step.due_on(TREATED), step) for step in islice(steps(), 12)]
    for (due, step), (next_due, next_step) in pairwise(every):
        assert (next_due - due).days > step.late_days + next_step.early_days


def test_days_are_counted_from_the_last_day_of_treatment():
    longer = patient(treatments=(treated(ended_on=date(2023, 2, 10)),))
    assert follow_up(longer, date(2023, 3, 1))[0].visits[0].due_on == date(2023, 2, 24)
    open_end = patient(treatments=(treated(ended_on=None),))
    assert follow_up(open_end, date(2023, 3, 1))[0].visits[0].due_on == date(2023, 2, 14)


@pytest.mark.parametrize(
    ("on", "visits", "expected"),
    [
        (date(2023, 2, 6), (), {"2 weeks": "coming"}),
        (date(2023, 2, 7), (), {"2 weeks": "open"}),
        (date(2023, 2, 28), (), {"2 weeks": "open", "3 months": "coming"}),
        (date(2023, 3, 1), (), {"2 weeks": "overdue", "3 months": "coming"}),
        (date(2023, 3, 1), (date(2023, 2, 7),), {"2 weeks": "done", "3 months": "coming"}),
        (date(2023, 3, 1), (date(2023, 2, 6),), {"2 weeks": "overdue", "3 months": "coming"}),
        (date(2023, 5, 1), (date(2023, 4, 30),), {"2 weeks": "missed", "3 months": "done", "6 months": "coming"}),
        (
            date(2023, 6, 30),
            (),
            {"2 weeks": "overdue", "3 months": "overdue", "6 months": "open"},
        ),
    ],
)  # fmt: skip
def test_a_visit_is_done_open_overdue_or_missed(on, visits, expected):
    assert statuses(patient(*visits), on) == expected


def test_a_visit_after_the_day_asked_for_is_not_looked_at():
    who = patient(date(2023, 2, 14))
    assert statuses(who, date(2023, 2, 13)) == {"2 weeks": "open"}
    assert not follow_up(who, TREATED.replace(day=30))


def test_the_visit_nearest_to_the_day_counts():
    (only,) = follow_up(patient(date(2023, 4, 15), date(2023, 5, 2)), date(2023, 5, 20))
    assert only.visits[1].seen_on == date(2023, 5, 2)


def test_nothing_is_due_after_death_and_nobody_dead_is_overdue():
    died = patient(date(2023, 2, 14), death=DeathRecord(on=date(2023, 7, 31)))
    (only,) = follow_up(died, date(2024, 1, 1))
    assert [(visit.label, visit.status) for visit in only.visits] == [
        ("2 weeks", "done"),
        ("3 months", "missed"),
        ("6 months", "ended"),
    ]
    assert (only.overdue, only.ended_by, only.ended_on) == (False, "death", date(2023, 7, 31))
    assert follow_up(died, date(2023, 7, 30))[0].overdue


def test_nothing_is_due_after_withdrawal():
    (only,) = follow_up(patient(withdrawn_on=date(2023, 3, 1)), date(2024, 1, 1))
    assert [(visit.label, visit.status) for visit in only.visits] == [("2 weeks", "missed")]
    assert only.ended_by == "withdrawal"


def test_lesions_treated_at_one_time_share_visits_and_others_have_their_own():
    later = date(2023, 5, 2)
    longer = treated("A", date(2023, 1, 27), ended_on=date(2023, 2, 3))
    (shared,) = follow_up(patient(treatments=(longer, treated("B"))), date(2023, 6, 1))
    assert (shared.lesions, shared.treated_on) == (("A", "B"), date(2023, 2, 3))
    apart = patient(
        treatments=(treated(), treated("B", later)), visits=(VisitRecord(on=date(2023, 5, 16), lesion_id="B"),)
    )
    first, second = follow_up(apart, date(2023, 6, 5))
    assert (first.lesions, second.lesions) == (("A",), ("B",))
    assert second.visits[0].seen_on == date(2023, 5, 16)
    assert first.visits[1].status == "overdue"


def test_an_untreated_patient_has_no_visits():
    assert follow_up(patient(treatments=()), date(2024, 1, 1)) == ()


def test_months_end_where_the_month_does():
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2023, 12, 15), 12) == date(2024, 12, 15)


def test_the_latest_day_that_can_be_asked_for_has_a_next_visit_and_the_day_after_is_refused():
    (only,) = follow_up(patient(), LATEST)
    assert only.visits[-1].due_on > LATEST
    assert only.visits[-1].closes_on < date.max
    with pytest.raises(CohortError, match="expected a day up to 9998-12-31"):
        follow_up(patient(), date(9999, 1, 1))
