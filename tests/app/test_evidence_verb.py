"""`spondyl evidence` from the command line: table, pooling, plots, the table of studies."""

from __future__ import annotations

import csv
import json
import re
from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from spondyl.app.cli import main
from spondyl.app.cli.common import out_console
from spondyl.app.evidence_forest import forest_figure
from spondyl.clinic.evidence import evidence, pool_evidence

DISCLAIMER = "Research and education, not a medical device."


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setattr(out_console, "_width", 220)


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["evidence", *map(str, arguments)])
    said = capsys.readouterr()
    return left.value.code, " ".join(said.out.split()), said


def test_the_table_tells_sources_notes_and_shared_patients(capsys):
    code, said, _ = run(capsys, "--modality", "kypho_iort", "--endpoint", "local_control")
    assert code == 0
    for told in ("E083", "95.9 %", "133/143 = 93.0 %", "[X41]", "may share patients: Mannheim", DISCLAIMER):
        assert told in said
    assert "pooled" not in said


def test_both_the_printed_and_the_used_value_are_shown(capsys):
    _, said, _ = run(capsys, "--study", "ryu-2010", "--endpoint", "improved_or_preserved")
    assert "[X54] printed 84; used 81" in said
    assert "printed 84 %" in said


def test_pooling_is_refused_with_every_reason(capsys):
    code, said, _ = run(capsys, "--modality", "kypho_iort", "--endpoint", "local_control", "--pool")
    assert code == 0
    assert "not pooled: 0 independent studies are left, 2 are needed" in said
    assert "E064 Bludau 2018, E065 Bludau 2018, E066 Bludau 2018: a time-to-event estimate" in said


def test_a_pool_as_data(capsys, tmp_path):
    code, _, said = run(
        capsys, "--modality", "srs_sbrt", "--endpoint", "vertebral_fracture", "--pool", "--any-time", "--json", "-o",
        tmp_path / "out",
    )  # fmt: skip
    assert code == 0
    record = json.loads(said.out)
    (pool,) = record["pools"]
    assert pool["pooled"]["share"] == pytest.approx(0.160, abs=5e-4)
    assert [one["id"] for one in pool["included"]] == ["E153", "E279"]
    assert record["disclaimer"] == DISCLAIMER
    assert any("Hartung" in citation for citation in record["citations"])
    assert json.loads((tmp_path / "out" / "evidence.json").read_text()) == record
    lines = list(csv.reader((tmp_path / "out" / "evidence.csv").read_text().splitlines()))
    assert lines[0] == [f"# {DISCLAIMER}"]
    assert len(lines) == 2 + 7
    kowalchuk = dict(zip(lines[1], lines[-2], strict=True))
    assert (kowalchuk["study"], kowalchuk["events"], kowalchuk["n"], kowalchuk["interval"]) == (
        "Kowalchuk", "84", "464", "exact",
    )  # fmt: skip


def test_the_forest_plot_has_every_share_its_pool_and_the_reasons(capsys, tmp_path):
    run(capsys, "--modality", "srs_sbrt", "--endpoint", "vertebral_fracture", "--pool", "--any-time", "-o", tmp_path)
    drawn = (tmp_path / "forest.svg").read_text()
    for told in (
        DISCLAIMER, "E148  Ozdemir 2019", "3/78, 3.8 % (0.8 to 10.8)", "57/410, 13.9 % (10.7 to 17.6); weight 47 %",
        "&lt;=40 %", "Left out of pooling:", "E148 Ozdemir 2019: counts patients, the others lesions",
        "no prediction interval", "Clopper-Pearson",
    ):  # fmt: skip
        assert told in drawn, told
    assert Image.open(tmp_path / "forest.png").size[0] == 1760


def test_texts_of_the_plot_do_not_meet():
    """Measured on the drawn figure: labels end before the plot, numbers and foot before the page, no two overlap."""
    rows = evidence()
    figure = forest_figure(rows, pool_evidence(rows, any_time=True), "all")
    assert figure is not None
    figure.canvas = FigureCanvasAgg(figure)
    figure.canvas.draw()
    (axes,) = figure.axes
    plot, page = axes.get_window_extent(), figure.bbox
    boxes = [text.get_window_extent() for text in (*axes.texts, *figure.texts) if text.get_text()]
    left = [box for box in boxes if box.x0 < plot.x0]
    assert len(boxes) > 200
    within = [box for box in left if box.y0 > plot.y0]
    assert max(box.x1 for box in within if box.y1 < plot.y1) < plot.x0
    assert max(box.x1 for box in boxes) < page.x1
    ordered = sorted(left, key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 for low, high in pairwise(ordered))


def test_too_many_shares_are_not_drawn_but_said(capsys, tmp_path):
    code, said, _ = run(capsys, "-o", tmp_path, "--quiet")
    assert code == 0
    assert "no plot of" in said
    assert not (tmp_path / "forest.png").exists()
    assert len((tmp_path / "evidence.csv").read_text().splitlines()) == 282


def test_a_question_without_rows_is_answered(capsys):
    code, said, _ = run(capsys, "--modality", "litt")
    assert code == 0
    assert "no published outcome of that kind" in said


def test_the_table_of_eleven_studies(capsys, tmp_path):
    code, said, _ = run(capsys, "--table", "kypho-iort", "-o", tmp_path)
    assert code == 0
    assert "24 found - 13 excluded = 11 included" in said
    lines = list(csv.reader((tmp_path / "kypho-iort.csv").read_text().splitlines()))
    assert len(lines) == 2 + 11
    assert [line[1] for line in lines[2:]] == [
        "2010", "2011", "2012", "2012", "2013", "2015", "2017", "2017", "2018", "2019", "2020",
    ]  # fmt: skip
    page = (tmp_path / "kypho-iort.html").read_text()
    assert page.count("<tr>") == 12
    assert not re.search(r"https?://", page)
    text = (tmp_path / "kypho-iort.txt").read_text()
    flow = (tmp_path / "flow.svg").read_text()
    for where in (page, text, flow):
        assert DISCLAIMER in where
    for told in ("24 records found", "13 excluded", "11 studies included", "24 - 13 = 11"):
        assert told in flow
    assert (tmp_path / "flow.png").stat().st_size > 5000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--modality", "kypho"), "kypho_iort"),
        (("--endpoint", "locl_control"), "local_control"),
        (("--table", "kypho-irt"), "kypho-iort"),
        (("--table", "kypho-iort", "--pool"), "whole table"),
        (("--any-time",), "add --pool"),
        (("--months", "12"), "add --pool"),
        (("--pool", "--months", "12", "--any-time"), "any time"),
        (("--pool", "--scale", "raw"), "logit"),
        (("--pool", "--tolerance-months", "-1"), "at least 0"),
    ],
)
def test_what_is_wrong_is_refused_with_exit_code_2(capsys, arguments, message):
    code, _, said = run(capsys, *arguments)
    assert code == 2
    assert message in " ".join(said.err.split())
