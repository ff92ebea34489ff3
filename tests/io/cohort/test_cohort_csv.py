"""Every fault of a folder with its file, row and column, all at once; nothing is taken until there is none."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from spondyl.core.errors import CohortError
from spondyl.followup.records import AdverseEventRecord, LesionRecord, PatientRecord, PlanMetric, PlanRecord
from spondyl.io.cohort_csv import read_cohort, scan_cohort, write_cohort, write_rejects
from spondyl.io.cohort_csv_cells import read_cell, write_cell
from spondyl.io.store import create_store

COHORT = Path(__file__).parents[2] / "data" / "cohort"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The made-up cohort, to be spoilt."""
    return Path(shutil.copytree(COHORT, tmp_path / "cohort"))


def spoil(path: Path, change: Callable[[list[list[str]]], None]) -> None:
    """Change the rows of a file; row 1 of the file is rows[0]."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def put(path: Path, row: int, column: str, value: str) -> None:
    """Write one cell."""

    def change(rows: list[list[str]]) -> None:
        rows[row - 1][rows[0].index(column)] = value

    spoil(path, change)


def told(folder: Path) -> list[tuple[str, int | None, str | None]]:
    """Where the faults of a folder are."""
    return [(fault.file, fault.row, fault.column) for fault in scan_cohort(folder).faults]


def test_export_import_export_gives_the_same_bytes_by_way_of_a_store(folder: Path, tmp_path: Path):
    with create_store(str(tmp_path / "cohort.db"), "trial", who="amy") as store:
        store.add(read_cohort(folder).patients, who="amy")
        write_cohort(store.cohort().patients, tmp_path / "out")
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written == {path.name: path.read_bytes() for path in COHORT.glob("*.csv")}


def test_texts_that_csv_finds_hard_come_back_as_they_were(tmp_path: Path):
    hard = PatientRecord(
        pseudonym="P1",
        primary_histology='Mamma, "triple-negativ"\n2. Zeile; Übersicht ½ 🦴',
        lesions=(
            LesionRecord(
                lesion_id="A", level="T11",
                facts={
                    "case_id": "123", "level": "T11", "histology": "true",
                    "clinical": {"kps": 80, "neurology": {"motor_power_mrc": {"hip_flexion": "4/5"}},
                                 "lesion": {"levels": ["T11"], "bilsky_escc": "2"}},
                    "measured": {"heights_mm": {"T11": {"anterior": 18.1, "middle": 14.2, "posterior": 21.1}}},
                },
            ),
        ),
        plans=(
            PlanRecord(
                plan_id="p", lesion_id="A",
                metrics=(PlanMetric(structure="GTV", metric="Dmin", value=1e-7 / 3, unit="Gy"),),
            ),
        ),
    )  # fmt: skip
    write_cohort([hard], tmp_path / "hard")
    assert read_cohort(tmp_path / "hard").patients == (hard,)


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "message"),
    [
        ("visits.csv", 4, "pain_vas", "11", 'is "11", expected a number of at most 10'),
        ("visits.csv", 4, "pain_vas", "-1", 'is "-1", expected a number of at least 0'),
        ("visits.csv", 4, "pain_vas", "3,5", 'is "3,5", expected a decimal point: 3.5'),
        ("visits.csv", 4, "pain_vas", "inf", 'is "inf", expected a number such as 3.5'),
        ("visits.csv", 4, "on", "", "is empty, and every row needs it"),
        ("visits.csv", 4, "on", "2024-02-30", 'is "2024-02-30", expected a date that the calendar has'),
        ("visits.csv", 4, "kps", "85", 'is "85", expected a multiple of 10'),
        ("visits.csv", 4, "ambulatory", "perhaps", 'is "perhaps", expected yes or no'),
        ("visits.csv", 4, "pseudonym", "s002", 'is "s002", no patient of patients.csv; nearest: S002'),
        ("treatments.csv", 3, "kind", "SBRTT", 'is "SBRTT", expected one of sbrt'),
        ("treatments.csv", 3, "plan_id", "plan-C", '"plan-C" is no plan of this patient; nearest: plan-A'),
        ("treatments.csv", 3, "dose_gy", "-24", 'is "-24", expected a number above 0'),
        ("lesions.csv", 2, "level", "T13", 'level "T13" is not a vertebral level'),
        ("imaging.csv", 5, "lesion_id", "X", '"X" is no lesion of this patient'),
        ("facts.csv", 2, "key", "clinical.pian.vas_0_10", '"clinical.pian" is not a known key; nearest: clinical.pain'),
        ("facts.csv", 2, "value", "12", "clinical.pain.vas_0_10 is 12"),
        ("facts.csv", 2, "lesion_id", "Q", 'is "Q", no lesion of this patient; nearest: A'),
        ("plan_metrics.csv", 3, "position", "1", "1 is given twice for this plan"),
        ("plan_metrics.csv", 3, "plan_id", "plan-Z", 'is "plan-Z", no plan of this patient'),
        ("plan_verdicts.csv", 2, "status", "passed", 'is "passed", expected one of pass, fail, unknown; nearest: pass'),
        ("adverse_events.csv", 3, "grade", "6", 'is "6", expected a number of at most 5'),
        ("adverse_events.csv", 3, "grade", "2.5", 'is "2.5", expected a whole number such as 3'),
        ("adverse_events.csv", 3, "on", "2019-05-05", "is before the treatment on"),
        ("deaths.csv", 2, "cause", "tumor", 'is "tumor", expected one of tumour, treatment, other; nearest: tumour'),
        ("patients.csv", 4, "pseudonym", "S002", '"S002" is given twice, first in row 3; keep one'),
        ("patients.csv", 3, "birth_year", "1850", 'is "1850", expected a number of at least 1880'),
        ("patients.csv", 3, "last_contact_on", "2022-10-01", "2022-10-01 is before"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_row_and_column(folder, file, row, column, value, message):
    put(folder / file, row, column, value)
    found = {(fault.file, fault.row, fault.column): fault.message for fault in scan_cohort(folder).faults}
    assert (file, row, column) in found
    assert message in found[file, row, column]


def test_visits_after_death_and_events_before_treatment_are_told_row_by_row(folder: Path):
    with (folder / "visits.csv").open("a", encoding="utf-8") as file:
        file.write("S005,2026-01-01,,3,,,,,,,\n")
    with (folder / "systemic_progressions.csv").open("a", encoding="utf-8") as file:
        file.write("S005,2019-01-01,bone\n")
    found = {str(fault) for fault in scan_cohort(folder).faults}
    assert "visits.csv, row 102, column on: 2026-01-01 is after the death on 2025-09-30; correct one" in found
    assert any(text.startswith("systemic_progressions.csv, row 8, column on: progression on 2019-01-01 is before the "
                               "treatment on") for text in found)  # fmt: skip


def test_everything_is_told_at_once_and_nothing_is_taken(folder: Path):
    put(folder / "visits.csv", 4, "pain_vas", "11")
    put(folder / "visits.csv", 9, "on", "24.03.2024")
    put(folder / "treatments.csv", 3, "kind", "SBRTT")
    put(folder / "deaths.csv", 2, "cause", "tumor")
    assert told(folder) == [
        ("visits.csv", None, None),
        ("treatments.csv", 3, "kind"),
        ("visits.csv", 4, "pain_vas"),
        ("visits.csv", 9, "on"),
        ("deaths.csv", 2, "cause"),
    ]
    assert scan_cohort(folder).patients == ()
    with pytest.raises(CohortError) as refused:
        read_cohort(folder)
    lines = str(refused.value).splitlines()
    assert "has 5 faults; nothing was taken from it" in lines[0]
    assert lines[1] == (
        "  visits.csv: dates are written in 2 ways: 2024-03-31 (99 cells), 31.03.2024 (1 cell, row 9); write 2024-03-31"
    )


@pytest.mark.parametrize(
    ("written", "way"),
    [
        ("31.03.2024", "31.03.2024"),
        ("03/31/2024", "31/03/2024 or 03/31/2024"),
        ("2024/03/31", "2024/03/31"),
        ("31-Mar-2024", "31-Mar-2024"),
        ("45382", "45382, a spreadsheet's number of days"),
    ],
)
def test_a_date_in_another_way_is_named(written, way):
    with pytest.raises(ValueError, match="this is written as") as refused:
        read_cell("date", written)
    assert str(refused.value).endswith(way)


@pytest.mark.parametrize(
    ("spoilt", "where", "message"),
    [
        (lambda text: text.encode("utf-16"), ("visits.csv", None, None), "is UTF-16 text, expected UTF-8"),
        (lambda text: text.encode("utf-16-le"), ("visits.csv", None, None), "is UTF-16 text, expected UTF-8"),
        (lambda text: text.replace(",", ";").encode(), ("visits.csv", 1, None), "separated by semicolons"),
        (lambda text: text.replace("pain_vas", "pain").encode(), ("visits.csv", 1, "pain"), "nearest: pain_vas"),
        (lambda text: text.replace("on,", "day,", 1).encode(), ("visits.csv", 1, "on"), "is missing"),
        (lambda text: text.replace("asia", "kps").encode(), ("visits.csv", 1, "kps"), "is there 2 times; keep one"),
        (lambda text: (text + "S002,2024-01-01,3\n").encode(), ("visits.csv", 102, None), "has 3 cells, expected 11"),
        (lambda text: (text + 'S002,"2024\n').encode(), ("visits.csv", 102, None), "check the quotes"),
        (lambda _: b"", ("visits.csv", None, None), "is empty, expected a header"),
    ],
)
def test_a_file_of_another_shape_is_named(folder, spoilt, where, message):
    path = folder / "visits.csv"
    path.write_bytes(spoilt(path.read_text(encoding="utf-8")))
    found = {(fault.file, fault.row, fault.column): fault.message for fault in scan_cohort(folder).faults}
    assert message in found[where]


def test_latin_1_is_named_cell_by_cell_and_a_byte_order_mark_is_none_of_its_business(folder: Path):
    path = folder / "patients.csv"
    text = path.read_text(encoding="utf-8").replace("melanoma", "Aderhaut-Melanom, Größe 2", 1)
    path.write_bytes("\ufeff".encode() + text.replace("Aderhaut-Melanom, Größe 2", '"Größe 2"').encode())
    assert told(folder) == []
    path.write_bytes(text.replace("Aderhaut-Melanom, Größe 2", "Größe").encode("latin-1"))
    row = next(n for n, line in enumerate(text.splitlines(), start=1) if "Größe" in line)
    (fault,) = scan_cohort(folder).faults
    assert (fault.file, fault.row, fault.column) == ("patients.csv", row, "primary_histology")
    assert 'is not UTF-8; as Windows-1252 or Latin-1 it reads "Größe"' in fault.message


def test_a_file_that_no_cohort_has_is_named(folder: Path, tmp_path: Path):
    (folder / "deaths.csv").rename(folder / "death.csv")
    assert ("death.csv", None, None) in told(folder)
    with pytest.raises(CohortError, match=r"has no patients\.csv"):
        read_cohort(tmp_path)
    with pytest.raises(CohortError, match="is no folder"):
        read_cohort(folder / "visits.csv")


def test_bad_patients_are_left_out_whole_and_every_row_of_theirs_is_told(folder: Path, tmp_path: Path):
    """A patient whose death cannot be read must not come in as alive."""
    put(folder / "deaths.csv", 2, "cause", "tumor")
    with (folder / "visits.csv").open("a", encoding="utf-8") as file:
        file.write("S999,2024-01-01,,3,,,,,,,\n")
    found = scan_cohort(folder, skip_bad=True)
    left = {patient.pseudonym for patient in found.patients}
    assert (found.faults, len(left), "S005" in left) == ((), 23, False)
    write_rejects(tmp_path / "rejects.csv", found.rejects)
    with (tmp_path / "rejects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "row", "column", "why", "cells"]
    assert rows[1][:3] == ["deaths.csv", "2", "cause"]
    assert rows[1][4:] == ["S005", "2025-09-30", "tumor"]
    assert rows[2][:3] == ["visits.csv", "102", "pseudonym"]
    assert rows[2][3].startswith('is "S999", no patient of patients.csv; nearest: S0')
    why = "patient S005 is left out: deaths.csv row 2 is at fault"
    rest = [row for row in rows[3:] if row[3] == why]
    assert len(rest) == len(rows) - 3
    every = sum(path.read_text(encoding="utf-8").count("\nS005,") for path in folder.glob("*.csv"))
    assert len(rest) == every - 1
    put(folder / "deaths.csv", 2, "cause", "tumour")
    sound = scan_cohort(folder, skip_bad=True)
    assert len(sound.patients) == 24


def test_the_rejects_are_utf_8_whatever_the_file_was(folder: Path, tmp_path: Path):
    path = folder / "patients.csv"
    path.write_bytes(path.read_text(encoding="utf-8").replace("melanoma", "Melanom, Größe 2", 1).encode("latin-1"))
    path.write_bytes(path.read_bytes().replace(b"Melanom, Gr\xf6\xdfe 2", b'"Melanom, Gr\xf6\xdfe 2"'))
    write_rejects(tmp_path / "rejects.csv", scan_cohort(folder, skip_bad=True).rejects)
    with (tmp_path / "rejects.csv").open(encoding="utf-8", newline="") as file:
        first = list(csv.reader(file))[1]
    assert first[:3] == ["patients.csv", first[1], "primary_histology"]
    assert "Melanom, Größe 2" in first[4:]


def test_a_fault_of_a_whole_file_is_not_skipped(folder: Path):
    put(folder / "visits.csv", 1, "on", "day")
    found = scan_cohort(folder, skip_bad=True)
    assert found.patients == ()
    assert [(fault.row, fault.column) for fault in found.faults] == [(1, "day"), (1, "on")]


def test_a_patient_who_is_not_wanted_is_a_fault_of_their_row(folder: Path):
    found = scan_cohort(folder, refuse=lambda patient: "is there already" if patient.pseudonym == "S003" else None)
    assert [str(fault) for fault in found.faults] == ["patients.csv, row 4, column pseudonym: is there already"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", 0.1 + 0.2),
        ("number", 24.0),
        ("number", 1e22),
        ("whole number", -3),
        ("yes or no", False),
        ("date", date(2024, 2, 29)),
        ("JSON", {"pain": 3.0, "site": "ü"}),
        ("value", "2"),
        ("value", 2),
        ("value", 2.0),
        ("value", ["T11", "T12"]),
        ("value", "NaN"),
        ("value", True),
    ],
)
def test_a_cell_reads_back_to_the_value_that_was_written(kind, value):
    again = read_cell(kind, write_cell(kind, value))
    assert again == value
    assert type(again) is type(value)


def test_optional_columns_may_be_left_out(tmp_path: Path):
    (tmp_path / "patients.csv").write_text("pseudonym\nP1\n\n")
    (tmp_path / "lesions.csv").write_text("lesion_id,pseudonym,level\nA,P1,t11\n")
    (tmp_path / "treatments.csv").write_text(
        "pseudonym,treatment_id,lesion_id,kind,started_on\nP1,t,A,Kypho IORT,2024-01-10\n"
    )
    (tmp_path / "adverse_events.csv").write_text("pseudonym,on,term,grade\nP1, 2024-01-12 ,Fatigue, 1 \n")
    (patient,) = read_cohort(tmp_path).patients
    assert patient.lesions[0].level == "T11"
    assert patient.treatments[0].kind == "kypho-iort"
    assert patient.adverse_events == (AdverseEventRecord(on=date(2024, 1, 12), term="Fatigue", grade=1),)


@pytest.mark.parametrize(
    ("file", "row", "places", "words"),
    [
        ("visits.csv", "S004,2026-03-31,S99,11,,,,,,,", ["lesion_id", "pain_vas"], '"S99" is no lesion'),
        ("visits.csv", "S005,2025-10-01,,11,,,,,,,", ["on", "pain_vas"], "is after the death on 2025-09-30"),
        ("visits.csv", "S005,2025-10-01,,11,,,D,,no,,", [None, "on", "pain_vas"], "ambulatory is no, and frankel D"),
        ("adverse_events.csv", "S004,2001-04-24,Pain,6,S77,,", ["grade", "lesion_id", "on"], "before the treatment"),
        ("adverse_events.csv", "S004,2001-04-24,Pain,2,S77,,2000-01-01", [None, "lesion_id", "on"], '"S77" is no'),
        ("deaths.csv", "S005,2025-09-30,alien", [None, "cause"], "has a death already"),
        ("deaths.csv", "S004,2001-01-01,alien", ["cause"], 'is "alien"'),
        ("treatments.csv", "S004,t9,X,SBR,index,2024-01-01,,plan-Q,24,2", ["kind", "lesion_id", "plan_id"], "no plan"),
    ],
)  # fmt: skip
def test_one_bad_cell_hides_no_other_fault_of_its_row(folder, file, row, places, words):
    path = folder / file
    number = len(path.read_text(encoding="utf-8").splitlines()) + 1
    path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    found = [fault for fault in scan_cohort(folder).faults if (fault.file, fault.row) == (file, number)]
    assert sorted(fault.column or "" for fault in found) == [place or "" for place in places]
    assert any(words in fault.message for fault in found)


def test_a_death_whose_cause_is_bad_still_has_its_day(folder: Path):
    """What is recorded after that day is told at once, not when the cause is mended."""
    put(folder / "deaths.csv", 2, "cause", "alien")
    put(folder / "deaths.csv", 2, "on", "2024-12-01")
    found = {str(fault).split(":")[0] for fault in scan_cohort(folder).faults}
    assert "deaths.csv, row 2, column cause" in found
    assert any(place.endswith(("column on", "last_contact_on")) for place in found)


def test_rows_that_cannot_be_read_are_no_duplicates_of_each_other(folder: Path):
    with (folder / "visits.csv").open("a", encoding="utf-8") as file:
        file.write("S002,spring,,3,,,,,,,\nS002,summer,,3,,,,,,,\n")
    found = [fault for fault in scan_cohort(folder).faults if fault.row in (102, 103)]
    assert [(fault.row, fault.column) for fault in found] == [(102, "on"), (103, "on")]
    assert all("twice" not in fault.message for fault in found)


def test_a_byte_of_value_0_is_no_other_encoding(folder: Path):
    path = folder / "visits.csv"
    lines = path.read_bytes().split(b"\n")
    lines[4] = lines[4].replace(b",", b"\x00,", 1)
    path.write_bytes(b"\n".join(lines))
    found = {(fault.file, fault.row): fault.message for fault in scan_cohort(folder).faults}
    assert found["visits.csv", 5].startswith("has a byte of value 0, expected text")


def test_a_file_of_other_capitals_is_named(folder: Path):
    (folder / "deaths.csv").rename(folder / "Deaths.CSV")
    (fault,) = [fault for fault in scan_cohort(folder).faults if fault.file == "Deaths.CSV"]
    assert fault.message == "is not looked at, for its capitals; rename it deaths.csv"
    (folder / "patients.csv").rename(folder / "Patients.CSV")
    with pytest.raises(CohortError, match=r"rename Patients\.CSV\?"):
        read_cohort(folder)


def test_what_holds_patients_is_its_owner_s_alone(folder: Path, tmp_path: Path):
    write_cohort(read_cohort(folder).patients[:1], tmp_path / "out")
    write_rejects(tmp_path / "rejects.csv", ())
    files = [*(tmp_path / "out").iterdir(), tmp_path / "rejects.csv"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
