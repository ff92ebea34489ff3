"""`spondyl register`: what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from spondyl.app.cli.main import main
from spondyl.core import Grid
from spondyl.io import bundled_case, open_case, write_nifti
from spondyl.io.registration_file import read_registration

CASE = bundled_case("lumbar_l3")
SHIFT_MM = (3.0, -2.0, 4.0)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main(["register", *words])
    return int(leaving.value.code or 0)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case's own CT, 3 mm to the left, 2 mm anterior, 4 mm superior: its affine alone is moved."""
    ct = open_case(CASE).ct
    x, y, z = np.add(ct.grid.origin_mm, SHIFT_MM)
    path = tmp_path_factory.mktemp("image") / "moved.nii.gz"
    write_nifti(path, ct.values.astype(np.int16), Grid((x, y, z), ct.grid.spacing_mm, ct.grid.shape))
    return path


def test_the_couch_goes_back_and_the_file_reads_back(
    moved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(CASE), "--image", str(moved), "-o", str(tmp_path), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    couch = told["couch_iec61217"]
    shifts = [couch[f"{name}_mm"] for name in ("lateral", "longitudinal", "vertical")]
    assert shifts == pytest.approx([-3.0, -4.0, -2.0], abs=0.1)
    assert [couch[f"{name}_deg"] for name in ("pitch", "roll", "rotation")] == pytest.approx([0, 0, 0], abs=0.1)
    assert told == json.loads((tmp_path / "registration.json").read_text())
    motion = read_registration(tmp_path / "registration.json")
    np.testing.assert_allclose(motion.shift_at(told["isocentre_mm"]), SHIFT_MM, atol=0.1)
    assert (tmp_path / "registration.png").read_bytes()[:4] == b"\x89PNG"
    assert json.loads((tmp_path / "provenance.json").read_text())["command"] == "register"


def test_an_isocentre_given_in_the_image_takes_the_shift_away(
    moved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--isocentre=10,-190,300", "--image-isocentre=13,-192,304"]
    assert run(str(CASE), "--image", str(moved), "-o", str(tmp_path), "--json", *words) == 0
    couch = json.loads(capsys.readouterr().out)["couch_iec61217"]
    assert [couch[f"{name}_mm"] for name in ("lateral", "longitudinal", "vertical")] == pytest.approx([0] * 3, abs=0.1)


def test_what_is_no_image_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(CASE), "--image", str(tmp_path / "none.nii"), "-o", str(tmp_path / "out")) == 2
    assert "not found; expected a NIfTI file" in capsys.readouterr().err
    flat = tmp_path / "flat.nii.gz"
    write_nifti(flat, np.zeros((4, 4, 4), np.float32), Grid((0, 0, 0), (1, 1, 1), (4, 4, 4)))
    assert run(str(CASE), "--image", str(flat), "-o", str(tmp_path / "out")) == 2
    assert "expected a volume of finite, varying values" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()
