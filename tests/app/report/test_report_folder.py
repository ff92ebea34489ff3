"""`show` and `report` on a real case: numbers of its README, a plan folder read back, refusals that say what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import report_maker as maker
import typer
from typer.testing import CliRunner

from spondyl.anatomy import Case, Structures
from spondyl.app.cli import report_verb, show_verb
from spondyl.app.report import ReportInputs, recall, remember
from spondyl.core import covering
from spondyl.core.errors import CaseError, OutputError
from spondyl.dose import Dose
from spondyl.io import as_stored, bundled_case, open_case, write_rtdose, write_rtstruct


def run(*arguments: str):
    """A verb by itself, its errors raised."""
    app = typer.Typer()
    app.callback()(lambda: None)
    show_verb.register(app)
    report_verb.register(app)
    return CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)


@pytest.fixture(scope="module")
def case() -> Case:
    return open_case(bundled_case("lumbar_l3"))


@pytest.fixture(scope="module")
def planned(case: Case) -> ReportInputs:
    """A plan's worth of inputs on the lumbar case, its dose a cone around the GTV."""
    gtv, sac = case.structures["GTV"], case.structures["thecal_sac"]
    z, y, x = np.nonzero(gtv.coverage >= 0.5)
    centre = gtv.local_grid.point_at([[z.mean(), y.mean(), x.mean()]])[0]
    low, high = gtv.local_grid.bounds_mm()
    grid = covering(low - 60, high + 60, (4.0, 4.0, 4.0), case.ct.grid.frame_of_reference_uid)
    values = np.clip(45 - 0.75 * maker.distance_mm(grid, tuple(centre)), 0, None).astype(np.float32)
    dose = as_stored(Dose(grid, values, engine="cone", fractions=5))
    structures = Structures([replace(gtv, made=("as given", "checked")), sac])
    curve = replace(maker.inputs().curves[0], structure="GTV")
    return maker.inputs(case=case, structures=structures, dose=dose, curves=(curve,))


@pytest.fixture
def folder(planned: ReportInputs, tmp_path: Path) -> Path:
    """What `spondyl plan` leaves, as far as a report needs it: names are TG-263 in the RTSTRUCT."""
    write_rtstruct(tmp_path / "structures.dcm", planned.case, planned.structures)
    write_rtdose(tmp_path / "dose.dcm", planned.dose, planned.case)
    rows = ["structure,dose_gy,volume_cm3,volume_percent"]
    curve = planned.curves[0]
    rows += [f"GTV,{d},0,{v}" for d, v in zip(curve.dose_gy, curve.volume_percent, strict=True)]
    (tmp_path / "dvh.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    remember(tmp_path, planned)
    return tmp_path


def test_show_tells_volumes_and_grid_of_the_readme(tmp_path: Path) -> None:
    """README: 2.0 mm isotropic, GTV 10.99 cm3, thecal sac 21.96 cm3, liver on the CT."""
    result = run("show", str(bundled_case("lumbar_l3")), "-o", str(tmp_path), "--json")
    record = json.loads(result.stdout)
    volumes = {s["name"]: s["volume_cm3"] for s in record["structures"]}
    assert record["grid"]["spacing_mm"] == pytest.approx([2.0, 2.0, 2.0])
    assert volumes["GTV"] == pytest.approx(10.99, abs=0.005)
    assert volumes["thecal_sac"] == pytest.approx(21.96, abs=0.005)
    assert record["level"] == "L3"
    assert record["picture"] == str(tmp_path / "show.png")
    assert (tmp_path / "show.png").read_bytes().startswith(b"\x89PNG")


def test_show_prints_a_table_for_people(tmp_path: Path) -> None:
    result = run("show", str(bundled_case("lumbar_l3")), "--no-picture")
    assert "182 x 151 x 108 voxels of 2 x 2 x 2 mm" in result.stdout
    assert "11.0" in result.stdout
    assert "Research and education, not a medical device." in result.stdout


def test_a_folder_gives_its_report_back(planned: ReportInputs, folder: Path) -> None:
    """Words equal, dose bit-equal to what was stored, volumes within 2 % through contours and back."""
    back = recall(folder)
    for name in ("goals", "plan_facts", "log", "citations", "binding", "technique", "prescription_gy", "inputs_sha256"):
        assert getattr(back, name) == getattr(planned, name), name
    assert np.array_equal(back.dose.values, planned.dose.values)
    for name, structure in planned.structures.items():
        assert back.structures[name].volume_cm3 == pytest.approx(structure.volume_cm3, rel=0.02)
        assert back.volume_cm3(name) == pytest.approx(structure.volume_cm3, abs=1e-6)
    assert back.structures["GTV"].made == ("as given", "checked")
    assert [(c.structure, c.volume_cm3) for c in back.curves] == [("GTV", 7.24)]
    assert back.curves[0].volume_percent == pytest.approx(planned.curves[0].volume_percent)


def test_the_case_folder_is_remembered_from_where_the_output_lies(folder: Path) -> None:
    record = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (folder / record["case_folder"]).resolve() == bundled_case("lumbar_l3").resolve()


def test_report_verb_writes_page_and_print(folder: Path) -> None:
    pytest.importorskip("weasyprint", exc_type=Exception, reason="no WeasyPrint: PDF is left out")
    result = run("report", str(folder), "--pdf", "--json", "-o", str(folder / "again"))
    written = json.loads(result.stdout)
    assert written == {"html": str(folder / "again/report.html"), "pdf": str(folder / "again/report.pdf")}
    html = (folder / "again/report.html").read_text(encoding="utf-8")
    assert "L3, case lumbar_l3" in html
    assert "the clinical facts are invented for testing" in html
    assert (folder / "again/report.pdf").read_bytes().startswith(b"%PDF-")


def test_a_changed_case_is_said(planned: ReportInputs, folder: Path) -> None:
    remember(folder, replace(planned, inputs_sha256={"case": "00" * 32}))
    assert "has changed since the plan was made" in recall(folder).warnings[-1]


def test_refusals_name_the_remedy(planned: ReportInputs, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"holds no report\.json.*spondyl plan"):
        run("report", str(tmp_path / "nowhere"))
    with pytest.raises(OutputError, match="give --pdf"):
        run("report", str(folder), "-o", "a.pdf")
    record = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    (folder / "report.json").write_text(json.dumps({**record, "case_folder": "gone"}), encoding="utf-8")
    with pytest.raises(CaseError, match="give --case"):
        recall(folder)
    (folder / "report.json").write_text(json.dumps({**record, "goals": [{"structure": 1}]}), encoding="utf-8")
    with pytest.raises(CaseError, match=r"is not a report\.json"):
        recall(folder)
    (folder / "report.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "dvh.csv").write_text("structure,dose\nGTV,1\n", encoding="utf-8")
    with pytest.raises(CaseError, match=r"is not a dvh\.csv"):
        recall(folder)
    (folder / "report.json").write_text("{", encoding="utf-8")
    with pytest.raises(CaseError, match="not JSON"):
        recall(folder)
