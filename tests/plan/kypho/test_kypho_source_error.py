"""The needle plan's sensitivity to the place of the source and its calibration, through the planner's own way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from needle_water import SOURCE, path, water

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic.facts import read_facts
from spondyl.core import Image, silent
from spondyl.dose import Dose
from spondyl.dose.kv.setup import KvSettings
from spondyl.physics import Medium
from spondyl.physics.kv import PlacedSource, voxel_centres
from spondyl.plan.kypho.placement import Placement, placed_sources
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.robustness import needle_sensitivity


def test_sensitivity_moves_the_source_and_scales_the_calibration() -> None:
    """Dose 4000 / r2 from the origin: at a cord 20 mm behind 10 Gy, 11.08 Gy with the source 1 mm nearer."""

    def inverse_square(medium: Medium, sources: Sequence[PlacedSource], settings: KvSettings):
        r, _ = sources[0].polar(voxel_centres(medium.grid))
        dose = Dose(medium.grid, (4000 / np.maximum(r, 1) ** 2).astype(np.float32), fractions=1)
        yield dose, dose

    grid = water(32.0).grid
    inside = np.zeros(grid.shape)
    inside[15:17, 14:17, 15:17] = 1
    structures = Structures((from_coverage("GTV", "target", grid, inside),))
    case = Case("phantom", read_facts({}), Image(grid, np.zeros(grid.shape, np.int16)), structures)
    placement = Placement((path(0.0),), (1.0,))
    asked = parse_prescription("8gy-at-8mm")
    plan = NeedlePlan("phantom", "hytec-cord", asked, placement, placed_sources(SOURCE, placement, 2.0))
    behind = np.zeros(grid.shape)
    behind[15:17, 26:28, 15:17] = 1  # from 20 mm on
    wanted = [(from_coverage("SpinalCord", "oar", grid, behind), ("Dmax",))]
    found = needle_sensitivity(case, structures, plan, wanted, 1, inverse_square, silent)
    rows = {(r.kind, r.metric): r for r in found.ranges()}
    assert found.planned["SpinalCord Dmax"] == pytest.approx(10.0, rel=0.02)
    moved = rows["source moved 1 mm", "SpinalCord Dmax"]
    assert (moved.high, moved.high_at) == (pytest.approx(4000 / 19**2, rel=0.02), "back")
    assert (moved.low, moved.low_at) == (pytest.approx(4000 / 21**2, rel=0.02), "forward")
    output = rows["calibration off by 10 %", "SpinalCord Dmax"]
    assert output.low == pytest.approx(0.9 * found.planned["SpinalCord Dmax"])
    assert output.high == pytest.approx(1.1 * found.planned["SpinalCord Dmax"])
