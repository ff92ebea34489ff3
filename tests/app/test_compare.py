"""Plans side by side: uniform and falling doses with known metrics, and the verb on a bundled case."""

import csv
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.app.cli.main import main
from spondyl.app.compare import (
    Asked,
    Contestant,
    check_choices,
    check_plannable,
    compare_plans,
    comparison_page,
    contestants,
    overview,
)
from spondyl.app.compare import contestant as techniques
from spondyl.app.compare.page import shared_levels
from spondyl.clinic import Facts
from spondyl.core import Grid, Image, covering, sha256_of
from spondyl.core.errors import CaseError, DoseGridError, PlanError, VolumeError
from spondyl.dose import Dose
from spondyl.io import bundled_case, open_case, write_rtdose

GRID = Grid((-38.0, -38.0, -38.0), (4.0, 4.0, 4.0), (20, 20, 20))


def _box(name, role, x, grid=GRID):
    values = np.zeros(grid.shape, np.float32)
    values[6:14, 6:14, x] = 1
    return from_coverage(name, role, grid, values)


STRUCTURES = Structures(
    [
        _box("GTV", "target", slice(4, 8)),
        _box("SpinalCord", "oar", slice(10, 12)),
        _box("Vertebra_T10", "bone", slice(14, 16)),
        _box("VB", "bone", slice(4, 8)),
        _box("Liver", "oar", slice(17, 20)),
    ]
)


def _contestant(name, gray, fractions, grid=GRID, **more):
    values = np.broadcast_to(np.asarray(gray, np.float32), grid.shape).copy()
    dose = Dose(grid, values, fractions=fractions)
    return Contestant(name, f"{name} in words", None, dose, more.get("rx"), "", "of no file")


@pytest.fixture
def two():
    return _contestant("five", 30.0, 5, rx=30.0), _contestant("one", 8.0, 1, rx=8.0)


def _cells(found, structure, metric):
    return next(r.cells for r in found.rows if (r.structure, r.metric) == (structure, metric))


def test_a_needle_s_plan_says_that_no_rbe_is_applied_and_others_do_not(two):
    five, one = two
    needle = replace(one, technique="kypho-iort")
    (said,) = (n for n in compare_plans("phantom", (five, needle), STRUCTURES).notes() if "RBE" in n)
    assert said.startswith("one: no relative biological effectiveness (RBE) is applied")
    assert not any("RBE" in n for n in compare_plans("phantom", two, STRUCTURES).notes())


def test_dose_and_eqd2_of_uniform_plans(two):
    """D (D/n + ab) / (2 + ab): 30 Gy in 5 with 6 Gy is 45, 8 Gy in 1 with 2 Gy is 20."""
    found = compare_plans("phantom", two, STRUCTURES)
    target, cord = _cells(found, "GTV", "D98%"), _cells(found, "SpinalCord", "D0.03cc")
    assert [c.gy.value for c in target] == pytest.approx([30, 8])
    assert [c.eqd2_gy.value for c in target] == pytest.approx([45, 14])
    assert [c.eqd2_gy.value for c in cord] == pytest.approx([60, 20])
    assert [c.eqd2_gy.value for c in _cells(found, "Vertebra_T10", "Dmean")] == pytest.approx([54, 17.6])
    assert {r.structure for r in found.rows} == {"GTV", "SpinalCord", "Vertebra_T10", "Liver"}  # VB is the target's own


def test_the_mean_of_eqd2_is_taken_voxel_by_voxel():
    """Half at 0, half at 16 Gy in one fraction: mean 8 Gy; EQD2 with 3 Gy is half of 60.8, not the 17.6 of 8 Gy."""
    gray = np.zeros(GRID.shape)
    gray[:10] = 16.0
    found = compare_plans("phantom", (_contestant("step", gray, 1), _contestant("none", 0.0, 1)), STRUCTURES)
    step, none = _cells(found, "Vertebra_T10", "Dmean")
    assert step.gy.value == pytest.approx(8.0, rel=0.01)
    assert step.eqd2_gy.value == pytest.approx(30.4, rel=0.02)
    assert none.eqd2_gy.value == 0


def test_what_a_small_dose_grid_leaves_out_has_bounds_or_is_unknown():
    small = Grid((-38.0, -38.0, -38.0), (4.0, 4.0, 4.0), (20, 20, 15))  # ends in the middle of T10
    found = compare_plans("phantom", (_contestant("small", 8.0, 1, small), _contestant("one", 8.0, 1)), STRUCTURES)
    vertebra, liver = _cells(found, "Vertebra_T10", "Dmean")[0], _cells(found, "Liver", "Dmean")[0]
    assert vertebra.gy.value is None
    assert (vertebra.gy.low, vertebra.gy.high) == pytest.approx((4, 8), rel=0.2)
    assert vertebra.gy.text == f"{vertebra.gy.low:.2f} to {vertebra.gy.high:.2f}"
    assert (liver.gy.text, liver.reason) == ("unknown", "Liver lies outside the dose grid")


def test_the_page_shows_every_plan_on_the_same_slices_and_isodoses(two):
    case = Case("phantom", Facts(level="T11"), Image(GRID, np.zeros(GRID.shape, np.int16)), STRUCTURES)
    page = comparison_page(case, STRUCTURES, compare_plans("phantom", two, STRUCTURES))
    assert page.count('<svg class="plane"') == 2 * 3
    assert [level.dose_gy for level in shared_levels(two)] == [30, 8, 4, 2]
    assert len(set(re.findall(r"Axial, z = ([−.\d]+) mm", page))) == 1
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    for words in ("five in words", "8 Gy", "spinal cord, HyTEC", "overstates the effect"):
        assert words in page


def _folder(path, case, gray, fractions, /, **changes):
    grid = covering(*case.ct.grid.bounds_mm(), (8.0, 8.0, 8.0), case.ct.grid.frame_of_reference_uid)
    path.mkdir()
    write_rtdose(path / "dose.dcm", Dose(grid, np.full(grid.shape, gray, np.float32)), case)
    facts = {
        "case": case.name, "technique": "imrt", "protocol": "sib-sbrt-30in5",
        "prescription": {"dose_gy": gray, "fractions": fractions, "coverage": "D90%"}, **changes,
    }  # fmt: skip
    (path / "plan.json").write_text(json.dumps(facts))
    return path


@pytest.fixture(scope="module")
def thoracic():
    return open_case(bundled_case("thoracic_t11"))


def test_the_verb_compares_folders_and_tells_a_limit_that_fails(thoracic, tmp_path, capsys):
    first, second = _folder(tmp_path / "a", thoracic, 30.0, 5), _folder(tmp_path / "b", thoracic, 8.0, 1)
    cord = {
        "structure": "SpinalCord",
        "metric": "D0.03cc",
        "op": "<=",
        "limit": 25.0,
        "unit": "Gy",
        "level": "mandatory",
    }
    (first / "verdicts.json").write_text(json.dumps({"verdicts": [{**cord, "status": "fail"}]}))
    (second / "verdicts.json").write_text(json.dumps({"verdicts": [{**cord, "status": "pass"}]}))
    with pytest.raises(SystemExit) as left:
        main(["compare", str(thoracic.folder), str(first), str(second), "-o", str(tmp_path / "out"), "--json"])
    told = capsys.readouterr()
    assert left.value.code == 1
    assert "a (SpinalCord D0.03cc <= 25 Gy fail)" in told.err
    record = json.loads(told.out)
    assert [p["mandatory_unmet"] for p in record["plans"]] == ["SpinalCord D0.03cc <= 25 Gy fail", ""]
    cord_row = next(r for r in record["rows"] if (r["structure"], r["metric"]) == ("SpinalCord", "D0.03cc"))
    assert cord_row["plans"]["a"]["eqd2_gy"]["value"] == pytest.approx(60, rel=1e-3)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "compare.json", "compare.csv", "compare.html", "provenance.json",
    }  # fmt: skip
    with (tmp_path / "out/compare.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {r["plan"] for r in rows} == {"a", "b"}
    assert next(r["dose_gy"] for r in rows if (r["structure"], r["plan"]) == ("GTV", "b")) == "8"


def test_folders_that_are_no_plan_of_this_case_are_refused_before_anything_is_planned(thoracic, tmp_path):
    other = _folder(tmp_path / "other", thoracic, 8.0, 1, case="lumbar_l3")
    with pytest.raises(CaseError, match='a plan of case "lumbar_l3"'):
        contestants(thoracic, ["cebrt-8in1", str(other)], tmp_path / "out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    broken = _folder(tmp_path / "broken", thoracic, 8.0, 1, prescription={"dose_gy": 8})
    with pytest.raises(CaseError, match="lacks 'fractions'"):
        contestants(thoracic, [str(broken), str(broken)], tmp_path / "out", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CaseError, match=r"holds no plan\.json"):
        contestants(thoracic, [str(tmp_path / "empty")], tmp_path / "out", tmp_path / "out")


def test_a_dose_of_another_frame_of_reference_is_refused(thoracic, tmp_path):
    moved = replace(thoracic, dicom={**thoracic.dicom, "FrameOfReferenceUID": "1.2.3"})
    moved = replace(
        moved,
        ct=replace(moved.ct, grid=replace(moved.ct.grid, frame_of_reference_uid="1.2.3")),
        structures=Structures([]),
    )
    folder = _folder(tmp_path / "moved", moved, 8.0, 1)
    with pytest.raises(DoseGridError, match="frame of reference"):
        contestants(thoracic, [str(folder)], tmp_path / "out", tmp_path / "out")


def test_choices_are_refused_with_the_nearest(tmp_path):
    with pytest.raises(PlanError, match=r'"kypho" is neither.*nearest: kypho-iort'):
        check_choices(["kypho", "sib-sbrt"])
    with pytest.raises(PlanError, match="two or more"):
        check_choices(["sib-sbrt"])
    (tmp_path / "sib-sbrt").mkdir()
    with pytest.raises(PlanError, match="named twice"):
        check_choices(["sib-sbrt", str(tmp_path / "sib-sbrt")])


def _never(case, out, asked, progress):
    raise AssertionError("planned before everything was asked")


def _leaves(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(["compare", *map(str, arguments), "--quiet"])
    return left.value.code, " ".join(capsys.readouterr().err.split())


@pytest.fixture
def unplanned(monkeypatch):
    for name in list(techniques.TECHNIQUES):
        monkeypatch.setitem(techniques.TECHNIQUES, name, _never)


@pytest.mark.usefixtures("unplanned")
def test_what_is_contraindicated_or_needs_no_override_is_refused_before_anything_is_planned(thoracic, tmp_path, capsys):
    case = tmp_path / "case"
    shutil.copytree(thoracic.folder, case)
    facts = case / "case.yaml"
    text = facts.read_text().replace("    paraspinal_mass: false\n", "    posterior_wall_involved: true\n", 1)
    facts.write_text(text)
    both, out = ["cebrt-8in1", "kypho-iort"], tmp_path / "out"
    assert "kypho-iort is contraindicated" in _refused([case, *both, "-o", out], capsys)
    assert "is not contraindicated here" in _refused([thoracic.folder, *both, "-o", out, "--override", "why"], capsys)
    told = _refused([thoracic.folder, "cebrt-8in1", "sib-sbrt", "-o", out, "--override", "why"], capsys)
    assert "goes with kypho-iort: leave it out" in told
    assert [p.name for p in tmp_path.iterdir()] == ["case"]


def _refused(arguments, capsys):
    code, told = _leaves(arguments, capsys)
    assert code == 2
    return told


def test_a_case_that_lacks_what_one_technique_needs_is_refused_by_its_check(thoracic):
    kept = [s for name, s in thoracic.structures.items() if name != "spinal_canal"]
    bare = replace(thoracic, structures=Structures(kept))
    with pytest.raises(VolumeError, match="no spinal canal found"):
        check_plannable(bare, ["cebrt-8in1", "kypho-iort"], Asked())
    check_plannable(bare, ["cebrt-8in1", "sib-sbrt"], Asked())


@pytest.mark.parametrize("ends", [KeyboardInterrupt(), PlanError("no such plan")])
def test_a_plan_finished_before_the_next_is_stopped_or_refused_is_not_left_alone(
    thoracic, tmp_path, capsys, monkeypatch, ends
):
    def ended(case, out, asked, progress):
        raise ends

    monkeypatch.setitem(techniques.TECHNIQUES, "sib-sbrt", lambda case, out, *_: _folder(out, thoracic, 30.0, 5))
    monkeypatch.setitem(techniques.TECHNIQUES, "cebrt-8in1", ended)
    out = tmp_path / "out"
    code, _ = _leaves([thoracic.folder, "sib-sbrt", "cebrt-8in1", "-o", out], capsys)
    assert code == (2 if isinstance(ends, PlanError) else 130)
    assert list(tmp_path.iterdir()) == []


def test_plans_made_here_lie_where_the_comparison_says(thoracic, tmp_path, capsys, monkeypatch):
    stopped = {"dose": {"interrupted": True}}
    monkeypatch.setitem(
        techniques.TECHNIQUES, "kypho-iort", lambda case, out, *_: _folder(out, thoracic, 8.0, 1, **stopped)
    )
    monkeypatch.setitem(techniques.TECHNIQUES, "sib-sbrt", lambda case, out, *_: _folder(out, thoracic, 30.0, 5))
    out = tmp_path / "out"
    code, _ = _leaves([thoracic.folder, "sib-sbrt", "kypho-iort", "-o", out], capsys)
    record = json.loads((out / "compare.json").read_text())
    assert code == 0
    assert [p["folder"] for p in record["plans"]] == [str(out / "sib-sbrt"), str(out / "kypho-iort")]
    inputs = json.loads((out / "provenance.json").read_text())["inputs_sha256"]
    assert inputs["sib-sbrt"] == sha256_of({"dose": out / "sib-sbrt/dose.dcm"})["dose"]
    assert "kypho-iort: interrupted, its dose is that of the last complete round" in record["notes"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_the_overview_has_a_row_a_plan_with_delivery_target_cord_and_verdict(two):
    five, one = two
    shown = (replace(five, mu_per_fraction=1300.4, mu_per_cgy=2.167, beam_s=204.0), replace(one, unmet="a; b"))
    columns, rows = overview(compare_plans("phantom", shown, STRUCTURES))
    assert columns[:5] == ("plan", "prescribed", "MU", "MU/cGy", "beam time")
    assert columns[5:] == ("GTV D98%", "GTV D50%", "SpinalCord D0.03cc", "mandatory limits")
    assert rows[0] == (
        "five", "30 Gy in 5", "1300", "2.17", "204 s", "30.0 (45.0)", "30.0 (45.0)", "30.0 (60.0)", "met",
    )  # fmt: skip
    assert rows[1][1:5] == ("8 Gy in 1", "", "", "")
    assert rows[1][-1] == "2 not met"


def test_the_page_shows_every_plan_in_a_row_and_at_most_four_planes_beside_each_other(two):
    plans = [replace(two[0], name=f"plan{k}") for k in range(6)]
    found = compare_plans("phantom", plans, STRUCTURES)
    case = Case("phantom", Facts(level="T11"), Image(GRID, np.zeros(GRID.shape, np.int16)), STRUCTURES)
    page = comparison_page(case, STRUCTURES, found)
    assert "repeat(4, minmax(0, 1fr))" in page
    assert page.count("<td>plan") == 6
