"""A clinic's calibration file: what is read, and what is refused with which words."""

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml

from spondyl.core.errors import MachineError
from spondyl.physics.kv import load_kv_source

SHIPPED = files("spondyl").joinpath("data/machines/kv/miniature-50kv.yaml").read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path):
    def written(**changes):
        facts = {**yaml.safe_load(SHIPPED), "name": "clinic", **changes}
        path = tmp_path / "clinic.yaml"
        path.write_text(yaml.safe_dump({k: v for k, v in facts.items() if v is not None}))
        return path

    return written


def _table(**changes):
    return {**yaml.safe_load(SHIPPED)["depth_dose"], **changes}


def test_depths_from_the_surface_are_moved_to_the_source(write):
    shipped = yaml.safe_load(SHIPPED)["depth_dose"]
    table = _table(depth_from="applicator-surface", depth_mm=[mm - 3.0 for mm in shipped["depth_mm"]])
    output = load_kv_source(str(write(depth_dose=table))).calibrated()
    assert output.distance_mm == pytest.approx(shipped["depth_mm"])
    assert output.dose_rate_at(13.0) == pytest.approx(1.719)


def test_a_spectrum_beside_the_file_and_a_wall_are_taken(write, tmp_path):
    (tmp_path / "own.csv").write_text("energy_kev,photons\n20,1\n30,3\n")
    path = write(spectrum_csv="own.csv", layers=[{"material": "peek", "thickness_mm": 1.0}])
    spectrum = load_kv_source(str(path)).spectrum
    assert spectrum.low_kev == pytest.approx([15, 25])
    assert 0.75 < spectrum.photons[1] < 0.80  # 30 keV loses less


def test_anisotropy_is_taken_over_the_depth_dose_s_direction(write):
    given = {"distance_from_source_mm": 10, "angle_deg": [0, 90, 180], "relative": [1.0, 0.8, 0.4]}
    output = load_kv_source(str(write(anisotropy=given))).calibrated()
    assert output.anisotropy.at(np.array([1.0, 0.0, -1.0])) == pytest.approx([1.25, 1.0, 0.5])
    assert output.dose_rate_at(8.0, -1.0) == pytest.approx(3.52)


UNITS = {"distance": "mm", "thickness": "mm", "dose_rate": "Gy/min", "angle": "deg"}
RATES = yaml.safe_load(SHIPPED)["depth_dose"]["dose_rate_gy_per_min"]
REFERENCE = yaml.safe_load(SHIPPED)["reference"]
DEPTHS = yaml.safe_load(SHIPPED)["depth_dose"]["depth_mm"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"units": {**UNITS, "dose_rate": "cGy/min"}}, r'dose_rate is "cGy/min".*divide the dose rates by 100'),
        ({"units": {**UNITS, "distance": "cm"}}, r'distance is "cm", expected "mm": multiply by 10'),
        ({"units": {"distance": "mm"}}, 'units lacks "thickness"'),
        ({"units": {**UNITS, "mass": "g"}}, 'units names "mass"'),
        ({"units": None}, '"units" is missing'),
        ({"depth_dose": _table(dose_rate_gy_per_min=[100 * r for r in RATES])}, r"366, expected 0.37 to 37 Gy/min"),
        ({"depth_dose": _table(depth_mm=[mm / 10 for mm in DEPTHS])}, r"ends 10 mm from the source.*in cm"),
        ({"depth_dose": _table(depth_mm=[mm / 10 for mm in [*DEPTHS[:-1], 200]])}, r"Gy/min.*depths in cm"),
        ({"depth_dose": _table(dose_rate_gy_per_min=RATES[:-1])}, "22 depths and 21 dose rates"),
        ({"depth_dose": _table(dose_rate_gy_per_min=RATES[::-1])}, "falling dose rates"),
        ({"depth_dose": _table(dose_rate_gy_per_min=[20 - 0.1 * k for k in range(22)])}, r"falls as r\^-0.0"),
        ({"depth_dose": _table(dose_rate_gy_per_min=[1.5 * r for r in RATES])}, "expected both within 2 %"),
        ({"depth_dose": _table(depth_from="skin")}, "'applicator-surface' or 'source-centre'|source-centre"),
        ({"depth_dose": _table(depth_mm=[0, *DEPTHS[1:]])}, "starts at the source's centre"),
        ({"anisotropy": None}, '"anisotropy" is missing'),
        ({"surface_from_source_mm": -1}, "above 0"),
        ({"reference": {**REFERENCE, "dose_rate_gy_per_min": float("nan")}}, "finite"),
        ({"wall_mm": 3}, "is not a key of a calibration file"),
        ({"layers": [{"material": "unobtainium", "thickness_mm": 1}]}, "unobtainium"),
        ({"spectrum_csv": "missing.csv"}, "missing.csv cannot be read"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_what_to_do(write, changes, says):
    with pytest.raises(Exception, match=says) as caught:
        load_kv_source(str(write(**changes)))
    assert type(caught.value).__module__ == "spondyl.core.errors"


@pytest.mark.parametrize(
    ("name", "says"),
    [("miniature", "nearest: miniature-50kv"), ("no/such.yaml", "cannot be read"), ("", "unknown")],
)
def test_unknown_sources_are_refused(name, says):
    with pytest.raises(MachineError, match=says):
        load_kv_source(name)


def test_the_documented_example_is_read(tmp_path):
    page = (Path(__file__).parents[3] / "docs/reference/kv-calibration.md").read_text()
    (tmp_path / "clinic.yaml").write_text(re.findall(r"```yaml\n(.*?)```", page, re.S)[0])
    source = load_kv_source(str(tmp_path / "clinic.yaml"))
    assert source.name == "clinic-needle-1"
    assert source.calibrated().dose_rate_at(13.0) == pytest.approx(1.72)
    assert source.model_over_table(13.0) == pytest.approx(1.02, abs=0.02)  # its wall of 0.5 mm PEEK
