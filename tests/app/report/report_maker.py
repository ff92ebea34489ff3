"""A small patient whose pictures have known answers: bright to the right, dose a cone, GTV a sphere."""

from __future__ import annotations

import numpy as np

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.app.report import Curve, Fact, Goal, ReportInputs, Step
from spondyl.clinic import Facts
from spondyl.core import Grid, Image
from spondyl.dose import Dose

CENTRE_MM = (10.0, -20.0, 100.0)
PEAK_GY, FALL_GY_PER_MM = 45.0, 0.75
GTV_RADIUS_MM = 12.0
GRID = Grid((-79.0, -69.0, 61.5), (2.0, 2.0, 3.0), (26, 56, 80))
DOSE_GRID = Grid((-75.0, -66.0, 60.0), (2.5, 2.5, 2.5), (32, 52, 62))


def distance_mm(grid: Grid, centre_mm: tuple[float, float, float] = CENTRE_MM) -> np.ndarray:
    """Distance of each voxel from a point, shape of the grid."""
    z, y, x = np.meshgrid(*(grid.axis_mm(a) for a in "zyx"), indexing="ij")
    return np.sqrt((x - centre_mm[0]) ** 2 + (y - centre_mm[1]) ** 2 + (z - centre_mm[2]) ** 2)


def ct() -> Image:
    """Water, with bone at the patient's right, anterior, superior corner region."""
    values = np.zeros(GRID.shape, dtype=np.int16)
    values[-6:, :10, :12] = 1300
    return Image(GRID, values)


def sphere(name: str, role: str, radius_mm: float, centre_mm: tuple[float, float, float] = CENTRE_MM):
    """A sphere with coverage smeared over a voxel, so that 0.5 lies at the radius."""
    inside = np.clip((radius_mm - distance_mm(GRID, centre_mm)) / 2.0 + 0.5, 0, 1)
    return from_coverage(name, role, GRID, inside, made=(f"a sphere of {radius_mm:g} mm",))


def cone_dose() -> Dose:
    """Dose that falls linearly from the centre: each isodose is a sphere."""
    values = np.clip(PEAK_GY - FALL_GY_PER_MM * distance_mm(DOSE_GRID), 0, None)
    return Dose(DOSE_GRID, values.astype(np.float32), engine="cone", fractions=5)


def case(structures: Structures, **changes) -> Case:
    """The case around `structures`."""
    return Case("phantom", Facts(level="L3"), ct(), structures, **changes)


def goals() -> tuple[Goal, ...]:
    """One of each kind."""
    return (
        Goal("GTV", "D50%", ">=", 36.0, 38.2, "Gy", "mandatory", "pass", 2.2, "Table 1"),
        Goal("GTV", "D98%", ">=", 27.0, 25.0, "Gy", "optimal", "fail", -2.0, "Table 1"),
        Goal("SpinalCord", "D0.03cc", "<=", 25.0, 24.9, "Gy", "mandatory", "pass", 0.1, "Table 1"),
        Goal("Heart", "Dmean", "<=", 5.0, None, "Gy", "optimal", "unknown", None, "Table 2", "not drawn"),
        Goal("GTV", "D2%", "<=", 40.0, 44.0, "Gy", "mandatory", "fail", -4.0, "Table 1"),
    )


def inputs(**changes) -> ReportInputs:
    """A whole report's inputs."""
    cord = sphere("SpinalCord", "oar", 6.0, (10.0, 6.0, 100.0))
    structures = Structures(
        [sphere("GTV", "target", GTV_RADIUS_MM), cord, sphere("Liver", "oar", 14.0, (-50.0, -20.0, 100.0))]
    )
    doses = np.linspace(0, 45, 91)
    given = {
        "case": case(structures),
        "structures": structures,
        "dose": cone_dose(),
        "technique": "fixed-field IMRT",
        "protocol": "SIB 30 Gy in 5",
        "prescription_gy": 30.0,
        "boost_gy": 40.0,
        "plan_facts": (Fact("MU", "2340 per fraction"),),
        "made_facts": (Fact("engine", "cone"),),
        "goals": goals(),
        "curves": (Curve("GTV", doses, 100 * (1 - doses / 45), 7.24),),
        "indices": (Fact("Paddick conformity", "0.812", "Paddick 2000"),),
        "binding": ("GTV D98% bound by SpinalCord D0.03cc",),
        "assumptions": ("antero-posterior margin 2 mm",),
        "warnings": ("one slice is thick",),
        "log": (Step("1", "coverage", "30 Gy"),),
        "citations": ("Ahnesjö, Med Phys 16 (1989) 577. doi:10.1118/1.596360",),
        "inputs_sha256": {"case": "ab" * 32},
        "timings_s": {"dose": 12.3},
        "version": "0.0.0",
    }
    return ReportInputs(**{**given, **changes})
