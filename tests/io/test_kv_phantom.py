"""`spondyl phantom` with a kilovoltage point source: the file in the issue, what comes out, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer

from spondyl.app.cli import phantom_verb
from spondyl.core.errors import MaterialError, SpondylError
from spondyl.dose.kv import hybrid
from spondyl.dose.kv.hybrid import kv_hybrid
from spondyl.io.phantom import read_phantom

SOURCE = "source: {kind: kv-point, position_mm: [0, 0, 0], spectrum_csv: spectrum_au50kV.csv}"
FILE = f"""
grid: {{min_mm: [-7.5, -7.5, -7.5], max_mm: [7.5, 7.5, 7.5], spacing_mm: [3, 3, 3]}}
background: water
solids:
  - {{shape: box, material: cortical-bone, min_mm: [1.5, -7.5, -7.5], max_mm: [7.5, 7.5, 7.5]}}
{SOURCE}
engine: kv-monte-carlo
histories: 2e4
seed: 3
"""


def _written(folder, text=FILE):
    path = folder / "phantom.yaml"
    path.write_text(text)
    return path


def _run(*arguments):
    app = typer.Typer()
    phantom_verb.register(app)
    return app([str(a) for a in arguments], standalone_mode=False)


def _table_in_voxel():
    """EGSnrc's dose in water (tests/data/kv), averaged over the voxel of 3 mm at (-3, 0, 0)."""
    table = np.loadtxt(Path(__file__).parents[1] / "data" / "kv" / "water_au50.csv", delimiter=",", skiprows=1)[1:8]
    middle = (table[:, 0] + table[:, 1]) / 2
    side = (np.arange(30) + 0.5) / 10 - 1.5
    r = np.sqrt((side[:, None, None] - 3) ** 2 + side[:, None] ** 2 + side**2)
    return np.mean(np.exp(np.interp(r, middle, np.log(table[:, 2] * middle**2))) / r**2)


def test_the_file_of_the_issue_gives_gray_per_emitted_photon(tmp_path):
    assert _run(_written(tmp_path), "-o", tmp_path / "out", "--quiet") == 0
    with np.load(tmp_path / "out" / "dose.npz") as data:
        assert str(data["unit"]) == "Gy per emitted photon"
        assert str(data["kind"]) == "dose-to-medium"
        assert data["dose"].shape == data["dose_to_water"].shape == data["relative_uncertainty"].shape == (5, 5, 5)
        assert data["dose"][1, 2, 2] == pytest.approx(
            _table_in_voxel(), rel=0.05
        )  # errors 2 %; bone scatters back less
        # The bone takes up to eight times as much as water in its place would (26.9 / 4.94 cm2/g at 10 keV, 7 at 25).
        assert 5 < data["dose"][3, 2, 2] / data["dose_to_water"][3, 2, 2] < 8
        assert 0.01 < data["relative_uncertainty"][1, 2, 2] < 0.1
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert set(record["inputs_sha256"]) == {"phantom", "spectrum"}
    settings = record["settings"]
    assert (record["seed"], settings["histories"], settings["histories_done"]) == (3, 20_000, 20_000)
    assert settings["interrupted"] is False


def test_the_same_file_gives_the_same_dose_and_voxels_equal_solids(tmp_path):
    solids = read_phantom(_written(tmp_path)).medium
    np.savez(
        tmp_path / "voxels.npz",
        density_g_per_cm3=solids.density_g_per_cm3.transpose(2, 1, 0),
        material=solids.material.transpose(2, 1, 0),
        **{f"{a}_mm": solids.grid.axis_mm(a) for a in "xyz"},
    )
    text = (
        "voxels: {file: voxels.npz, materials: [water, cortical-bone]}\n"
        f"{SOURCE}\nengine: kv-monte-carlo\nhistories: 20000\nseed: 3\n"
    )
    doses = []
    for number, content in enumerate((FILE, text)):
        assert _run(_written(tmp_path, content), "-o", tmp_path / f"out{number}", "--quiet") == 0
        with np.load(tmp_path / f"out{number}" / "dose.npz") as data:
            doses.append(data["dose"])
    assert (doses[0] == doses[1]).all()


def test_a_spectrum_beside_the_file_comes_before_the_bundled_one(tmp_path):
    (tmp_path / "spectrum_au50kV.csv").write_text("energy_kev,photons\n30,1\n")
    phantom = read_phantom(_written(tmp_path))
    assert phantom.job.source.spectrum.mean_energy_kev == pytest.approx(30)
    assert phantom.inputs["spectrum"] == tmp_path / "spectrum_au50kV.csv"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("position_mm: [0, 0, 0]", "position_mm: [0, 0, 7.6]", r"lies outside the grid .*; move the source"),
        ("position_mm: [0, 0, 0]", "position_mm: [0, 0, .nan]", "value 3 of source.position_mm"),
        ("background: water", "background: air", r"lies in air of 0.001205 g/cm3, expected at least 0.05"),
        ("histories: 2e4", "histories: 0", "histories is 0, expected a number of at least 1; correct it"),
        ("histories: 2e4", "histories: 1.5", "histories is 1.5, expected a whole number"),
        ("histories: 2e4", "histories: many", 'histories is "many", expected a whole number'),
        ("seed: 3", "seed: -3", "seed is -3"),
        ("seed: 3", "sead: 3", 'key "sead" is unknown, .* did you mean seed'),
        ("seed: 3", "target_uncertainty: 2", "target_uncertainty is 2, expected a number below 1"),
        ("seed: 3", "quality: fast", "quality belongs to a beam, which this phantom does not have"),
        ("seed: 3", "device: gpu", 'device is "gpu", expected cpu or cuda'),
        ("kind: kv-point", "kind: kv-line", 'source.kind is "kv-line", expected kv-point'),
        ("position_mm", "position", 'key "position" in source is unknown, .* did you mean position_mm'),
        ("spectrum_au50kV.csv", "none.csv", "none.csv cannot be read"),
        ("spectrum_au50kV.csv", "spectrum_mohan_6mv.csv", "expected 1 to 100 keV as the photon tables do"),
        ("engine: kv-monte-carlo", "engine: kv-monte", 'did you mean "kv-monte-carlo"'),
        ("engine: kv-monte-carlo", "engine: collapsed-cone", '"collapsed-cone" does not compute a source, .*; change'),
        (SOURCE, "", "give either beam .* or source .*, got neither"),
        (SOURCE, f"{SOURCE}\nbeam: {{kind: machine, machine: generic-6mv, field_mm: [9, 9], isocentre_mm: [0, 0, 0]}}",
         "got both"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_remedy(tmp_path, old, new, says):
    path = _written(tmp_path, FILE.replace(old, new))
    with pytest.raises(SpondylError, match=says):
        _run(path, "-o", tmp_path / "out", "--quiet")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("density", [1000.0, np.nan, -1.0])
def test_voxels_of_nonsense_density_are_refused(tmp_path, density):
    values = np.ones((3, 3, 3))
    values[0, 0, 0] = density
    np.savez(
        tmp_path / "v.npz", density_g_per_cm3=values, material=np.zeros((3, 3, 3), np.uint8),
        **{f"{a}_mm": np.array([-1.0, 0.0, 1.0]) for a in "xyz"},
    )  # fmt: skip
    path = _written(tmp_path, f"voxels: {{file: v.npz, materials: [water]}}\n{SOURCE}\nengine: kv-monte-carlo\n")
    with pytest.raises(SpondylError, match="density"):
        _run(path, "-o", tmp_path / "out", "--quiet")
    assert not (tmp_path / "out").exists()


def test_a_voxel_file_of_impossible_density_is_named(tmp_path):
    np.savez(
        tmp_path / "v.npz", density_g_per_cm3=np.full((2, 2, 2), 1920.0), material=np.zeros((2, 2, 2), np.uint8),
        **{f"{a}_mm": np.array([-1.0, 1.0]) for a in "xyz"},
    )  # fmt: skip
    path = _written(tmp_path, f"voxels: {{file: v.npz, materials: [water]}}\n{SOURCE}\n")
    with pytest.raises(SpondylError, match=r"v\.npz: density_g_per_cm3 reaches 1920, .*; divide kg/m3 by 1000"):
        _run(path, "-o", tmp_path / "out", "--quiet")


@pytest.mark.parametrize("engine", ["kv-hybrid", "kv-monte-carlo"])
def test_an_element_above_uranium_is_refused_by_name(tmp_path, engine):
    material = "materials: {fuel: {density_g_per_cm3: 19, mass_fractions: {U: 0.5, Pu: 0.5}}}\n"
    text = FILE.replace("cortical-bone", "fuel").replace("kv-monte-carlo", engine) + material
    with pytest.raises(MaterialError, match=r'"fuel": element Pu \(Z 94\) has no kilovoltage .* to U \(92\)'):
        _run(_written(tmp_path, text), "-o", tmp_path / "out", "--quiet")
    assert not (tmp_path / "out").exists()


def test_interrupted_it_says_so_and_records_the_histories_done(tmp_path, capsys, monkeypatch):
    def interrupt_after_the_first_round(*arguments, **named):
        yield next(kv_hybrid(*arguments, **named))
        raise KeyboardInterrupt

    monkeypatch.setattr(hybrid, "kv_hybrid", interrupt_after_the_first_round)
    text = FILE.replace("kv-monte-carlo", "kv-hybrid").replace("2e4", "9e6")
    assert _run(_written(tmp_path, text), "-o", tmp_path / "out", "--quiet") == 0
    assert "interrupted: kept the last complete result, 30000 histories" in capsys.readouterr().err
    settings = json.loads((tmp_path / "out" / "provenance.json").read_text())["settings"]
    assert (settings["histories"], settings["histories_done"], settings["interrupted"]) == (9_000_000, 30_000, True)


def test_histories_belong_to_a_source(tmp_path):
    beam = "beam: {kind: machine, machine: generic-6mv, field_mm: [9, 9], isocentre_mm: [0, 0, 0]}"
    text = FILE.replace(SOURCE, beam).replace("engine: kv-monte-carlo", "engine: pencil-beam")
    with pytest.raises(SpondylError, match="histories, seed belongs to a source, which this phantom does not have"):
        read_phantom(_written(tmp_path, text))
