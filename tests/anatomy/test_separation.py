"""Separation surgery on a tumour with flat sides: what is left, and what cannot be done."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.anatomy import Case, Structure, Structures, from_coverage
from spondyl.anatomy.separation import separate
from spondyl.clinic import Facts
from spondyl.core import Grid, Image
from spondyl.core.errors import VolumeError
from spondyl.io import bundled_case, open_case

GRID = Grid((0.5, 0.5, 0.5), (1.0, 1.0, 1.0), (40, 60, 40))


def box(name: str, role: str, y: tuple[int, int], x: tuple[int, int] = (10, 30)) -> Structure:
    coverage = np.zeros(GRID.shape, np.float32)
    coverage[10:30, y[0] : y[1], x[0] : x[1]] = 1
    return from_coverage(name, role, GRID, coverage)  # type: ignore[arg-type]


def case_of(*structures: Structure) -> Case:
    return Case("t", Facts(), Image(GRID, np.zeros(GRID.shape, np.int16)), Structures(list(structures)))


CORD = box("spinal_cord", "oar", (30, 40), (0, 40))
GTV = box("GTV", "target", (15, 29))


@pytest.mark.parametrize("gap_mm", [2.0, 2.5, 3.0])
def test_the_tumour_ends_a_gap_before_the_cord(gap_mm: float) -> None:
    """14 mm deep and 1 mm from the cord: 15 mm less the gap are left, of 20 x 20 mm2."""
    found = separate(case_of(GTV, CORD), gap_mm)
    assert found.gtv_after.volume_cm3 == pytest.approx(0.4 * (15 - gap_mm), rel=0.01)
    assert found.case.structures["GTV"].volume_cm3 == found.gtv_after.volume_cm3
    assert found.distance_before_mm == pytest.approx(1.5, abs=0.1)  # of the nearest voxel's centre
    assert found.distance_after_mm >= gap_mm - 0.5
    assert found.from_what == "spinal_cord"


@pytest.mark.parametrize("gap_mm", [0.0, -2.0, float("nan")])
def test_a_gap_that_is_none_is_refused(gap_mm: float) -> None:
    with pytest.raises(VolumeError, match="expected more than 0; separation surgery leaves 2 to 3 mm"):
        separate(case_of(GTV, CORD), gap_mm)


def test_a_gap_beyond_the_tumour_is_refused() -> None:
    with pytest.raises(VolumeError, match=r"leaves 0\.000 cm3 of 5\.60 cm3 of the GTV.*choose a smaller one"):
        separate(case_of(GTV, CORD), 16.0)


def test_a_tumour_away_from_the_cord_is_refused() -> None:
    with pytest.raises(
        VolumeError, match=r"the GTV lies 5\.5 mm from spinal_cord, expected nearer than the gap of 2 mm"
    ):
        separate(case_of(box("GTV", "target", (15, 25)), CORD), 2.0)


def test_a_tumour_inside_the_cord_is_refused() -> None:
    with pytest.raises(VolumeError, match=r"lie inside the spinal cord, .*no surgery separates them"):
        separate(case_of(box("GTV", "target", (15, 33)), CORD), 2.0)


def test_without_cord_and_sac_there_is_nothing_to_separate_from() -> None:
    with pytest.raises(VolumeError, match="neither spinal cord nor thecal sac is drawn"):
        separate(case_of(GTV), 2.0)


def test_the_sac_counts_where_it_is_drawn() -> None:
    sac = box("thecal_sac", "oar", (27, 42), (0, 40))
    found = separate(case_of(GTV, CORD, sac), 2.0)
    assert found.from_what == "thecal_sac and spinal_cord"
    assert found.gtv_after.volume_cm3 == pytest.approx(0.4 * (12 - 2), rel=0.01)


def test_on_the_bundled_case_only_what_lies_within_the_gap_goes() -> None:
    case = open_case(bundled_case("lumbar_l3"))
    found = separate(case, 3.0)
    assert found.gtv_after.volume_cm3 < found.gtv_before.volume_cm3
    assert bool((found.gtv_after.full() <= found.gtv_before.full() + 1e-6).all())
    assert found.distance_after_mm > found.distance_before_mm
