"""What a needle plan refuses, each with what fails and nothing written: paths, words, options of other techniques."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from spondyl.app.cli import main
from spondyl.app.cli.plan_kypho import point
from spondyl.core.errors import PlanError
from spondyl.io import bundled_case
from spondyl.plan.kypho import planner

T11 = bundled_case("thoracic_t11")


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str, technique: str = "kypho-iort") -> str:
    """What stderr says in one line, after exit code 2 and nothing written."""
    with pytest.raises(SystemExit) as left:
        main(["plan", str(folder), "--technique", technique, "-o", "never", *arguments, "--quiet"])
    assert left.value.code == 2
    assert not Path("never").exists()
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--entry-mm=-3,-60,593", "--tip-mm=-3,-105,593"), "inside the canal; move entry or tip"),
        (("--entry-mm=-3,-99,593", "--tip-mm=-3,-105,593"), "6.9 mm inside the canal; move entry or tip"),
        (("--entry-mm=-7,-150,593", "--tip-mm=-3,-105,593"), "degrees to the way straight from behind"),
        (("--entry-mm=-20.4,-73.5,602.7", "--tip-mm=-1,-116,588"), "its applicator's end needs 3 mm"),
        (("--entry-mm=-20.4,-73.5,602.7", "--tip-mm=0,-140,575"), "outside the vertebral body"),
        (("--entry-mm=-60,-73,700", "--tip-mm=-60,-100,700"), "lies outside bone"),
        (("--entry-mm=-20,-73",), "expected three numbers x,y,z in mm"),
        (("--entry-mm=-20.4,-73.5,602.7",), "its tip is not; give both --entry-mm and --tip-mm"),
        (("--prescription", "8gy-at-13cm"), 'prescription "8gy-at-13cm" is not understood'),
        (("--source-side", "medial"), 'source side "medial" is unknown'),
        (("--fields", "9", "--machine", "x"), "--fields, --machine does not go with technique kypho-iort"),
        (("--override", "why not"), "is not contraindicated here"),
        (("--protocol", "sib-sbrt-30in5"), "a needle gives one; choose hytec-cord or tg-101"),
        (("--gtv", "GTV2"), 'structure "GTV2" not found'),
        (("--source", "miniature"), 'source "miniature" is unknown; nearest: miniature-50kv'),
        (("--cement", "concrete"), "concrete"),
        (("--cement", "air"), 'cement "air" is no bone cement, expected one of kyphon-hv-r-cement'),
        (("--cement", "steel"), 'cement "steel" is no bone cement'),
        (("--material", "aort=steel"), 'structure "aort" not found; nearest: aorta'),
        (("--material", "Cement_assumed=steel"), 'structure "Cement_assumed" not found'),
        (("--material", "aorta=titanum"), 'material "titanum" is unknown; nearest: titanium'),
        (("--material", "aorta"), '--material is "aorta", expected STRUCTURE=MATERIAL'),
        (("--material", "aorta=steel", "--material", "Aorta=gold"), 'structure "aorta" is given a material twice'),
        (("--engine", "kv-hybird"), 'engine "kv-hybird" is unknown'),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    assert says in refused(capsys, T11, *arguments)


def test_needle_options_do_not_go_with_beams(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, T11, "--source-side", "left", "--seed", "2", technique="imrt")
    assert "--source-side, --seed does not go with technique imrt; leave it out, imrt takes --consensus" in told


@pytest.mark.parametrize("arguments", [("--cement", "air"), ("--material", "aort=steel")])
def test_materials_are_refused_before_anything_is_computed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    def never(*given: object) -> None:
        raise AssertionError("a needle path was looked for")

    monkeypatch.setattr(planner, "propose_access", never)
    assert arguments[1].partition("=")[0] in refused(capsys, T11, *arguments)


def test_an_unknown_technique_names_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert 'technique "kypho" is unknown; nearest: kypho-iort' in refused(capsys, T11, technique="kypho")


def test_a_case_without_gtv_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = tmp_path / "case"
    shutil.copytree(T11, case)
    listed = case / "structures.json"
    listed.write_text(json.dumps({n: s for n, s in json.loads(listed.read_text()).items() if n != "GTV"}))
    assert 'no structure for "gtv" found, needed as the tumour to treat' in refused(capsys, case)


def test_what_is_contraindicated_needs_a_reason(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = tmp_path / "case"
    shutil.copytree(T11, case)
    facts = case / "case.yaml"
    text = facts.read_text().replace("    paraspinal_mass: false\n", "    posterior_wall_involved: true\n", 1)
    facts.write_text(text)
    told = refused(capsys, case)
    assert "kypho-iort is contraindicated for this case" in told
    assert "give --override REASON" in told


def test_points_are_three_numbers() -> None:
    assert point(None, "--tip-mm") is None
    assert point("1.5,-2,3", "--tip-mm") == (1.5, -2.0, 3.0)
    with pytest.raises(PlanError, match='--tip-mm is "1,2,x"'):
        point("1,2,x", "--tip-mm")
