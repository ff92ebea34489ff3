"""Beyond the dose grid nothing is known: not left out as if it got no dose, and never 0."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from spondyl.anatomy import Structures, from_coverage
from spondyl.app.kypho_extent import border_gy, highest_gy, told_structures, unknown_numbers
from spondyl.core import Grid
from spondyl.dose import Dose

CT = Grid((-49.0, -49.0, -49.0), (2.0, 2.0, 2.0), (50, 50, 50))
GRID = Grid((-19.0, -19.0, -19.0), (2.0, 2.0, 2.0), (20, 20, 20))
Z = np.broadcast_to(GRID.axis_mm("z")[:, None, None], GRID.shape)
DOSE = Dose(GRID, (10 * np.exp(-np.abs(Z) / 5)).astype(np.float32), fractions=1)


def slab(name: str, role: Any, low_mm: float, high_mm: float):
    inside = np.zeros(CT.shape)
    z = CT.axis_mm("z")
    inside[(z >= low_mm) & (z <= high_mm), 20:30, 20:30] = 1
    return from_coverage(name, role, CT, inside)


def result(*structures: Any) -> Any:
    doses = SimpleNamespace(patient=DOSE, water=replace(DOSE, values=2 * DOSE.values))
    return SimpleNamespace(doses=doses, structures=Structures(structures), not_drawn=("no skin",))


MADE = result(
    slab("vertebra_T10", "bone", 30, 45), slab("vertebra_T12", "bone", -25, -5), slab("heart", "oar", 32, 40),
    slab("liver", "oar", 17, 30), slab("aorta", "oar", -4, 4), slab("BODY", "external", -49, 49),
)  # fmt: skip


def test_the_highest_dose_is_none_off_the_grid_and_that_of_the_part_on_it() -> None:
    assert highest_gy(DOSE, MADE.structures["heart"]) is None
    assert highest_gy(DOSE, MADE.structures["vertebra_T12"]) == pytest.approx(10 * np.exp(-1), rel=0.01)
    assert border_gy(DOSE) == pytest.approx(10 * np.exp(-1 / 5), rel=1e-5)  # the sides' middle


def test_what_lies_beyond_the_grid_is_told_as_unknown_apart_from_what_gets_little() -> None:
    low = replace(DOSE, values=DOSE.values / 10)
    made = result(*MADE.structures.values())
    made.doses.patient = low
    kept, said = told_structures(made)
    assert [n.casefold() for n in kept] == ["vertebra_t12", "a_aorta", "body"]
    assert said[0] == "no skin"
    assert said[1] == "left out, as no part on the dose grid gets 0.1 Gy: liver"
    assert said[2].startswith(
        "outside the dose grid, where nothing is computed, so unknown: vertebra_T10, heart; at the"
    )
    assert said[2].endswith("water gets up to 16.4 Gy")


def test_neighbours_and_skin_beyond_the_grid_have_rows_without_numbers() -> None:
    rows = unknown_numbers(MADE, "T11")
    assert [(r.structure, r.metric) for r in rows] == [
        ("Skin", "Dmax"), ("Skin", "D1cc"), ("vertebra_T10", "Dmax"), ("vertebra_T10", "D1cc"),
    ]  # fmt: skip
    assert all((r.water, r.patient, r.with_cement, r.ratio) == (None,) * 4 for r in rows)
    assert [r.structure for r in unknown_numbers(MADE, "T12")] == ["Skin"] * 2
