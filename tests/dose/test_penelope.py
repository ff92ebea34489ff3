"""Both photon engines against PENELOPE Monte Carlo in bone, lung, titanium and boxes of them (tests/data/penelope)."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from photon_phantoms import DOSE, reference, square_field, water_grid

from spondyl.core import Grid
from spondyl.dose import Dose, compute_dose
from spondyl.evaluate import gamma
from spondyl.physics import MATERIALS, Medium, bare_beam, mohan_6mv

TABLES = Path(__file__).parents[1] / "data" / "penelope"
CASES = yaml.safe_load((TABLES / "cases.yaml").read_text(encoding="utf-8"))
BEAM = bare_beam(mohan_6mv())
WIDE = ("bone-wide", "lung-wide", "titanium-wide")
FIELD_MM = {**dict.fromkeys(CASES, 30), "stack": 50, **dict.fromkeys(WIDE, 100)}


@dataclass(frozen=True)
class Plane:
    """Dose in depth and one lateral axis, [depth, lateral]."""

    depth_mm: np.ndarray
    lateral_mm: np.ndarray
    dose: np.ndarray
    error: np.ndarray

    def at(self, low_mm, high_mm, half_mm):
        """Mean dose between two depths and within `half_mm` of the axis."""
        rows = (self.depth_mm > low_mm) & (self.depth_mm < high_mm)
        return self.dose[np.ix_(rows, np.abs(self.lateral_mm) < half_mm)].mean()


def phantom(case):
    """Its name in cases.yaml."""
    return case.removesuffix("-wide")


@cache
def monte_carlo(case):
    with (TABLES / f"{phantom(case)}_{FIELD_MM[case]}.csv").open(encoding="utf-8") as stream:
        rows = np.array([[float(v) for v in row] for row in list(csv.reader(stream))[1:]])
    depth, lateral = np.unique(rows[:, 0]), np.unique(rows[:, 1])
    dose, share = (rows[:, k].reshape(len(depth), len(lateral)) for k in (2, 3))
    return Plane(depth, lateral, dose, dose * share)


def medium(case):
    """Boxes in water; all their faces are faces of voxels."""
    grid = water_grid(90 if case in WIDE else 60, 240)
    density, index, materials = np.ones(grid.shape, np.float32), np.zeros(grid.shape, np.uint8), [MATERIALS["water"]]
    axes = [grid.axis_mm(name) for name in "xyz"]
    for solid in CASES[phantom(case)]["solids"]:
        materials.append(MATERIALS[solid["material"]])
        x, y, z = ((a > low) & (a < high) for a, low, high in zip(axes, solid["min_mm"], solid["max_mm"], strict=True))
        inside = np.ix_(z, y, x)
        density[inside], index[inside] = materials[-1].density_g_per_cm3, len(materials) - 1
    return Medium(grid, density, index, tuple(materials))


@cache
def computed(case, engine="collapsed-cone"):
    """The engine's dose, averaged as the table is."""
    dose = compute_dose([square_field(FIELD_MM[case])], medium(case), BEAM, engine=engine)
    table = CASES[phantom(case)]["table"]
    along = "zyx".index(table["along"])
    band = np.abs(dose.grid.axis_mm(table["along"])) < table["band_mm"] * FIELD_MM[case] / 30
    plane = dose.values.astype(float).compress(band, along).mean(along)
    places = dose.grid.axis_mm("x")
    if case in WIDE:  # their tables average 5 mm to the side
        plane, places = (plane[:, 1:] + plane[:, :-1]) / 2, (places[1:] + places[:-1]) / 2
    return Plane(dose.grid.axis_mm("z"), places, plane, np.zeros_like(plane))


def passing(case, percent, distance_mm, engine="collapsed-cone"):
    """Percentage of the table's points, above 10 % of its maximum, that pass."""

    def slices(plane, copies):  # gamma searches in three dimensions: the third is the plane again, far away
        origin = (plane.lateral_mm[0], -50.0 * (copies // 2), plane.depth_mm[0])
        values = np.repeat(plane.dose[:, None].astype(np.float32), copies, axis=1)
        spacing = (plane.lateral_mm[1] - plane.lateral_mm[0], 50.0, 2.5)
        return Dose(Grid(origin, spacing, values.shape), values, unit="Gy cm2 per photon")

    return gamma(slices(monte_carlo(case), 1), slices(computed(case, engine), 3), percent, distance_mm).passing_percent


# Percentage of points that must pass 2 %/2 mm: 98 is the goal everywhere.
@pytest.mark.parametrize(
    ("case", "percent"),
    [
        ("water", 99.5),
        ("bone", 99.0),
        ("lung", 99.0),
        ("canal", 99.0),
        ("rod", 99.0),
        ("rod-along", 98.0),
        ("bone-lung", 99.0),
        ("titanium", 99.0),
        ("stack", 99.0),
        ("bone-wide", 99.0),
        ("lung-wide", 99.0),
        ("titanium-wide", 98.5),
    ],
)
def test_collapsed_cone_passes_gamma_2_percent_2_mm(case, percent):
    assert passing(case, 2.0, 2.0) >= percent


@pytest.mark.parametrize("case", ["water", "bone", "lung", "bone-lung", "titanium", "rod"])
def test_absolute_dose_on_the_axis_away_from_faces(case):
    for low, high in ((20, 40), (150, 190)):
        if case != "bone-lung" or low > 100:
            ratio = computed(case).at(low, high, 6) / monte_carlo(case).at(low, high, 6)
            assert ratio == pytest.approx(1.0, abs=0.012), f"{low} to {high} mm"


# At interfaces: how far off the engine may be (today in brackets), within 10 mm of the axis or the rod itself.
@pytest.mark.parametrize(
    ("case", "low_mm", "high_mm", "most"),
    [
        ("bone", 50, 80, 0.015),  # (0.00)
        ("bone", 80, 85, 0.03),  # just behind (+0.02)
        ("lung", 50, 70, 0.03),  # electrons of the water above (+0.02)
        ("lung", 75, 125, 0.015),  # (0.00)
        ("lung", 130, 135, 0.025),  # build-up in water again (-0.01)
        ("bone-lung", 50, 70, 0.03),  # (+0.02)
        ("titanium", 47.5, 50, 0.025),  # electrons scattered back (+0.01)
        ("titanium", 50, 60, 0.02),  # (-0.01)
        ("titanium", 60, 65, 0.05),  # (+0.04)
        ("titanium", 70, 90, 0.015),  # (0.00)
        ("rod-along", 60, 85, 0.04),  # (+0.02)
        ("rod-along", 100, 190, 0.03),  # its shadow (+0.015)
        ("stack", 85, 90, 0.06),  # behind 5 mm of titanium (+0.05)
        ("stack", 110, 160, 0.02),  # lung (+0.01)
    ],
)
def test_dose_at_interfaces_is_within_what_is_documented(case, low_mm, high_mm, most):
    half_mm = 4 if case == "rod-along" else 10
    ratio = computed(case).at(low_mm, high_mm, half_mm) / monte_carlo(case).at(low_mm, high_mm, half_mm)
    assert ratio == pytest.approx(1.0, abs=most)


# The pencil beam: today's percentage in brackets. Six of the seven points that miss in "rod-along" lie in the water
# in front of the rod, where neither engine differs from EGSnrc: that table's own noise is 1.1 % a point.
@pytest.mark.parametrize(
    ("case", "percent"),
    [
        ("water", 99.5),  # (100.0)
        ("bone", 99.5),  # (100.0)
        ("lung", 98.5),  # (99.1)
        ("canal", 99.0),  # (99.6)
        ("rod", 99.5),  # (100.0)
        ("rod-along", 98.0),  # (98.7)
        ("bone-lung", 98.5),  # (99.3)
        ("titanium", 99.0),  # (99.8)
        ("stack", 99.5),  # (100.0)
        ("bone-wide", 98.5),  # (99.1)
        ("lung-wide", 99.0),  # (99.5)
        ("titanium-wide", 98.5),  # (98.9)
    ],
)
def test_pencil_beam_passes_gamma_2_percent_2_mm(case, percent):
    assert passing(case, 2.0, 2.0, "pencil-beam") >= percent


# How far off the pencil beam may be within 10 mm of the axis (today in brackets).
@pytest.mark.parametrize(
    ("case", "low_mm", "high_mm", "most"),
    [
        ("bone", 50, 80, 0.02),  # (-0.01)
        ("bone", 80, 85, 0.02),  # (+0.01)
        ("lung", 50, 70, 0.045),  # (+0.04)
        ("lung", 75, 125, 0.02),  # (+0.01)
        ("lung", 130, 135, 0.035),  # (-0.03)
        ("bone-lung", 50, 70, 0.04),  # (+0.03)
        ("titanium", 47.5, 50, 0.03),  # electrons thrown back (+0.02)
        ("titanium", 50, 60, 0.045),  # (-0.03)
        ("titanium", 60, 65, 0.02),  # (+0.01)
        ("titanium", 70, 190, 0.01),  # (0.00)
    ],
)
def test_pencil_beam_at_interfaces(case, low_mm, high_mm, most):
    ratio = computed(case, "pencil-beam").at(low_mm, high_mm, 10) / monte_carlo(case).at(low_mm, high_mm, 10)
    assert ratio == pytest.approx(1.0, abs=most)


def test_the_two_monte_carlo_codes_agree_in_water():
    """PENELOPE over EGSnrc, absolute: neither was made to fit the other."""
    plane = monte_carlo("water")
    rows = [r for r in reference("W_3x3_depth.csv") if 1.5 < r["depth_cm"] < 19.5]
    near = plane.dose[:, np.abs(plane.lateral_mm) < 5].mean(axis=1)
    # EGSnrc's axis is the mean within 3 mm, the plane's within 10 mm along y and 5 mm along x: by its own profiles.
    depths, means = (1.5, 5, 10, 20), []
    for depth in depths:
        profile = reference(f"W_3x3_profile_d{depth:g}cm.csv")
        x, dose = [10 * r["x_cm"] for r in profile], [r[DOSE] for r in profile]
        axis, band, middle = (np.interp(np.linspace(0, half, 101), x, dose).mean() for half in (3, 10, 5))
        means.append(band * middle / axis**2)
    at = np.array([r["depth_cm"] for r in rows])
    ratio = np.interp(10 * at, plane.depth_mm, near) / [r[DOSE] for r in rows] / np.interp(at, depths, means)
    assert ratio.mean() == pytest.approx(1.0, abs=0.005)
