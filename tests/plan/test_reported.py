"""What a trial reported stands beside a plan."""

import pytest

from spondyl.core.errors import ProtocolError
from spondyl.evaluate import load_protocol
from spondyl.evaluate.protocols import Reported
from spondyl.plan.goals import Goal
from spondyl.plan.reported import beside_reported


def test_the_trials_medians_stand_beside_ours():
    """Mitsuyoshi 2025, Results: GTV D50% 43.2 (41.3 to 45.7) Gy, D98% 32.8 (25.3 to 41.4) Gy."""
    final = {Goal("GTV", "D50%", -1, 42.0): 42.31, Goal("PTV_Eval", "D90%", -1, 30.0): 30.0}
    (line,) = beside_reported(load_protocol("sib-sbrt-30in5"), final)
    assert line.startswith("GTV D50% 42.3 Gy; reported median 43.2 (41.3 to 45.7) Gy: Mitsuyoshi 2025")


def test_a_median_outside_its_range_is_refused():
    row = {"structure": "GTV", "metric": "D50%", "unit": "Gy", "status": "confirmed", "source": "x"}
    with pytest.raises(ValueError, match="ascend"):
        Reported.model_validate({**row, "median": 40.0, "low": 41.0, "high": 45.0})
    with pytest.raises(ProtocolError):
        Reported.model_validate({**row, "metric": "nonsense", "median": 42.0, "low": 41.0, "high": 45.0})
