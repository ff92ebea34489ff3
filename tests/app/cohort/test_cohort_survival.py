"""`spondyl cohort survival` on tables as they come: its JSON, its refusals by row and column, all at once."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from spondyl.app.cli import main

DATA = Path(__file__).parents[2] / "data" / "survival"
COLUMNS = ("--time", "time", "--event", "event")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as leaving:
        main(["cohort", "survival", *map(str, arguments)])
    said = capsys.readouterr()
    return int(leaving.value.code or 0), said.out, said.err


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def record(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def reference(dataset: str, quantity: str, at: str = "") -> list[float]:
    with (DATA / "r_reference.csv").open(encoding="utf-8", newline="") as stream:
        row = next(
            r for r in csv.DictReader(stream) if (r["dataset"], r["quantity"], r["at"]) == (dataset, quantity, at)
        )
    return [float(row[k]) for k in ("value", "lower_95", "upper_95") if row[k]]


def test_two_arms_as_r(capsys: pytest.CaptureFixture[str]) -> None:
    name = "CA184043_4"
    found = record(capsys, DATA / f"{name}.csv", *COLUMNS, "--group", "arm", "--at", "6,12,24")
    assert [(one["group"], one["n"], one["events"]) for one in found["kaplan_meier"]] == [
        ("ipilimumab", 399, 352),
        ("placebo", 400, 371),
    ]
    assert found["log_rank"]["chi2"] == pytest.approx(reference(name, "log-rank chi2")[0], abs=1e-6)
    ratio = [found["cox"][k] for k in ("hazard_ratio", "lower_95", "upper_95")]
    assert ratio == pytest.approx(reference(name, "Cox Efron HR armplacebo"), abs=1e-6)
    assert (found["cox"]["reference"], found["cumulative_incidence"], found["gray"]) == ("ipilimumab", [], [])


def test_one_group_as_r(capsys: pytest.CaptureFixture[str]) -> None:
    name = "CALGB90202_2B"
    found = record(capsys, DATA / f"{name}.csv", *COLUMNS, "--at", "6,12,24")
    assert (found["log_rank"], found["gray"], found["cox"]) == (None, [], None)
    (one,) = found["kaplan_meier"]
    assert one["group"] is None
    assert [one[k] for k in ("median", "median_lower_95", "median_upper_95")] == reference(name, "median log-log")
    for point in one["at"]:
        expected = reference(name, "KM log-log", f"{point['time']:g}")
        assert [point[k] for k in ("survival", "lower_95", "upper_95")] == pytest.approx(expected, abs=1e-6)


def test_competing_causes_as_r(capsys: pytest.CaptureFixture[str]) -> None:
    columns = ("--time", "ftime", "--event", "Status", "--at", "6,12,24,60")
    whole = record(capsys, DATA / "bmtcrr.csv", *columns, "--cause", "1")
    assert [one["cause"] for one in whole["cumulative_incidence"]] == [1, 2]
    for one in whole["cumulative_incidence"]:
        for point in one["at"]:
            expected = reference("bmtcrr", f"cumulative incidence cause {one['cause']}", f"{point['time']:g}")
            assert [point[k] for k in ("incidence", "lower_95", "upper_95")] == pytest.approx(expected, abs=1e-6)
    found = record(capsys, DATA / "bmtcrr.csv", *columns, "--group", "D", "--cause", "2")
    assert [(one["cause"], one["group"]) for one in found["cumulative_incidence"]] == [
        (2, "ALL"), (2, "AML"), (1, "ALL"), (1, "AML"),
    ]  # fmt: skip
    for one in found["gray"]:
        expected = reference("bmtcrr", f"Gray chi2 by D cause {one['cause']}")
        assert [one["chi2"]] == pytest.approx(expected, abs=1e-6)
    assert found["kaplan_meier"][0]["events"] == 28
    assert found["fine_gray"]["reference"] == "ALL"


def test_more_groups_give_a_list_and_one_without_events_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = "".join(
        f"{t},{e},{g}\n" for t, e, g in zip(range(1, 10), (1, 0, 1, 1, 0, 0, 1, 1, 0), "abcabcabc", strict=True)
    )
    found = record(capsys, table(tmp_path, "time,event,group\n" + rows), *COLUMNS, "--group", "group", "--at", "3,20")
    assert [(one["group"], one["hazard_ratio"] is None) for one in found["cox"]] == [("b", False), ("c", False)]
    assert found["log_rank"]["df"] == 2
    beyond = found["kaplan_meier"][0]["at"][1]
    assert (beyond["survival"], beyond["n_at_risk"]) == (None, 0)
    assert beyond["reason"] == "beyond the last follow-up of 7"
    silent = rows.replace("2,0,b", "2,0,b").replace("8,1,b", "8,0,b")
    found = record(capsys, table(tmp_path, "time,event,group\n" + silent), *COLUMNS, "--group", "group")
    b, c = found["cox"]
    assert (b["hazard_ratio"], b["reason"]) == (None, "b has no event")
    assert c["hazard_ratio"] > 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufefftime,event\n1,1\n2,0\n3.5,1\n".encode(), id="bom"),
        pytest.param("time,event\n1,1\n2,0\n3.5,1\n".encode("utf-16"), id="utf-16"),
        pytest.param(b"time;event\n1;1\n2;0\n3,5;1\n", id="semicolons"),
        pytest.param(b"time\tevent\r\n1\tTRUE\r\n2\tFALSE\r\n3.5\ttrue\r\n", id="tabs"),
        pytest.param("who;time;event;who\nJosé;1;1;\nb;2;0;\n\nc;3,5;1;\n".encode("latin-1"), id="others foreign"),
        pytest.param(b'"time","event","note"\n"1","1","a, b"\n2,0.0,\n3.5,1.0,\n', id="quotes"),
    ],
)
def test_tables_that_are_understood(capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes) -> None:
    (one,) = record(capsys, table(tmp_path, content), *COLUMNS, "--at", "3.5")["kaplan_meier"]
    assert (one["n"], one["events"], one["median"], one["at"][0]["survival"]) == (3, 2, 3.5, 0.0)


def test_every_fault_is_named_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = b"time,event,arm\n1,1,a\n-2,0,b\n,1,a\n4,2,b\nx,maybe,\n6,1\nnan,1,NA\n1_0,1,a\n7,0,b\n"
    text += "8,1,Zürich\n".encode("latin-1")
    code, out, err = run(capsys, table(tmp_path, text), *COLUMNS, "--group", "arm")
    assert (code, out) == (2, "")
    said = [line.strip() for line in err.splitlines()]
    assert "11 faults, so nothing is computed" in said[0]
    assert said[1:] == [
        'table.csv, row 3, column time: is "-2", expected a number from 0',
        'table.csv, row 4, column time: is "", expected a number from 0; complete it, or take the row out',
        'table.csv, row 5, column event: is "2", expected 0 (censored) or 1 (event), or false or true; '
        "several causes need --cause CODE",
        'table.csv, row 6, column time: is "x", expected a number from 0',
        'table.csv, row 6, column event: is "maybe", expected 0 (censored) or 1 (event), or false or true',
        'table.csv, row 6, column arm: is "", expected a group; complete it, or take the row out',
        "table.csv, row 7: has 2 cells, expected 3 as the header; is a separator in a text?",
        'table.csv, row 8, column time: is "nan", expected a number from 0; complete it, or take the row out',
        'table.csv, row 8, column arm: is "NA", expected a group; complete it, or take the row out',
        'table.csv, row 9, column time: is "1_0", expected a number from 0',
        'table.csv, row 11, column arm: is not UTF-8; as Windows-1252 or Latin-1 it reads "Zürich": '
        "save the file as CSV UTF-8",
    ]


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", COLUMNS, "is empty"),
        ("time,event\n", COLUMNS, "no row"),
        ("times,event\n1,1\n", COLUMNS, 'column "time" is missing; did you mean times?'),
        ("time,event,event\n1,1,1\n", COLUMNS, 'column "event" is there 2 times'),
        ("time,event\n1,1\n", (*COLUMNS, "--at", "6,soon"), '"soon" is no time'),
        ("time,event\n1,1\n", (*COLUMNS, "--at", "-6"), '"-6" is no time'),
        (
            "time,event\n1,relapse\n2,death\n",
            (*COLUMNS, "--cause", "relaps"),
            'cause "relaps" does not occur in column event; did you mean relapse?',
        ),
        ("time,event\n1,1\n2,2\n", (*COLUMNS, "--cause", "0"), "the code of censoring"),
        ("time,event\n1,1\n2,1.5\n", (*COLUMNS, "--cause", "1"), 'row 3, column event: is "1.5"'),
        ("time,event\n1,relapse\n2,7\n", (*COLUMNS, "--cause", "relapse"), 'row 3, column event: is "7"'),
        ("time,event\n1,1\n", ("--time", "time", "--event", "time"), "expected different columns"),
    ],
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(capsys, table(tmp_path, text), *arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())


def test_causes_may_have_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = "time,event\n1,relapse\n2,death\n3,0\n4,relapse\n"
    found = record(capsys, table(tmp_path, text), *COLUMNS, "--cause", "relapse", "--at", "2")
    assert [(one["cause"], one["at"][0]["incidence"]) for one in found["cumulative_incidence"]] == [
        ("relapse", 0.25),
        ("death", 0.25),
    ]


@pytest.mark.parametrize("word", ["censored", "Alive", "no", "FALSE", "No_Event", "lost to follow-up", "true"])
def test_a_word_that_names_no_cause_does_not_compete(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, word: str
) -> None:
    text = table(tmp_path, f"time,event\n1,relapse\n2,{word}\n3,0\n4,death\n")
    code, out, err = run(capsys, text, *COLUMNS, "--cause", "relapse")
    assert (code, out) == (2, "")
    assert f'row 3, column event: is "{word}", which names no cause, expected 0 (censored)' in " ".join(err.split())
    code, out, err = run(capsys, text, *COLUMNS, "--cause", word)
    assert (code, out) == (2, "")
    assert f"--cause {word} names no cause" in err


def test_codes_without_a_censored_row_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Such as those of a file that counts from 1, censoring first."""
    found = record(capsys, table(tmp_path, "time,event\n1,2\n2,1\n4,3\n"), *COLUMNS, "--cause", "2")
    assert found["notes"] == ["no row holds 0 in column event, so nobody counts as censored; causes: 1, 2, 3"]
    found = record(capsys, table(tmp_path, "time,event\n1,2\n2,0\n4,3\n"), *COLUMNS, "--cause", "2")
    assert found["notes"] == []


@pytest.mark.parametrize(
    ("cause", "events", "codes"),
    [("3", "0101", "1"), ("2", "0000", "none but 0"), ("relapse", "0000", "none but 0")],
)
def test_a_cause_that_nobody_had_yet_has_incidence_0(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, cause: str, events: str, codes: str
) -> None:
    """As an interim analysis finds it."""
    rows = "".join(f"{t},{e},{g}\n" for t, e, g in zip(range(1, 5), events, "aabb", strict=True))
    columns = (*COLUMNS, "--group", "group", "--cause", cause, "--at", "1,3")
    found = record(capsys, table(tmp_path, "time,event,group\n" + rows), *columns)
    assert found["notes"] == [f"no row holds {cause} in column event, so its incidence is 0; codes there: {codes}"]
    mine = [one for one in found["cumulative_incidence"] if str(one["cause"]) == cause]
    told = [(one["group"], one["events"], point["incidence"]) for one in mine for point in one["at"]]
    assert told == [("a", 0, 0.0), ("a", 0, None), ("b", 0, 0.0), ("b", 0, 0.0)]
    assert (found["gray"][0]["chi2"], found["cox"]["hazard_ratio"]) == (None, None)
    assert found["fine_gray"]["reason"] == "the reference a has no event"


def test_a_time_given_twice_is_told_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (one,) = record(capsys, table(tmp_path, "time,event\n1,1\n2,0\n"), *COLUMNS, "--at", "2,1,2.0")["kaplan_meier"]
    assert [point["time"] for point in one["at"]] == [2.0, 1.0]


def test_one_number_is_one_group_and_likeness_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As codes are: 1.0 is what a spreadsheet makes of 1."""
    labels = ("1.0", "1", "01", "2", "12345678901234567890", "12345678901234567891", "A b", "a  B", "c")
    rows = "".join(f"{time},1,{label}\n" for time, label in enumerate(labels, start=1))
    found = record(capsys, table(tmp_path, "time,event,group\n" + rows), *COLUMNS, "--group", "group")
    assert {one["group"]: one["n"] for one in found["kaplan_meier"]} == {
        "1.0": 3, "2": 1, "12345678901234567890": 1, "12345678901234567891": 1, "A b": 1, "a  B": 1, "c": 1,
    }  # fmt: skip
    assert found["notes"] == [
        'groups "1.0", "1", "01" are one number and count as one group',
        'groups "A b", "a  B" differ only in case or spaces and count as 2 groups',
    ]


def test_before_the_first_event_the_table_gives_no_limits(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """R's are 1 to 1 before anybody leaves, as in the JSON; read as a certainty they mislead."""
    text = table(tmp_path, "time,event\n1,0\n4,1\n5,2\n6,0\n")
    code, out, _ = run(capsys, text, *COLUMNS, "--cause", "1", "--at", "0.5,2,4.5")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert [line for line in lines if "no event yet" in line] == [
        "all 0.5 4 100.0 no event yet", "all 2 3 100.0 no event yet",
        "1 all 0.5 4 0.0 no event yet", "1 all 2 3 0.0 no event yet",
        "2 all 0.5 4 0.0 no event yet", "2 all 2 3 0.0 no event yet", "2 all 4.5 2 0.0 no event yet",
    ]  # fmt: skip
    (one,) = record(capsys, text, *COLUMNS, "--cause", "1", "--at", "0.5")["kaplan_meier"]
    assert (one["at"][0]["lower_95"], one["at"][0]["upper_95"]) == (1.0, 1.0)


def test_the_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, DATA / "bmtcrr.csv", "--time", "ftime", "--event", "Status", "--group", "D", "--cause", 1, "--at", "12"
    )  # fmt: skip
    assert code == 0
    for words in ("54.3", "39.7 to 66.8", "Gray, cause 1: chi2 2.8623, 1 df, p 0.0907", "0.607 (0.359 to 1.024)"):
        assert words in out
