"""`spondyl trial report`: what it writes, what it prints, what it refuses."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import typer

from spondyl.app.cli import trial_verb
from spondyl.core.errors import SpondylError

FOLDER = Path(__file__).parents[2] / "data/mitsuyoshi_2025/reconstructed_not_patients"
FIGURES = {
    "flow", "overall_survival", "local_control", "progression_free_survival", "local_progression", "fracture",
    "reintervention", "swimmer", "pain_trajectories", "pain_waterfall",
}  # fmt: skip
TABLES = {
    "table1_characteristics", "table2_dosimetry", "table2_deviations", "table3_estimates", "table4_responses",
    "table5_adverse_events", "unknown",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report of the reconstructed cohort, and what it prints as JSON."""
    out = tmp_path_factory.mktemp("trial") / "report"
    printed = []
    trial_verb.write_json, kept = printed.append, trial_verb.write_json
    try:
        code = run(str(FOLDER), "-o", str(out), "--name", "Reconstructed", "--at", "24,12", "--json", "--pdf")
    finally:
        trial_verb.write_json = kept
    assert code == 0
    return out, json.loads(json.dumps(printed[0], allow_nan=False))


def run(*arguments):
    app = typer.Typer()
    trial_verb.register(app)
    return typer.main.get_command(app)(["trial", "report", *arguments], standalone_mode=False)


def test_every_figure_is_there_as_picture_drawing_and_data(written):
    out, _ = written
    assert {path.name for path in (out / "figures").iterdir()} == {
        f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg", "csv")
    }
    assert {path.stem for path in (out / "tables").iterdir()} == TABLES
    assert all((out / "figures" / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for name in FIGURES)
    assert (out / "trial.pdf").read_bytes()[:5] == b"%PDF-"


def test_the_page_carries_everything_within_and_says_what_it_is_not(written):
    out, _ = written
    page = (out / "trial.html").read_text(encoding="utf-8")
    assert page.count("data:image/svg+xml;base64,") == len(FIGURES)
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page.count("Research and education, not a medical device.") >= 2
    assert "Overall survival at 1 year: 92.0 % (71.6 to 97.9)" in page
    assert "median 26.2 months (range 4.8 to 39.1)" in page


def test_disclaimer_and_name_stand_on_every_data_file(written):
    out, _ = written
    for path in (*(out / "figures").glob("*.csv"), *(out / "tables").glob("*.csv")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# Reconstructed: "), path
        assert "\n# Research and education, not a medical device.\n" in text, path
    assert json.loads((out / "provenance.json").read_text())["settings"]["at_months"] == [12.0, 24.0]


def test_the_json_holds_the_printed_figures_of_the_trial(written):
    _, told = written
    fracture = next(each for each in told["endpoints"] if each["key"] == "fracture")
    assert [round(100 * at["estimate"], 1) for at in fracture["at"]] == [3.6, 15.6]
    assert (fracture["n"], fracture["events"], fracture["competing"], fracture["unknown"]) == (28, 6, 6, 0)
    pain = next(each for each in told["answers"] if each["key"] == "pain_response")
    assert (pain["counts"]["complete response"], pain["unknown"]) == (5, 22)


def test_the_data_of_the_survival_curve_end_where_the_table_does(written):
    out, _ = written
    lines = [x for x in (out / "figures/overall_survival.csv").read_text().splitlines() if not x.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert len(rows) == 25
    two_years = [row for row in rows if float(row["months"]) <= 24][-1]
    assert round(100 * float(two_years["estimate"]), 1) == 72.8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("nowhere",), "nowhere not found"),
        ((str(FOLDER), "--at", "6,twelve"), '--at "6,twelve": expected months with commas between'),
        ((str(FOLDER), "--at", "-6"), '--at "-6": expected months from 0 on'),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, change, message):
    with pytest.raises(SpondylError, match=message):
        run(*change, "-o", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_spoilt_cohort_is_refused_whole(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "cohort")
    deaths = tmp_path / "cohort/deaths.csv"
    deaths.write_text(deaths.read_text().replace("tumour", "tumor?"), encoding="utf-8")
    with pytest.raises(SpondylError, match="7 faults"):
        run(str(tmp_path / "cohort"), "-o", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_store_is_read_as_its_folder_is(tmp_path):
    pytest.importorskip("sqlalchemy")
    from spondyl.app.cli.followup_store import cohort_at
    from spondyl.io.store import create_store

    folder = cohort_at(str(FOLDER))
    place = str(tmp_path / "store.sqlite")
    with create_store(place, folder.name, who="test") as store:
        store.add(folder.patients, who="test")
    assert cohort_at(place) == folder
