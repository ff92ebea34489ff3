"""`spondyl phantom`: the file in the issue, and what must be refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer

from spondyl.app.cli import phantom_verb
from spondyl.core.errors import SpondylError
from spondyl.io.phantom import read_phantom

SPECTRUM = Path(__file__).parents[1] / "data" / "mv_reference" / "spectrum_mohan_6mv.csv"
BONE = (
    "{density_g_per_cm3: 1.85, mass_fractions: "
    "{H: 0.064, C: 0.278, N: 0.027, O: 0.41, Mg: 0.002, P: 0.07, S: 0.002, Ca: 0.147}}"
)
BEAM = (
    "{kind: photon, spectrum_csv: spectrum.csv, source_mm: [0, 0, -900], direction: [0, 0, 1], "
    "sad_mm: 1000, field_mm: [30, 30]}"
)
ISSUE = f"""
grid: {{min_mm: [-25, -25, 0], max_mm: [25, 25, 100], spacing_mm: [2.5, 2.5, 2.5]}}
background: water
solids:
  - {{shape: box, material: bone, min_mm: [-25, -25, 50], max_mm: [25, 25, 80]}}
  - {{shape: sphere, material: lung, centre_mm: [0, 0, 60], radius_mm: 10}}
materials:
  bone: {BONE}
beam: {BEAM}
engine: collapsed-cone
"""


def _written(folder, text=ISSUE):
    (folder / "spectrum.csv").write_bytes(SPECTRUM.read_bytes())
    path = folder / "phantom.yaml"
    path.write_text(text)
    return path


def _run(*arguments):
    app = typer.Typer()
    phantom_verb.register(app)
    return app([str(a) for a in arguments], standalone_mode=False)


@pytest.mark.parametrize("engine", ["collapsed-cone", "pencil-beam"])
def test_the_file_of_the_issue_gives_an_absolute_dose(tmp_path, engine):
    path = _written(tmp_path, ISSUE.replace("engine: collapsed-cone", f"engine: {engine}"))
    assert _run(path, "-o", tmp_path / "out", "--quiet") == 0
    with np.load(tmp_path / "out" / "dose.npz") as data:
        assert data["dose"].shape == (20, 20, 40)
        assert str(data["unit"]) == "Gy cm2 per photon"
        assert data["x_mm"][:2].tolist() == [-23.75, -21.25]
        assert data["z_mm"][[0, -1]].tolist() == [1.25, 98.75]
        # EGSnrc, 3 x 3 in water at 3.5 cm, above the bone: 7.849e-12 (tests/data/mv_reference).
        assert data["dose"][9:11, 9:11, 13:15].mean() == pytest.approx(7.849e-12, rel=0.015)
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert set(record["inputs_sha256"]) == {"phantom", "spectrum"}


def test_solids_overwrite_in_order_and_keep_their_volume(tmp_path):
    medium = read_phantom(_written(tmp_path)).medium
    volume = 0.0025**3 * 1e6
    assert medium.density_g_per_cm3[:20].tolist() == np.ones((20, 20, 20)).tolist()
    removed = (1.85 * 20 * 20 * 12 - medium.density_g_per_cm3[20:32].sum(dtype=float)) * volume
    assert removed == pytest.approx((1.85 - 0.26) * 4 / 3 * np.pi, rel=0.01)  # a 1 cm sphere of lung in bone
    assert medium.materials[medium.material[24, 10, 10]].name == "lung"


def test_a_box_between_voxel_edges_shares_its_mass(tmp_path):
    text = ISSUE.replace("min_mm: [-25, -25, 50]", "min_mm: [-25, -25, 51]")
    assert read_phantom(_written(tmp_path, text)).medium.density_g_per_cm3[20, 0, 0] == pytest.approx(1 + 0.6 * 0.85)


def test_voxels_equal_solids(tmp_path):
    solids = read_phantom(_written(tmp_path)).medium
    axes = {f"{a}_mm": solids.grid.axis_mm(a) for a in "xyz"}
    # A voxel that a sphere cuts holds a mixture; the file names its heavier part.
    heavier = [max(m.parts, key=lambda p: p[1])[0].name if m.parts else m.name for m in solids.materials]
    index = np.array([["water", "bone", "lung"].index(name) for name in heavier])
    np.savez(
        tmp_path / "phantom.npz",
        density_g_per_cm3=solids.density_g_per_cm3.transpose(2, 1, 0),
        material=index[solids.material].transpose(2, 1, 0),
        **axes,
    )
    text = f"voxels: {{file: phantom.npz, materials: [water, bone, lung]}}\nmaterials:\n  bone: {BONE}\nbeam: {BEAM}\n"
    voxels = read_phantom(_written(tmp_path, text)).medium
    assert voxels.grid.same_space(solids.grid)
    assert (voxels.density_g_per_cm3 == solids.density_g_per_cm3).all()
    assert [m.name for m in voxels.materials] == ["water", "bone", "lung"]


def test_a_tilted_beam_keeps_its_first_side_along_x_axis(tmp_path):
    text = ISSUE.replace("direction: [0, 0, 1]", "direction: [0, 1, 1], x_axis: [0, 0, 1]").replace(
        "[0, 0, -900]", "[0, -600, -600]"
    )
    field = read_phantom(_written(tmp_path, text)).job.field
    assert field.u == pytest.approx((0, -np.sqrt(0.5), np.sqrt(0.5)))
    assert field.isocentre_mm == pytest.approx((0, -600 + 1000 * np.sqrt(0.5), -600 + 1000 * np.sqrt(0.5)))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("material: lung", "material: lunge", '"lunge" is unknown; nearest: lung'),
        ("engine: collapsed-cone", "engine: colapsed", 'did you mean "collapsed-cone"'),
        ("background: water", "backgroundd: water", "did you mean background"),
        ("spacing_mm: [2.5, 2.5, 2.5]", "spacing_mm: [2.4, 2.5, 2.5]", "does not divide"),
        (
            "spacing_mm: [2.5, 2.5, 2.5]",
            "spacing_mm: [0, 2.5, 2.5]",
            "value 1 of grid.spacing_mm is 0, expected a number above 0",
        ),
        ("spacing_mm: [2.5, 2.5, 2.5]", "spacing_mm: [0.05, 0.05, 0.05]", "coarser"),
        ("max_mm: [25, 25, 100]", "max_mm: [-30, 25, 100]", "must exceed min_mm along x"),
        ("source_mm: [0, 0, -900]", "source_mm: [0, 0, 50]", "move source_mm back"),
        ("source_mm: [0, 0, -900]", "source_mm: [0, .nan, -900]", "finite"),
        ("direction: [0, 0, 1]", "direction: [0, 0, 0]", "must not be zero"),
        ("direction: [0, 0, 1]", "direction: [1, 0, 0]", "parallel"),
        (
            "field_mm: [30, 30]",
            "field_mm: [30, 4000]",
            "value 2 of beam.field_mm is 4000, expected a number of at most 400",
        ),
        ("field_mm: [30, 30]", "field_mm: [30]", "beam.field_mm has 1 value, expected 2"),
        (
            "spectrum_csv: spectrum.csv",
            "spectrum_csv: none.csv",
            "none.csv cannot be read: No such file or directory; expected",
        ),
        ("radius_mm: 10", "radius_mm: -10", "entry 2 of solids: radius_mm is -10, expected a number above 0"),
        ("H: 0.064", "H: 0.5", "add up to"),
        ("shape: sphere", "shape: cone", 'entry 2 of solids: shape is "cone", expected box or sphere'),
        ("shape: sphere, ", "", "entry 2 of solids: shape is missing, expected box or sphere"),
        ("sad_mm: 1000", "sad_mm: far", 'beam.sad_mm is "far", expected a number; correct it'),
        ("sad_mm", "sadmm", 'key "sadmm" in beam is unknown, expected .* did you mean sad_mm'),
        ("radius_mm", "radius", r"expected shape, material, centre_mm or radius_mm; did you mean radius_mm\?; docs/"),
        ("direction: [0, 0, 1], ", "", 'key "direction" in beam is missing, .*; add it'),
        ("engine:", "quality: fine\nengine:", 'quality is "fine", expected final or fast'),
        ("grid: {", "grid: {{", "is not YAML: line 3: expected"),
        ("direction: [0, 0, 1]", "direction: [0, 0, -1]", r"along \(0, 0, -1\) misses the phantom .*; turn the beam"),
        ("direction: [0, 0, 1]", "direction: [0, 0.07, 1]", "misses the phantom"),
        ("kind: photon", "kind: proton", 'beam: kind is "proton", expected photon or machine'),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(tmp_path, old, new, says):
    assert old in ISSUE
    with pytest.raises(SpondylError, match=says):
        read_phantom(_written(tmp_path, ISSUE.replace(old, new)))


def test_a_beam_that_grazes_the_phantom_is_taken(tmp_path):
    """Tilted by 0.025: its axis passes 22.5 to 25 mm beside the middle, half in the grid that ends at 25."""
    read_phantom(_written(tmp_path, ISSUE.replace("direction: [0, 0, 1]", "direction: [0, 0.025, 1]")))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "none.yaml cannot be read: No such file or directory; give"),
        (b"", "holds nothing, expected keys"),
        (b"a: \xff", r"cannot be read: not UTF-8 text \(byte 3\)"),
        (b"[1, 2]", "holds a list, expected keys"),
    ],
)
def test_what_is_no_phantom_file_is_refused_in_words(tmp_path, content, says):
    path = tmp_path / "none.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpondylError, match=says) as told:
        read_phantom(path)
    assert "Errno" not in str(told.value)


def test_a_spectrum_below_zero_is_refused(tmp_path):
    path = _written(tmp_path)
    (tmp_path / "spectrum.csv").write_text("energy_mev,photons\n1,1\n2,-1\n")
    with pytest.raises(SpondylError, match="not negative, got -1"):
        read_phantom(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: a.pop("material"), "lacks material"),
        (lambda a: a.update(x_mm=a["x_mm"][::-1]), "increase in equal steps"),
        (lambda a: a.update(y_mm=np.array([0.0, 1.0, 3.0])), "increase in equal steps"),
        (lambda a: a.update(material=a["material"] + 1), "from 0 to 0"),
        (lambda a: a.update(material=a["material"] * 0.5), "whole numbers"),
        (lambda a: a.update(density_g_per_cm3=-a["density_g_per_cm3"]), "not negative"),
        (lambda a: a.update(density_g_per_cm3=a["density_g_per_cm3"][:2]), "expected"),
        (lambda a: a.update(density_g_per_cm3=np.array([{}])), "holds Python objects, expected an array of numbers"),
        (lambda a: a.update(x_mm=np.array(["a", "b"])), "x_mm holds <U1, expected an array of numbers"),
    ],
)
def test_bad_voxels_are_refused(tmp_path, change, says):
    axis = np.array([0.0, 2.0, 4.0])
    arrays = {
        "density_g_per_cm3": np.ones((3, 3, 3)),
        "material": np.zeros((3, 3, 3), int),
        "x_mm": axis,
        "y_mm": axis,
        "z_mm": axis,
    }
    change(arrays)
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(SpondylError, match=says):
        read_phantom(_written(tmp_path, f"voxels: {{file: v.npz, materials: [water]}}\nbeam: {BEAM}\n"))


@pytest.mark.parametrize(
    ("content", "says"), [(None, "is not there"), (b"junk", "is not an .npz file"), (b"", "is not an .npz file")]
)
def test_a_voxel_file_that_is_none_is_refused_in_words(tmp_path, content, says):
    if content is not None:
        (tmp_path / "v.npz").write_bytes(content)
    with pytest.raises(SpondylError, match=f"{says}.* write it with numpy.savez") as told:
        read_phantom(_written(tmp_path, f"voxels: {{file: v.npz, materials: [water]}}\nbeam: {BEAM}\n"))
    assert not any(word in str(told.value) for word in ("pickle", "Errno"))


def _slabs(folder, engine, density):
    """Voxels of 5 mm, 10 x 10 x 20, each slab along z of its own density."""
    axis, z = np.arange(-22.5, 25, 5.0), np.arange(2.5, 100, 5.0)
    density = np.broadcast_to(density, (10, 10, 20))
    np.savez(
        folder / "v.npz", density_g_per_cm3=density, material=np.zeros(density.shape, int), x_mm=axis, y_mm=axis, z_mm=z
    )
    return _written(folder, f"voxels: {{file: v.npz, materials: [water]}}\nbeam: {BEAM}\nengine: {engine}\n")


@pytest.mark.parametrize("engine", ["collapsed-cone", "pencil-beam"])
def test_vacuum_takes_no_dose_and_is_told(tmp_path, capsys, engine):
    inside = (np.arange(20) > 8) & (np.arange(20) < 12)
    path = _slabs(tmp_path, engine, np.where(inside, 0.0, 1.0))
    assert _run(path, "-o", tmp_path / "out", "--quiet") == 0
    assert "note: 300 of 2000 voxels have density 0: vacuum takes no dose" in capsys.readouterr().err
    with np.load(tmp_path / "out" / "dose.npz") as data:
        assert not data["dose"][:, :, inside].any()
        # EGSnrc, 3 x 3 in water at 3.5 cm, above the gap: 7.849e-12 (tests/data/mv_reference); less backscatter.
        assert data["dose"][4:6, 4:6, 6:8].mean() == pytest.approx(7.849e-12, rel=0.02)


@pytest.mark.parametrize("engine", ["collapsed-cone", "pencil-beam"])
def test_a_phantom_of_vacuum_is_refused(tmp_path, engine):
    path = _slabs(tmp_path, engine, np.zeros(20))
    with pytest.raises(SpondylError, match="all 2000 voxels have density 0, expected matter"):
        _run(path, "-o", tmp_path / "out", "--quiet")
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_when_refused(tmp_path):
    path = _written(tmp_path, ISSUE.replace("material: lung", "material: lunge"))
    with pytest.raises(SpondylError):
        _run(path, "-o", tmp_path / "out", "--quiet")
    assert not (tmp_path / "out").exists()


def test_grid_and_voxels_together_are_refused(tmp_path):
    text = ISSUE + "voxels: {file: v.npz, materials: [water]}\n"
    with pytest.raises(SpondylError, match="remove grid, background, solids"):
        read_phantom(_written(tmp_path, text))
