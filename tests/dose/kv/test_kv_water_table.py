from dataclasses import replace

import numpy as np
import pytest

from spondyl.core import Grid
from spondyl.core.errors import DoseError, MachineError
from spondyl.dose.kv.water_table import water_table_dose
from spondyl.physics.kv import PlacedSource, PolarAnisotropy, bundled_kv_spectrum, load_kv_source, point_source

GRID = Grid((-13, -13, -13), (1, 1, 1), (27, 27, 27))
CENTRE = (0.0, 0.0, 0.0)


def _at(dose, x, y, z):
    return float(dose.values[z + 13, y + 13, x + 13])


def test_eight_gray_at_13_mm_is_33_at_8_mm():
    """The published facts of kyphoplasty IORT in water; 8 Gy / 1.719 Gy/min (the shipped file) = 4.654 min."""
    minutes = 8 / 1.719
    dose = water_table_dose(GRID, [PlacedSource(load_kv_source(), CENTRE, (0, 0, 1), minutes)])
    assert [_at(dose, 13, 0, 0), _at(dose, 0, 0, -13)] == pytest.approx([8, 8], rel=1e-3)
    assert _at(dose, 0, 8, 0) == pytest.approx(33, abs=0.5)
    assert (dose.unit, dose.kind, dose.engine, dose.fractions) == ("Gy", "dose-to-water", "water-table", 1)


def test_inside_the_applicator_the_surface_s_dose_is_told():
    dose = water_table_dose(GRID, [PlacedSource(load_kv_source(), CENTRE, (0, 0, 1), 1.0)])
    assert _at(dose, 0, 0, 0) == _at(dose, 1, 0, 0) == _at(dose, 3, 0, 0) == pytest.approx(125.5)


def test_two_sources_add_and_anisotropy_turns_with_the_axis():
    source = load_kv_source()
    shaped = replace(
        source,
        output=replace(
            source.calibrated(), anisotropy=PolarAnisotropy(np.array([0, 90, 180.0]), np.array([1, 1, 0.5]))
        ),
    )
    one = PlacedSource(shaped, CENTRE, (0, 1, 0), 1.0)
    dose = water_table_dose(GRID, [one])
    assert _at(dose, 0, -10, 0) == pytest.approx(3.66 / 2, rel=1e-3)
    assert _at(dose, 0, 10, 0) == _at(dose, 10, 0, 0) == pytest.approx(3.66, rel=1e-3)
    both = water_table_dose(GRID, [one, replace(one, axis=(0, -1, 0))])
    assert _at(both, 0, 10, 0) == pytest.approx(1.5 * 3.66, rel=1e-3)


def test_what_has_no_dose_rate_is_refused():
    with pytest.raises(DoseError, match="at least one source"):
        water_table_dose(GRID, [])
    with pytest.raises(MachineError, match="calibration file"):
        water_table_dose(GRID, [PlacedSource(point_source(bundled_kv_spectrum()), CENTRE, (0, 0, 1), 1.0)])
