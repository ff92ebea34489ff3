"""Output of squares that the leaves shape, beside the measured output factors of the beam."""

import sys
from pathlib import Path

import pytest

from spondyl.core import Grid
from spondyl.physics import load_linac

sys.path.insert(0, str(Path(__file__).parents[3] / "bench" / "physics"))
from mlc_output_factors import SIDES_MM, gy_per_mu, measured

ON_AXIS = Grid((-2.5, -5.0, -2.5), (2.5, 2.5, 2.5), (3, 5, 3))


@pytest.mark.parametrize(("name", "sides_mm"), [("hd120-6mv", SIDES_MM), ("m120-6mv", (10.0, 100.0))])
def test_output_of_leaf_shaped_squares_is_the_measured_one(name, sides_mm):
    linac, wanted = load_linac(name), measured()
    doses = {side: gy_per_mu(linac, side, "pencil-beam", ON_AXIS, 5.0) for side in sides_mm}
    assert doses[100.0] == pytest.approx(0.01, rel=0.01)
    for side, dose in doses.items():
        assert dose / doses[100.0] == pytest.approx(wanted[side], rel=0.015), side
