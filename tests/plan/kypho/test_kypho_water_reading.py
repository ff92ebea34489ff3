"""In water the calculation and the depth-dose table are the same reading: 8 Gy at 13 mm are 8 Gy in both."""

import numpy as np
import pytest

from spondyl.core import Grid
from spondyl.dose.kv.setup import KvSettings
from spondyl.dose.kv.water_table import water_table_dose
from spondyl.physics import uniform_medium
from spondyl.physics.kv import PlacedSource, load_kv_source, voxel_centres
from spondyl.plan.kypho.transport import transported

GRID = Grid((-48, -48, -48), (1.5, 1.5, 1.5), (65, 65, 65))


def test_transport_in_water_gives_the_table_s_dose():
    """1.719 Gy/min at 13 mm (the shipped file): 8 Gy in 4.654 min. Voxels of 1.5 mm, 48 mm of water to all sides."""
    placed = PlacedSource(load_kv_source(), (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), 8 / 1.719)
    *_, (to_medium, to_water) = transported(uniform_medium(GRID), (placed,), KvSettings(100_000, 1), engine="kv-hybrid")
    table = water_table_dose(GRID, [placed])
    distance = placed.polar(voxel_centres(GRID))[0]
    for at_mm in (8.0, 13.0, 20.0):
        shell = np.abs(distance - at_mm) < 0.75
        assert to_medium.values[shell].mean() == pytest.approx(table.values[shell].mean(), rel=0.015)
    shell = np.abs(distance - 13.0) < 0.75
    assert (to_medium.values[shell] / table.values[shell]).mean() == pytest.approx(1.0, abs=0.01)
    assert to_water.values == pytest.approx(to_medium.values, rel=1e-5)
