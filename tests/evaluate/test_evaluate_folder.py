"""`spondyl evaluate FOLDER` on what `spondyl plan` writes: the same verdicts from files as in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer

from spondyl.anatomy import Structures, from_coverage
from spondyl.app.cli import evaluate_verb
from spondyl.core import Grid
from spondyl.core.errors import StructureError
from spondyl.dose import Dose, Field
from spondyl.evaluate import judge
from spondyl.io import bundled_case, open_case, write_rtdose, write_rtstruct
from spondyl.plan import Plan, Prescription, save_plan

app = typer.Typer()
evaluate_verb.register(app)


@app.command("other")
def _other() -> None:
    """So that "evaluate" stays a verb of its own."""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dose, Structures]:
    """A target and a cord beside it on the bundled CT, and a dose that falls between them; 30 Gy in 5."""
    folder = tmp_path_factory.mktemp("out")
    case = open_case(bundled_case("thoracic_t11"))
    grid = case.ct.grid
    middle = grid.point_at(np.array(grid.shape) / 2)
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    away = np.sqrt((x - middle[0]) ** 2 + (y - middle[1]) ** 2 + (z - middle[2]) ** 2)
    beside = np.sqrt((x - middle[0]) ** 2 + (y - middle[1] - 24) ** 2)
    half = grid.spacing_mm[0]
    drawn = Structures(
        [
            from_coverage("PTV_Eval", "target", grid, np.clip((15 - away) / half + 0.5, 0, 1)),
            from_coverage("GTV", "target", grid, np.clip((8 - away) / half + 0.5, 0, 1)),
            from_coverage("SpinalCord", "oar", grid, np.clip((4 - beside) / half + 0.5, 0, 1)),
            from_coverage("SpinalCord_PRV02", "prv", grid, np.clip((6 - beside) / half + 0.5, 0, 1)),
        ]
    )
    low, high = grid.bounds_mm()
    count = np.floor((high - low) / 2.5).astype(int)
    coarse = Grid(tuple(low + 1.25), (2.5, 2.5, 2.5), tuple(count[::-1]))  # type: ignore[arg-type]
    cz, cy, cx = np.meshgrid(coarse.axis_mm("z"), coarse.axis_mm("y"), coarse.axis_mm("x"), indexing="ij")
    r = np.sqrt((cx - middle[0]) ** 2 + (cy - middle[1]) ** 2 + (cz - middle[2]) ** 2)
    dose = Dose(coarse, (45 / (1 + np.exp((r - 16) / 2.5))).astype(np.float32), fractions=5)
    stored = write_rtdose(folder / "dose.dcm", dose, case)
    write_rtstruct(folder / "structures.dcm", replace(case, structures=drawn), drawn)
    field = Field(
        "1", (0, -1000, 0), (0, 0, 0), (1, 0, 0), (0, 0, 1), np.array([-5.0, 5]), np.array([-5.0, 5]), np.ones((1, 1))
    )
    prescription = Prescription("PTV_Eval", 30.0, 5, "D90%")
    save_plan(folder / "plan.json", Plan("t11", "imrt", "sib-sbrt-30in5", "generic-6mv", prescription, (field,)))
    return folder, stored, drawn


def test_a_plan_folder_is_judged_by_its_own_protocol(
    planned: tuple[Path, Dose, Structures], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, dose, drawn = planned
    arguments = ["evaluate", str(folder), "--json", "-o", str(tmp_path / "out")]
    code = app(arguments, standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    memory = judge(dose, drawn, "sib-sbrt-30in5")
    assert code == (1 if memory.mandatory_fails else 0)
    assert (found["protocol"], found["plan"]) == ("sib-sbrt-30in5", "t11 imrt")
    assert len(found["verdicts"]) == len(memory.verdicts) == 18
    for written, kept in zip(found["verdicts"], memory.verdicts, strict=True):
        assert written["value"] == pytest.approx(kept.value, abs=0.4)  # masks here, contours there: 0.1 mm
    indices = {i["name"]: i["value"] for i in json.loads((tmp_path / "out" / "indices.json").read_text())}
    # 27 Gy (90 % of 30) at 16 + 2.5 ln(45/27 - 1) = 14.99 mm, 15 Gy at 16 + 2.5 ln 2 = 17.73 mm
    assert indices["90 % to 50 % isodose towards the cord"] == pytest.approx(2.75, abs=0.2)


def test_a_case_folder_needs_a_dose_and_gives_its_structures(
    planned: tuple[Path, Dose, Structures], capsys: pytest.CaptureFixture[str]
) -> None:
    case = str(bundled_case("thoracic_t11"))
    with pytest.raises(Exception, match="holds no dose"):
        app(["evaluate", case], standalone_mode=False)
    dose = ["--dose", str(planned[0] / "dose.dcm")]
    app(["evaluate", case, *dose, "--metric", "SpinalCord:volume", "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)["metrics"][0]
    assert found["structure"] == "spinal_cord"
    expected = open_case(case).structures["spinal_cord"].volume_cm3
    assert found["value"] == pytest.approx(expected, rel=1e-6)
    with pytest.raises(StructureError, match="nearest"):
        app(["evaluate", case, *dose, "--metric", "spinal_chord:volume"], standalone_mode=False)
