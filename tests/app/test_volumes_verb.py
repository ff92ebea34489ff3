"""`spondyl volumes` from the command line."""

from __future__ import annotations

import json

import pytest

from spondyl.app.cli import main
from spondyl.io import bundled_case, open_case, read_rtstruct


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["volumes", *map(str, arguments)])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


def test_volumes_are_written_and_read_back(tmp_path, capsys):
    code, said, _ = run(capsys, bundled_case("lumbar_l3"), "-o", tmp_path / "out")
    assert code == 0
    assert "PTV_Eval" in said
    assert "Research and education, not a medical device." in said
    record = json.loads((tmp_path / "out" / "volumes.json").read_text())
    volumes = {s["name"]: s["volume_cm3"] for s in record["structures"]}
    assert volumes["GTV"] == pytest.approx(10.99, abs=0.01)  # case.yaml, measured
    assert record["involvement"][0]["sectors_touched"] == ["vertebral_body", "pedicle_right"]
    case = open_case(bundled_case("lumbar_l3"))
    back = read_rtstruct(tmp_path / "out" / "structures.dcm", case.ct.grid)
    for name in ("GTV", "CTV", "PTV", "PTV_Eval", "SpinalCanal", "ThecalSac"):
        assert back[name].volume_cm3 == pytest.approx(volumes[name], rel=0.03), name
    assert {"Kidney_L", "A_Aorta", "SpinalCord_PRV02"} <= set(back)
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["settings"]["ap_margin_mm"] == 2.0


def test_json_alone_on_stdout(capsys):
    code, said, _ = run(capsys, bundled_case("thoracic_t11"), "--json", "--ap-margin-mm", "3")
    assert code == 0
    record = json.loads(said)
    assert record["settings"]["ap_margin_mm"] == 3.0
    assert record["rules"][1]["row"] == "diffuse in the body"
    assert any("3 mm; the trial gives none" in said for said in record["assumptions"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--consensus", "cox"), "is not known"),
        (("--consensus", "sacrum-2020"), "level T11 is not sacral"),
        (("--gtv", "GVT"), "nearest: GTV"),
        (("--ap-margin-mm", "80"), "between 0 and 50 mm, got 80"),
    ],
)
def test_what_is_wrong_is_refused_with_exit_code_2(tmp_path, capsys, arguments, message):
    code, _, said = run(capsys, bundled_case("thoracic_t11"), "-o", tmp_path / "out", *arguments)
    assert code == 2
    assert message in said
    assert not (tmp_path / "out").exists()
