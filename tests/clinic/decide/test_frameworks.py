"""NOMS, Ryu, SINS, Tomita, Tokuhashi and the choice of approach, each as a table."""

from __future__ import annotations

from itertools import product

import pytest
from decide_facts import facts_from
from rule_cases import ALONE, BREAST, COLON, DOUBTFUL, FIT, HERE, KIDNEY, MANY, NOT_HERE, STABLE, UNFIT, UNSTABLE, Paths

from spondyl.clinic.decide import Option, assess
from spondyl.clinic.decide.frameworks.noms import ROWS

LOW, HIGH = {"lesion.bilsky_escc": "1b"}, {"lesion.epidural.cord_compressed": True}
SENSITIVE, RESISTANT = {**BREAST, **NOT_HERE}, {**KIDNEY, **NOT_HERE}
TABLE = {
    # high grade, radiosensitive, unstable, fit: row, verdict words of its outcome
    (False, True, False): ("1", {"cebrt"}),
    (False, True, True): ("2", {"percutaneous_screws", "open_surgery", "cebrt"}),
    (False, False, False): ("3", {"srs_sbrt"}),
    (False, False, True): ("4", {"percutaneous_screws", "open_surgery", "srs_sbrt"}),
    (True, True, False): ("5", {"cebrt"}),
    (True, True, True): ("6", {"percutaneous_screws", "open_surgery", "cebrt"}),
    (True, False, False, True): ("7", {"separation_surgery", "open_surgery", "postop_srs"}),
    (True, False, False, False): ("8", {"cebrt"}),
    (True, False, True, True): (
        "9", {"percutaneous_screws", "separation_surgery", "open_surgery", "postop_srs"},
    ),
    (True, False, True, False): ("10", {"percutaneous_screws", "cebrt"}),
}  # fmt: skip


def options(paths: Paths) -> dict[str, Option]:
    return assess(facts_from(paths)).options


def said_by(framework: str, paths: Paths, holds: bool | None = True) -> dict[str, set[str]]:
    """What a framework's holding rows say: effect and modality, by row."""
    found: dict[str, set[str]] = {}
    for name, option in options(paths).items():
        for reason in option.asked:
            if reason.framework == framework and reason.truth.value is holds:
                found.setdefault(reason.rule, set()).add(f"{reason.effect} {name}")
    return found


def supported(framework: str, paths: Paths) -> set[str]:
    every = set().union(*said_by(framework, paths).values())
    return {each.removeprefix("supports ") for each in every if each.startswith("supports ")}


def noms_patient(high: bool, sensitive: bool, unstable: bool, fit: bool) -> Paths:
    return {
        **(UNSTABLE if unstable else STABLE),
        **(HIGH if high else LOW),
        **(SENSITIVE if sensitive else RESISTANT),
        **(FIT if fit else UNFIT),
    }


@pytest.mark.parametrize("answers", list(product((True, False), repeat=4)))
def test_noms_has_exactly_one_row_for_every_patient_and_says_its_outcome(answers: tuple[bool, bool, bool, bool]):
    row, outcome = TABLE.get(answers[:3]) or TABLE[answers]
    patient = noms_patient(*answers)
    assert set(said_by("NOMS", patient)) == {f"NOMS {row}"}
    assert supported("NOMS", patient) == outcome
    assert said_by("NOMS", patient, None) == {}


def test_noms_rows_of_the_code_are_the_ten_of_the_table():
    keys = {
        (row.high_grade, row.sensitive, row.unstable) + (() if row.fit is None else (row.fit,)): row.number
        for row in ROWS
    }
    assert keys == {key: row for key, (row, _) in TABLE.items()}
    assert len(ROWS) == 10


def test_noms_says_that_its_rows_are_unconfirmed_and_1c_debated():
    option = options(noms_patient(False, False, False, True))["srs_sbrt"]
    reason = next(reason for reason in option.reasons if reason.rule == "NOMS 3")
    assert reason.remark.startswith("unconfirmed")
    assert "1c" in reason.remark
    assert "10.1634/theoncologist.2012-0293" in reason.source


def test_noms_takes_an_irradiated_level_as_resistant():
    assert set(said_by("NOMS", {**STABLE, **LOW, **BREAST, **HERE})) == {"NOMS 3"}


def test_noms_does_not_place_a_histology_on_neither_list_and_says_so():
    said = said_by("NOMS", {**STABLE, **LOW, **COLON, **NOT_HERE})
    assert said == {"NOMS without a row": {"informs cebrt", "informs srs_sbrt"}}
    note = next(n for n in options({**STABLE, **LOW, **COLON, **NOT_HERE})["cebrt"].notes if n.framework == "NOMS")
    assert "does not place this histology" in note.text
    assert said_by("NOMS", {**STABLE, **LOW, **COLON, **HERE}) != said


def test_noms_keeps_open_what_is_unknown():
    waiting = said_by("NOMS", {**LOW, **KIDNEY, **NOT_HERE, "level": "T8"}, None)
    assert set(waiting) == {"NOMS 3", "NOMS 4"}


@pytest.mark.parametrize("escc", ["0", "1a", "1b", "1c", "2", "3"])
def test_noms_draws_the_line_between_1c_and_2(escc: str):
    row = next(iter(said_by("NOMS", {**STABLE, "lesion.bilsky_escc": escc, **RESISTANT, **FIT})))
    assert row == ("NOMS 7" if escc in ("2", "3") else "NOMS 3")


# Where frameworks disagree, both stand and the stricter one sets the verdict.

INTACT_UNDER_COMPRESSION: Paths = {
    **STABLE, **HIGH, **RESISTANT, **FIT, **ALONE, "neurology.ryu_neurological_grade": "b",
    "neurology.deficit_progression": "none", "lesion.well_defined": True, "centre.stereotactic_radiotherapy": True,
    "life_expectancy_months_estimate": 24,
}  # fmt: skip


def test_noms_and_ryu_disagree_on_radiosurgery_under_high_grade_compression():
    assessment = assess(facts_from(INTACT_UNDER_COMPRESSION))
    option = assessment.options["srs_sbrt"]
    sides = {(r.framework, r.speaks_for) for r in option.reasons if r.framework}
    assert {("NOMS", False), ("Ryu", True)} <= sides
    assert option.verdict == "advised against"
    assert option.disagreement
    assert option in assessment.disagreements
    record = assessment.record()
    assert record["options"]["srs_sbrt"]["frameworks_disagree"] is True
    assert "srs_sbrt" in record["disagreements"]


def test_without_noms_row_7_the_same_radiosurgery_is_recommended():
    low = {**INTACT_UNDER_COMPRESSION, "lesion.bilsky_escc": "1b"}
    del low["lesion.epidural.cord_compressed"]
    option = options(low)["srs_sbrt"]
    assert option.verdict == "recommended"
    assert not option.disagreement


def test_tomita_against_ryu_on_operating_on_a_stable_spine_with_a_lost_function():
    dying = {**STABLE, "histology": "lung carcinoma", **MANY, "neurology.ryu_neurological_grade": "d"}
    option = options(dying)["open_surgery"]
    assert option.disagreement
    assert option.verdict == "advised against"


# Ryu, SINS, Tomita, Tokuhashi.


@pytest.mark.parametrize(
    ("grade", "progression", "rows"),
    [
        ("a", "none", {"Ryu a-c"}),
        ("c", "slow", {"Ryu a-c"}),
        ("c", "rapid", {"Ryu d-e or rapid"}),
        ("d", "none", {"Ryu d-e or rapid"}),
        ("e", "slow", {"Ryu d-e or rapid"}),
    ],
)
def test_ryu_goes_by_the_nerves(grade: str, progression: str, rows: set[str]):
    patient = {**STABLE, "lesion.bilsky_escc": "1b", "neurology.ryu_neurological_grade": grade,
               "neurology.deficit_progression": progression}  # fmt: skip
    assert set(said_by("Ryu", patient)) == rows


@pytest.mark.parametrize(("patient", "row"), [(STABLE, "SINS 0-6"), (DOUBTFUL, "SINS 7-12"), (UNSTABLE, "SINS 13-18")])
def test_sins_guidance(patient: Paths, row: str):
    assert set(said_by("SINS", patient)) == {row}
    assert supported("SINS", patient) == ({"open_surgery", "percutaneous_screws"} if row == "SINS 13-18" else set())


ORGANS = ({"systemic.visceral_metastases": 0}, {"systemic.visceral": [{"organ": "liver", "resectable": True}]},
          {"systemic.visceral": [{"organ": "liver", "resectable": False}]})  # fmt: skip
TOMITA = {
    range(2, 4): {"supports en_bloc"},
    range(4, 6): {"cautions en_bloc", "informs open_surgery"},
    range(6, 8): {"advises_against en_bloc", "informs open_surgery"},
    range(8, 11): {"advises_against en_bloc", "advises_against open_surgery"},
}


@pytest.mark.parametrize("patient", [
    {**STABLE, "histology": h, **o, "systemic.extraspinal_bone_metastases": b, "systemic.other_spinal_metastases": 0}
    for h, o, b in product(("breast", "renal cell", "stomach"), ORGANS, (0, 3))
])  # fmt: skip
def test_tomitas_strategy_over_every_total(patient: Paths):
    total = assess(facts_from(patient)).scores["tomita"].total
    expected = next(says for totals, says in TOMITA.items() if total in totals)
    assert set().union(*said_by("Tomita", patient).values()) == expected


@pytest.mark.parametrize(
    ("patient", "row", "says"),
    [
        ({**BREAST, **ALONE, "kps": 90, "neurology.frankel": "E"}, "Tokuhashi 12-15", {"supports en_bloc"}),
        (
            {"histology": "renal cell", **ALONE, "kps": 50, "neurology.frankel": "C"},
            "Tokuhashi 9-11",
            {"cautions en_bloc", "informs open_surgery"},
        ),
        (
            {"histology": "lung", **MANY, "kps": 50, "neurology.frankel": "C"},
            "Tokuhashi 0-8",
            {"advises_against en_bloc", "cautions open_surgery"},
        ),
    ],
)
def test_tokuhashis_strategy(patient: Paths, row: str, says: set[str]):
    assert said_by("Tokuhashi", {**STABLE, **patient}) == {row: says}


# Approach.


@pytest.mark.parametrize(
    ("level", "approaches"),
    [
        ("C1", {"posterior_laminectomy"}),
        ("C5", {"posterior_laminectomy", "anterior"}),
        ("C7", {"combined_ap", "anterior", "posterior_laminectomy"}),
        ("T2", {"combined_ap", "anterior", "posterior_laminectomy"}),
        ("T8", {"posterior_laminectomy"}),
        ("L1", {"posterior_laminectomy"}),
        ("L2", {"posterior_laminectomy", "anterior"}),
        ("L3", {"posterior_laminectomy", "anterior"}),
        ("L5", {"combined_ap"}),
        ("S2", set()),
    ],
)
def test_the_approach_by_region(level: str, approaches: set[str]):
    assert supported("Approach", {"level": level}) | supported("Fehlings", {"level": level}) == approaches


@pytest.mark.parametrize(
    ("fact", "approach"),
    [
        ("lesion.posterior_elements_involved", "posterior_laminectomy"),
        ("lesion.anterior_middle_column_damage_severe", "combined_ap"),
        ("lesion.anterior_paravertebral_extension", "anterior"),
    ],
)
def test_the_approach_by_extent(fact: str, approach: str):
    assert supported("Approach", {"level": "S2", fact: True}) == {approach}
    assert supported("Approach", {"level": "S2", fact: False}) == set()


def test_papers_that_differ_at_the_cervicothoracic_junction_stand_side_by_side():
    option = options({"level": "T1"})["combined_ap"]
    spoken = {(reason.rule, reason.speaks_for) for reason in option.reasons}
    assert {("R048", True), ("Approach cervicothoracic", True), ("Fehlings cervicothoracic", False)} <= spoken
