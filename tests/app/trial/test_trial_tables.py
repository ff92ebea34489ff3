"""Tables of a trial's report: every count, and what is not known counted, never filled in."""

import csv
import io

import pytest
from trial_cohorts import ALL_DEAD, ALONE, EMPTY, NO_EVENTS, UNTREATED, cohort, on, patient, read, two_arms, visit

from spondyl.app.trial.adverse_events import adverse_events
from spondyl.app.trial.characteristics import characteristics
from spondyl.app.trial.dosimetry import deviations, dosimetry
from spondyl.app.trial.flow import CONSORT, STROBE, analysed, flow
from spondyl.app.trial.outcome_tables import answers, estimates, unknown_rows
from spondyl.app.trial.outcomes import outcomes


def found(of):
    return outcomes(of, (6.0, 12.0, 24.0), 2)


def cells(table, label):
    return [row.cells for row in table.rows if row.label == label]


def test_unknown_characteristics_are_counted_on_a_line_of_their_own():
    known = patient("P1", sex="female", primary_histology="breast")
    table = characteristics(cohort("c", known, patient("P2"), patient("P3", sex="male")))
    rows = [(row.label, row.cells[0]) for row in table.rows]
    start = rows.index(("Sex", ""))
    assert rows[start : start + 4] == [("Sex", ""), ("female", "1 (50 %)"), ("male", "1 (50 %)"), ("unknown", "1")]
    start = rows.index(("Primary tumour", ""))
    assert rows[start : start + 3] == [("Primary tumour", ""), ("breast", "1 (100 %)"), ("unknown", "2")]


def plan(**verdicts):
    asked = {"D98%": (27.0, "optimal"), "D50%": (36.0, "mandatory")}
    return {
        "plan_id": "A", "lesion_id": "L", "protocol": "sib", "prescription_gy": 30.0, "fractions": 5,
        "verdicts": [
            {"structure": "GTV", "metric": metric, "op": ">=", "limit": limit, "value": verdicts.get(metric),
             "unit": "Gy", "level": level,
             "status": "unknown" if metric not in verdicts else "pass" if verdicts[metric] >= limit else "fail"}
            for metric, (limit, level) in asked.items()
        ],
    }  # fmt: skip


def planned(name, **verdicts):
    treatment = {"treatment_id": "T", "lesion_id": "L", "kind": "sbrt", "started_on": on(0), "plan_id": "A"}
    return patient(name, treatments=[treatment], plans=[plan(**verdicts)])


def test_dosimetry_counts_met_not_met_and_unknown_and_names_every_deviation():
    of = cohort("c", planned("P1", **{"D98%": 30.0, "D50%": 40.0}), planned("P2", **{"D98%": 20.0, "D50%": 35.0}),
                planned("P3"), patient("P4"))  # fmt: skip
    table = dosimetry(of)
    assert cells(table, "GTV D98%") == [
        ("25.0 (20.0 to 30.0) Gy", "2 of 3", "≥ 27 Gy (optimal)", "1", "1", "1")
    ]  # fmt: skip
    assert "1 of 4 irradiated lesions have no plan recorded" in table.notes[0]
    listed = [(row.label, row.cells[1], row.cells[2]) for row in deviations(of).rows]
    assert listed == [("P2", "mandatory", "GTV D50%"), ("P2", "optimal", "GTV D98%")]


def test_adverse_events_count_each_patient_once_a_term_at_the_worst_grade():
    events = [{"on": on(20), "term": "Pain", "grade": 1}, {"on": on(40), "term": "Pain", "grade": 3}]
    of = cohort("c", patient("P1", adverse_events=events), patient("P2", adverse_events=events[:1]), patient("P3"))
    table = adverse_events(of)
    assert cells(table, "Pain") == [("1", "–", "1", "–", "–", "2 (67 %)")]
    assert cells(table, "Any adverse event") == [("1", "–", "1", "–", "–", "2 (67 %)")]
    assert "not the same as none" in adverse_events(ALONE).notes[1]


@pytest.mark.parametrize("of", [EMPTY, ALONE, UNTREATED, NO_EVENTS, ALL_DEAD], ids=lambda each: each.name)
def test_every_table_stands_for_every_cohort(of):
    analysed_ = found(of)
    every = (
        characteristics(of),
        dosimetry(of),
        deviations(of),
        adverse_events(of),
        estimates(analysed_),
        answers(analysed_),
    )
    for table in every:
        assert all(len(row.cells) == len(table.columns) - 1 for row in table.rows), table.key
        lines = table.csv(of.name).splitlines()
        assert lines[0] == f"# {of.name}: {table.title}"
        assert "# Research and education, not a medical device." in lines


def test_estimates_tell_why_there_is_no_interval():
    alive = [row.cells[-1] for row in estimates(found(NO_EVENTS)).rows if row.cells[4] in ("6", "12")]
    assert alive[0] == "unknown: beyond follow-up"
    dead = [row.cells for row in estimates(found(ALL_DEAD)).rows if row.cells[4] == "6"]
    assert dead[0][-1] == "50.0 % (15.2 to 77.5)"
    gone = [row.cells for row in estimates(outcomes(ALL_DEAD, (330 / 30.4375,), 2)).rows if row.cells[4] == "10.8419"]
    assert gone[0][-1] == "0.0 % (all had the event)"
    assert [row.label for row in estimates(found(EMPTY)).rows].count("no observation") == 6


def test_estimates_that_rest_on_few_are_marked_and_late_deaths_told():
    table = estimates(outcomes(ALL_DEAD, (5.0, 6.0), 2))
    assert [row.cells[5] for row in table.rows if row.cells[4]][:2] == ["5", "4†"]
    assert "†: fewer than 5 at risk." in table.notes
    assert sum("late deaths are overstated" in note for note in table.notes) == 2


def test_a_cohort_without_progression_elsewhere_is_told_so():
    assert any("no progression elsewhere is recorded" in note for note in estimates(found(NO_EVENTS)).notes)
    assert not any("elsewhere" in note for note in estimates(found(two_arms())).notes)


def test_answers_count_the_unknown_by_reason_without_their_dates():
    dead = [
        patient(f"P{i}", died=40 + i, visits=[visit(-3, pain_vas=5.0, oral_morphine_mg_per_day=0.0)]) for i in range(3)
    ]
    table = answers(found(cohort("c", *dead)))
    assert cells(table, "unknown: no visit 3 ± 1 months after treatment: death") == [("3",)]


def test_shares_are_of_those_that_the_word_speaks_of():
    grades = (("C", "D"), ("D", "D"), ("E", "E"), ("E", "E"), ("E", "D"))
    people = [
        patient(f"P{i}", visits=[visit(-3, frankel=one), visit(90, frankel=two)]) for i, (one, two) in enumerate(grades)
    ]
    table = answers(found(cohort("c", *people)))
    told = {row.label: row.cells[0] for row in table.rows}
    assert (told["improved"], told["unchanged"]) == ("1 (50 %)", "1 (50 %)")
    assert (told["stayed intact"], told["lost function"]) == ("2 (67 %)", "1 (33 %)")
    assert (told["kept"], told["regained"]) == ("4 (100 %)", "1 (100 %)")


def test_every_unknown_is_named():
    rows = unknown_rows(found(ALONE))
    assert ("Local control", "P1", "L", "no image that the readers agree on") in rows


def test_the_flow_keeps_the_excluded_out_of_the_analysis():
    of = two_arms()
    kept = analysed(of)
    assert (len(of.patients), len(kept.patients)) == (60, 57)
    course = flow(of, found(kept))
    assert course.guideline == CONSORT
    (first, left), (second, _) = course.trunk
    assert first.lines == ("Assessed for eligibility (n = 60)",)
    assert left.lines == ("Not enrolled (n = 3)", "life expectancy below 3 months (n = 2)", "declined (n = 1)")
    assert second.lines == ("Enrolled (n = 57)",)
    assert [column[0].lines[0] for column in course.arms] == ["EBRT (n = 28)", "Kypho-IORT (n = 29)"]
    assert flow(NO_EVENTS, found(NO_EVENTS)).guideline == STROBE


def test_a_treated_patient_that_is_left_out_is_in_no_estimate():
    out = patient("P2", died=100, excluded_reason="wrong histology")
    of = analysed(
        cohort("c", patient("P1", last_contact_on=on(200), imaging=read(90, "controlled", "controlled")), out)
    )
    assert [each.subject for each in found(of).outcome("overall_survival").data.observations] == ["P1"]


def test_tables_read_back_as_csv():
    text = characteristics(analysed(two_arms())).csv("two arms")
    rows = list(csv.reader(io.StringIO("\n".join(line for line in text.splitlines() if not line.startswith("#")))))
    assert rows[0] == ["part", "characteristic", "EBRT", "Kypho-IORT", "all"]
    assert {len(row) for row in rows} == {5}
