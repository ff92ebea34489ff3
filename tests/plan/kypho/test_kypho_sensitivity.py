import numpy as np
import pytest

from spondyl.core import Grid, Image
from spondyl.core.errors import PlanError
from spondyl.physics.kv import PlacedSource, load_kv_source
from spondyl.plan.kypho.sensitivity import (
    SensitivitySettings,
    artefact_region,
    directions,
    sensitivity,
)

GRID = Grid((-30, -30, -30), (2, 2, 2), (31, 31, 31))
CT = Image(GRID, np.full(GRID.shape, 200.0, np.float32))
NEEDLE = PlacedSource(load_kv_source(), (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), 2.0)  # from behind, to anterior
POINT_MM = np.array([0.0, -13.0, 0.0])


def _metrics(scenario):
    """Dose in water 13 mm ahead of the planned source, and the CT beside the needle."""
    dose = sum(p.minutes * float(p.source.calibrated().dose_rate_at(p.polar(POINT_MM)[0])) for p in scenario.sources)
    return {"point_gy": scenario.output_factor * dose, "beside_hu": float(scenario.ct.values[15, 20, 15])}


def test_ranges_are_those_of_the_depth_dose():
    rows = {(r.kind, r.metric): r for r in sensitivity((NEEDLE,), CT, _metrics).ranges()}
    rate = NEEDLE.source.calibrated().dose_rate_at
    one, two = rows["source moved 1 mm", "point_gy"], rows["source moved 2 mm", "point_gy"]
    assert (one.low_at, one.high_at) == ("back", "forward")
    assert [one.low, one.planned, one.high] == pytest.approx(2 * rate(np.array([14.0, 13.0, 12.0])))
    assert [two.low, two.high] == pytest.approx(2 * rate(np.array([15.0, 11.0])))
    output = rows["calibration off by 10 %", "point_gy"]
    assert [output.low / output.planned, output.high / output.planned] == pytest.approx([0.9, 1.1])
    artefact = rows["CT numbers off by 100 HU within 10 mm of metal", "beside_hu"]
    assert (artefact.low, artefact.high) == (100, 300)
    assert rows["source moved 1 mm", "beside_hu"].low == 200


def test_every_scenario_is_kept_and_told():
    told = []
    found = sensitivity((NEEDLE, NEEDLE), CT, _metrics, progress=lambda stage, share: told.append(share))
    assert len(found.runs) == 2 * 6 + 2 + 2 == len(told)
    assert told[-1] == 1
    record = found.record()
    assert len(record["ranges"]) == 4 * 2
    assert record["scenarios"][0]["name"] == "forward"


def test_directions_are_six_and_square():
    axis = np.array([0.3, -0.9, 0.2]) / np.linalg.norm([0.3, -0.9, 0.2])
    six = directions(tuple(axis))
    assert six.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    assert six[::2] @ six[::2].T == pytest.approx(np.eye(3), abs=1e-12)
    assert six[0] == pytest.approx(axis)
    assert six[4][2] > 0.9  # "up" is cranial
    assert np.isfinite(directions((0.0, 0.0, 1.0))).all()


def test_the_artefact_lies_along_the_needle_and_about_hardware():
    screw = np.zeros(GRID.shape, bool)
    screw[0, 0, 0] = True
    region = artefact_region(GRID, (NEEDLE,), 10.0, screw)
    at = lambda x, y, z: bool(region[(z + 30) // 2, (y + 30) // 2, (x + 30) // 2])  # noqa: E731
    assert at(0, 30, 0)  # on the way in, far behind the tip
    assert at(8, 30, 0)
    assert not at(12, 30, 0)
    assert at(0, -8, 0)
    assert not at(0, -12, 0)
    assert at(-30, -30, -22)
    assert not at(-30, -30, -18)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(PlanError, match="at least one source"):
        sensitivity((), CT, _metrics)
    with pytest.raises(PlanError, match="cord_gy is nan"):
        sensitivity((NEEDLE,), CT, lambda s: {"cord_gy": np.nan})
    with pytest.raises(PlanError, match="gave nothing"):
        sensitivity((NEEDLE,), CT, lambda s: {})
    with pytest.raises(PlanError, match="expected forward_gy"):
        sensitivity((NEEDLE,), CT, lambda s: {"plan_gy" if s.kind != "plan" else "forward_gy": 1.0})
    for wrong in ({"position_mm": (0.0,)}, {"hu_shift": -5.0}, {"output": 1.5}):
        with pytest.raises(PlanError, match=next(iter(wrong))):
            SensitivitySettings(**wrong)
