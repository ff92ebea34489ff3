"""A plan under errors, on a dose that falls by 1 Gy in a millimetre: every number is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spondyl.anatomy import Structures, from_coverage
from spondyl.core import Grid
from spondyl.dose import Dose
from spondyl.evaluate import Goal, Protocol
from spondyl.evaluate.robustness import measured_names, robustness

GRID = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (30, 30, 60))


def slab(name: str, role: str, x: tuple[int, int]):
    coverage = np.zeros(GRID.shape)
    coverage[5:25, 5:25, x[0] : x[1]] = 1
    return from_coverage(name, role, GRID, coverage)


def goal(structure: str, metric: str, op: str, limit: float, **more: object) -> Goal:
    return Goal.model_validate({
        "structure": structure, "metric": metric, "op": op, "limit": limit, "unit": "Gy", "level": "mandatory",
        "status": "confirmed", "source": "test", **more,
    })  # fmt: skip


PROTOCOL = Protocol(
    name="t", title="t", fractions=(5,), source="t",
    goals=(
        goal("GTV", "D98%", ">=", 30.0),
        goal("SpinalCord_PRV02", "D0.03cc", "<=", 15.0, organ="SpinalCord"),
        goal("GTV", "D2%", "<=", 99.0, level="optimal"),
    ),
)  # fmt: skip
PLAN = Structures(
    [slab("GTV", "target", (40, 50)), slab("SpinalCord", "oar", (4, 12)), slab("SpinalCord_PRV02", "prv", (2, 14))]
)


def ramp(shift_mm: float = 0.0) -> Dose:
    """Dose x + shift, in Gy, where x is the place in mm: the patient lies `shift_mm` towards more dose."""
    x = np.broadcast_to(GRID.axis_mm("x"), GRID.shape)
    return Dose(GRID, np.maximum(0.0, x + shift_mm).astype(np.float32), fractions=5)


@pytest.fixture(scope="module")
def found():
    return robustness(ramp(), [("nearer", ramp(2.0)), ("away", ramp(-3.0))], PLAN, PROTOCOL)


def test_worst_best_and_nominal(found) -> None:
    rows = {(row.structure, row.metric): row for row in found.rows}
    gtv = rows["GTV", "D98%"]  # from 39.5 to 49.5: its coldest 2 % end at 39.7
    assert gtv.nominal == pytest.approx(39.7, abs=0.06)
    assert gtv.worst == ("away", pytest.approx(36.7, abs=0.06))
    assert gtv.best == ("nearer", pytest.approx(41.7, abs=0.06))
    assert (gtv.status, gtv.limit, gtv.kind) == ("pass", 30.0, "tissue")
    cord = rows["SpinalCord", "D0.03cc"]  # its hottest edge at 11.5; 0.03 cm3 of 20 x 20 mm2 are 0.075 mm
    assert cord.nominal == pytest.approx(11.43, abs=0.1)
    assert cord.worst == ("nearer", pytest.approx(13.43, abs=0.1))
    assert (cord.status, cord.limit) == ("pass", 15.0)  # the margin's limit, on the organ


def test_a_margin_is_told_and_does_not_count(found) -> None:
    margin = next(row for row in found.rows if row.structure == "SpinalCord_PRV02")
    assert margin.kind == "margin"
    assert margin.status == "fail"  # 13.43 + 2 > 15
    assert found.broken == ()
    assert found.errors == ("nearer", "away")


def test_what_an_error_breaks_is_named() -> None:
    found = robustness(ramp(), [("far nearer", ramp(4.0)), ("far away", ramp(-10.0))], PLAN, PROTOCOL)
    assert {(row.structure, row.metric) for row in found.broken} == {("GTV", "D98%"), ("SpinalCord", "D0.03cc")}
    kept = found.record()["rows"][0]
    assert kept["worst"] == {"error": "far away", "value": pytest.approx(29.7, abs=0.06)}


def test_what_is_not_drawn_is_unknown_not_passed() -> None:
    without = Structures([PLAN["GTV"]])
    found = robustness(ramp(), [("nearer", ramp(2.0))], without, PROTOCOL)
    assert [(row.structure, row.worst) for row in found.unknown] == [("SpinalCord_PRV02", None)]


def test_cord_and_tumour_are_watched_even_where_nothing_limits_them() -> None:
    rules = replace_goals(PROTOCOL, (goal("GTV", "D50%", ">=", 30.0),))
    found = robustness(ramp(), [], PLAN, rules)
    assert [(row.structure, row.metric, row.status) for row in found.rows] == [
        ("SpinalCord", "D0.03cc", None), ("GTV", "D98%", None), ("GTV", "D50%", "pass")
    ]  # fmt: skip
    assert measured_names(PLAN, rules) == ("SpinalCord", "GTV")


def replace_goals(rules: Protocol, goals: tuple[Goal, ...]) -> Protocol:
    return rules.model_copy(update={"goals": goals})


def test_a_dose_off_the_organ_leaves_it_unknown() -> None:
    cut = replace(ramp(), grid=GRID.crop((slice(None), slice(None), slice(20, 60))), values=ramp().values[:, :, 20:])
    found = robustness(cut, [], PLAN, PROTOCOL)
    assert {row.structure for row in found.unknown} == {"SpinalCord"}
