"""`spondyl whatif`, and `plan` after an earlier course: what is refused, what is unknown, two plans compared."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from spondyl.anatomy import Structures, from_coverage
from spondyl.app.cli.main import main
from spondyl.app.supposed import Supposed, irradiated_before
from spondyl.app.whatif_pair import Answer, Side, pair_table
from spondyl.core import Grid
from spondyl.dose import Dose
from spondyl.evaluate import PriorCourse, dvhs, judge
from spondyl.io import bundled_case, open_case, write_nifti_dose

GRID = Grid((0.0, 0.0, 0.0), (2.0, 2.0, 2.0), (20, 20, 30))
L3 = bundled_case("lumbar_l3")


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main(list(words))
    return int(leaving.value.code or 0)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["separation", str(L3), "--gap-mm", "-2"], "the gap is -2 mm, expected more than 0"),
        (["separation", str(L3), "--gap-mm", "60"], "the gap reaches beyond the tumour; choose a smaller one"),
        (["escalate", str(L3), "--protocol", "conventional-8in1"], "wishes nothing for the GTV"),
        (["escalate", str(L3), "--protocol", "nonsense"], 'protocol "nonsense" not found'),
    ],
)
def test_what_cannot_be_is_refused_before_any_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert run("whatif", *words, "-o", str(tmp_path / "out")) == 2
    assert told in said(capsys)
    assert not (tmp_path / "out").exists()


def test_set_up_errors_of_no_plan_or_no_size_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("whatif", "setup", str(tmp_path), "--shift-mm", "-1") == 2
    assert "expected up to 20 mm and 10 degrees" in said(capsys)
    assert run("whatif", "setup", str(tmp_path), "--engine", "abacus") == 2
    assert 'engine "abacus" is unknown' in said(capsys)
    assert run("whatif", "setup", str(tmp_path)) == 2
    assert "expected the output folder of `spondyl plan`" in said(capsys)


def test_a_case_without_cord_and_sac_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case"
    shutil.copytree(L3, case)
    kept = json.loads((case / "structures.json").read_text())
    bare = {name: item for name, item in kept.items() if name not in ("spinal_cord", "thecal_sac")}
    (case / "structures.json").write_text(json.dumps(bare))
    for name in ("spinal_cord", "thecal_sac"):
        (case / "structures" / f"{name}.nii.gz").unlink()
    for word in ("escalate", "separation"):
        assert run("whatif", word, str(case), "-o", str(tmp_path / "out")) == 2
        assert "neither spinal cord nor thecal sac is drawn" in said(capsys)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--prior-fractions", "10"], "holds no prior_dose.dcm; give --prior-dose FILE"),
        (["--prior-dose", "DOSE"], "without its number of fractions; give --prior-fractions N"),
        (
            ["--prior-dose", "DOSE", "--prior-fractions", "10", "--prior-registration", "none.json"],
            "not found, expected",
        ),
    ],
)
def test_an_incomplete_earlier_course_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    dose = tmp_path / "prior.nii.gz"
    write_nifti_dose(dose, Dose(GRID, np.ones(GRID.shape, np.float32)))
    given = [str(dose) if word == "DOSE" else word for word in words]
    assert run("plan", str(L3), *given, "-o", str(tmp_path / "out")) == 2
    assert told in said(capsys)


def slab(name: str, role: str, x: tuple[int, int]):
    coverage = np.zeros(GRID.shape)
    coverage[:, 4:16, x[0] : x[1]] = 1
    return from_coverage(name, role, GRID, coverage)


PLAN = Structures(
    [slab("PTV_Eval", "target", (10, 20)), slab("GTV", "target", (12, 18)), slab("ThecalSac", "oar", (2, 6))]
)


def dose(gy: float) -> Dose:
    values = np.full(GRID.shape, 5.0, np.float32)
    values[:, :, 9:21] = gy
    return Dose(GRID, values, fractions=5)


def test_an_earlier_course_that_is_not_given_blocks_the_verdict() -> None:
    """The facts say that the level was irradiated: all four of HyTEC's criteria stand as unknown or judged."""
    case = open_case(L3)
    verdicts = judge(dose(30.0), PLAN, "sib-sbrt-30in5")
    assert Supposed().judged(verdicts, dose(30.0), PLAN, case) is verdicts
    facts = case.facts.model_copy(
        update={
            "clinical": case.facts.clinical.model_copy(
                update={
                    "prior_radiotherapy": case.facts.clinical.prior_radiotherapy.model_copy(update={"to_cord": True})
                }
            )
        }
    )
    before = replace(case, facts=facts)
    assert irradiated_before(before)
    judged = Supposed().judged(verdicts, dose(30.0), PLAN, before)
    added = judged.verdicts[len(verdicts.verdicts) :]
    assert [v.status for v in added] == ["unknown", "pass", "unknown", "unknown"]
    assert "give prior_dose.dcm and --prior-fractions" in judged.notes[-1]
    known = Supposed(prior=PriorCourse(dose(20.0), 10, 12.0)).judged(verdicts, dose(30.0), PLAN, before)
    assert "unknown" not in {v.status for v in known.verdicts[len(verdicts.verdicts) :]}


def side(name: str, gy: float) -> Side:
    return Side(name, dvhs(dose(gy), list(PLAN.values())), judge(dose(gy), PLAN, "sib-sbrt-30in5"))


def test_two_plans_side_by_side(tmp_path: Path) -> None:
    before, after = side("before", 30.0), side("after", 33.0)
    table = pair_table("t", before, after, "note")
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["GTV D50%"] == ("30.0", "33.0", "+3.00", "Gy")
    assert rows["ThecalSac D0.03cc"][2] == "+0.00"
    assert "SpinalCord D0.03cc" not in rows
    answer = Answer("separation", before, after, table, {"gap_mm": 2.0}, after.verdicts)
    answer.write(tmp_path)
    kept = json.loads((tmp_path / "whatif.json").read_text())
    assert kept["plans"]["after"]["GTV D50%"] == pytest.approx(33.0, abs=0.01)
    assert kept["gap_mm"] == 2.0
    assert (tmp_path / "whatif.png").read_bytes()[:4] == b"\x89PNG"


def test_the_bundled_facts_know_of_no_course_here() -> None:
    facts = yaml.safe_load((L3 / "case.yaml").read_text())
    assert facts["clinical"]["prior_radiotherapy"]["to_this_level"] is False
    assert not irradiated_before(open_case(L3))
