"""`spondyl facts propose` from the command line."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "anatomy"))
from spine_phantom import CANAL, FRONT, PLAIN, Body, box, case, rotation

from spondyl.anatomy.measured import propose_facts
from spondyl.app.cli import main
from spondyl.clinic.facts import read_facts
from spondyl.core import sha256_of
from spondyl.io import bundled_case, open_case


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["facts", "propose", *map(str, arguments)])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


def test_files_pictures_and_an_untouched_case(tmp_path, capsys) -> None:
    folder = tmp_path / "t11"
    shutil.copytree(bundled_case("thoracic_t11"), folder)
    before = sha256_of({"case": folder})
    code, said, _ = run(capsys, folder, "-o", tmp_path / "out")
    assert code == 0
    assert "Research and education, not a medical device." in said
    assert sha256_of({"case": folder}) == before
    files = {p.name for p in (tmp_path / "out").iterdir()}
    assert files == {
        "proposals.yaml", "proposals.json", "provenance.json", "heights.png", "axial.png", "density.png",
    }  # fmt: skip
    record = json.loads((tmp_path / "out" / "proposals.json").read_text())
    assert record["confirmed"] is False
    by_path = {p["path"]: p for p in record["proposals"] if p["path"]}
    collapse = by_path["clinical.lesion.collapse_percent"]
    assert collapse["value"] == pytest.approx(39, abs=4)
    assert collapse["present"] == 39
    assert collapse["agreement"] == "agrees"
    assert collapse["how"]
    assert collapse["source"]
    text = (tmp_path / "out" / "proposals.yaml").read_text()
    fragment = yaml.safe_load(text)
    facts = read_facts(fragment)
    assert facts.clinical.lesion.collapse_percent == collapse["value"]
    assert facts.measured.heights_mm is not None
    assert facts.measured.heights_mm["T11"].middle == by_path["measured.heights_mm.T11.middle"]["value"]
    assert "bone_lesion_type" not in fragment["clinical"]["lesion"]
    assert "# Not determined:" in text
    assert "case.yaml: 39, agrees" in text
    for name in ("heights.png", "axial.png", "density.png"):
        image = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / name)))
        assert min(image.shape[:2]) > 400
        assert image.std() > 20


def test_json_alone_on_stdout(capsys) -> None:
    code, said, _ = run(capsys, bundled_case("lumbar_l3"), "--json")
    assert code == 0
    record = json.loads(said)
    assert record["level"] == "L3"
    assert {"name", "path", "value", "unit", "low", "high", "how", "note", "present", "agreement"} <= set(
        record["proposals"][0]
    )


@pytest.mark.parametrize(
    ("arguments", "message"), [(("--gtv", "GVT"), "nearest: GTV"), (("-o", "CASE"), "is the case folder")]
)
def test_what_is_wrong_is_refused_with_exit_code_2(tmp_path, capsys, arguments, message) -> None:
    folder = bundled_case("thoracic_t11")
    code, _, said = run(capsys, folder, *(folder if a == "CASE" else a for a in arguments))
    assert code == 2
    assert message in said


def folder_in(path: Path, order: tuple[int, ...], flips: tuple[bool, ...]) -> Path:
    """A phantom case written with its axes in another order and direction."""

    def gtv(x, a, s):
        return box((0, 20), (FRONT, 38), (-12, 12))(x, a, s) | box((CANAL[0], 17), (0, FRONT), (-8, 8))(x, a, s)

    made = case(
        (PLAIN[0], Body("T11", 0.0, 18.0), PLAIN[2]), gtv=gtv, turned=rotation(8, 0, 5), spacing=(1.5, 1.6, 2.0)
    )
    listed = {}
    (path / "structures").mkdir(parents=True)
    masks = {f"structures/{n}.nii.gz": s.full().astype(np.uint8) for n, s in made.structures.items()}
    for name, values in {**masks, "ct.nii.gz": made.ct.values.astype(np.int16)}.items():
        image = sitk.GetImageFromArray(values)
        image.SetOrigin(made.ct.grid.origin_mm)
        image.SetSpacing(made.ct.grid.spacing_mm)
        turned = sitk.Flip(sitk.PermuteAxes(image, [int(o) for o in order]), [bool(f) for f in flips], False)
        sitk.WriteImage(turned, str(path / name))
    for name, structure in made.structures.items():
        listed[name] = {"file": f"structures/{name}.nii.gz", "role": structure.role, "colour": "#808080"}
    (path / "structures.json").write_text(json.dumps(listed))
    (path / "case.yaml").write_text("level: T11\n")
    return path


def test_the_same_facts_in_every_axis_order(tmp_path) -> None:
    """Left stays left: half the body and the left pedicle, in four of the 48 orders."""
    orders = list(itertools.product(itertools.permutations((0, 1, 2)), itertools.product((False, True), repeat=3)))
    told = []
    for number in (0, 13, 26, 47):
        folder = folder_in(tmp_path / str(number), *orders[number])
        told.append({p.path or p.name: (p.value, p.low, p.high) for p in propose_facts(open_case(folder))})
    first = told[0]
    assert first["clinical.lesion.posterolateral_left"][0] is True
    assert first["clinical.lesion.posterolateral_right"][0] is False
    assert first["clinical.lesion.collapse_percent"][0] == pytest.approx(25, abs=5)
    assert first["clinical.lesion.body_involvement_percent"][0] == pytest.approx(50, abs=4)
    for other in told[1:]:
        assert other == first
