"""BED, EQD2, prior courses and outcome models, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spondyl.anatomy import Structure, Structures, from_coverage
from spondyl.core import Grid
from spondyl.core.errors import DoseError, DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate import (
    PriorCourse,
    bed,
    cumulative_eqd2,
    dvh,
    eqd2,
    eqd2_gy,
    isoeffective_gy,
    judge,
    metric,
    tumour_control,
)
from spondyl.evaluate.dvh import from_samples

GRID = Grid((0, 0, 0), (2, 2, 2), (10, 10, 10))


def flat(gy: float, fractions: int | None = 5, grid: Grid = GRID) -> Dose:
    return Dose(grid, np.full(grid.shape, gy, np.float32), fractions=fractions)


def test_each_voxel_has_its_own_dose_per_fraction() -> None:
    dose = flat(30.0)
    dose.values[0] = 10.0
    # BED6: 30 (1 + 6/6) = 60, 10 (1 + 2/6) = 13.33; EQD2_2: 30 (6 + 2)/4 = 60, 10 (2 + 2)/4 = 10
    assert bed(dose, 6.0).values[[0, 5], 0, 0] == pytest.approx([13.3333, 60.0], rel=1e-5)
    assert eqd2(dose, 2.0).values[[0, 5], 0, 0] == pytest.approx([10.0, 60.0], rel=1e-5)
    assert eqd2(dose, 2.0).made[-1] == "EQD2, alpha/beta 2 Gy"


def test_published_equivalents() -> None:
    # HyTEC cord limits in 1 to 5 fractions are 44.5 to 44.7 Gy EQD2_2; 14 Gy in 1 is 56.0 (dose_constraints.csv)
    values = [eqd2_gy(d, n, 2.0) for d, n in ((12.4, 1), (17.0, 2), (20.3, 3), (23.0, 4), (25.3, 5))]
    assert min(values) > 44.4
    assert max(values) < 44.75
    # 14 Gy in 1 is 25.31 Gy in 5 at alpha/beta 6; EQD2_10 of 30/10 and 40/20 are 32.5 and 40.0
    assert isoeffective_gy(14.0, 1, 5, 6.0) == pytest.approx(25.31, abs=0.005)
    assert (eqd2_gy(30, 10, 10), eqd2_gy(40, 20, 10)) == (pytest.approx(32.5), pytest.approx(40.0))


@given(st.floats(0.1, 60), st.integers(1, 30), st.integers(1, 30), st.floats(1, 15))
def test_eqd2_grows_with_dose_per_fraction(total: float, n: int, m: int, alpha_beta: float) -> None:
    few, many = sorted((n, m))
    assert eqd2_gy(total, few, alpha_beta) >= eqd2_gy(total, many, alpha_beta) - 1e-9
    assert eqd2_gy(isoeffective_gy(total, n, m, alpha_beta), m, alpha_beta) == pytest.approx(
        eqd2_gy(total, n, alpha_beta), rel=1e-9
    )


def test_cumulative_on_another_grid() -> None:
    wide = Grid((-3, -3, -3), (3, 3, 3), (10, 10, 10))
    prior = PriorCourse(flat(30.0, None, wide), 10)
    total = cumulative_eqd2(flat(12.0), prior, 2.0)
    assert total.values == pytest.approx(13.2 + 37.5, rel=1e-5)


def _sac(first: int, last: int) -> Structure:
    coverage = np.zeros(GRID.shape)
    coverage[first:last, 3:7, 3:7] = 1
    return from_coverage("ThecalSac", "oar", GRID, coverage)


def test_the_prior_dose_must_reach_over_what_is_asked_for_and_no_more() -> None:
    """Half of the grid along z: enough for a sac that ends two voxels before, not for one that goes on."""
    prior = PriorCourse(flat(30.0, None, Grid((0, 0, 0), (2, 2, 2), (5, 10, 10))), 10)
    total = cumulative_eqd2(flat(12.0), prior, 2.0, over=_sac(0, 3))
    assert metric(dvh(total, _sac(0, 3)), "Dmax").value == pytest.approx(13.2 + 37.5, rel=1e-5)
    with pytest.raises(DoseGridError, match="does not cover ThecalSac in this plan's dose"):
        cumulative_eqd2(flat(12.0), prior, 2.0, over=_sac(0, 8))


@pytest.mark.parametrize(("last", "status"), [(3, "pass"), (8, "unknown")])
def test_what_the_prior_dose_does_not_reach_is_unknown_and_no_error(last: int, status: str) -> None:
    """30 Gy in 10 and 12 Gy in 5: 50.7 Gy EQD2 of 70, a share of 13.2 / 50.7."""
    prior = PriorCourse(flat(30.0, None, Grid((0, 0, 0), (2, 2, 2), (5, 10, 10))), 10, 12.0)
    found = judge(flat(12.0), Structures([_sac(0, last)]), "hytec-reirradiation", prior=prior, convert_eqd2=True)
    by_metric = {v.metric: v for v in found.verdicts}
    sums = [v for name, v in by_metric.items() if "cumulative" in name or "share" in name or "ratio" in name]
    assert sums, list(by_metric)
    assert {v.status for v in sums} == {status}
    if status == "unknown":
        assert all("does not cover ThecalSac" in v.reason for v in sums)


def test_a_prior_dose_that_does_not_reach_is_refused() -> None:
    prior = PriorCourse(flat(30.0, None, Grid((0, 0, 0), (2, 2, 2), (5, 10, 10))), 10)
    with pytest.raises(DoseGridError, match="does not cover this plan's dose"):
        cumulative_eqd2(flat(12.0), prior, 2.0)
    framed = replace(GRID, frame_of_reference_uid="1.2")
    other = PriorCourse(flat(30.0, None, replace(GRID, frame_of_reference_uid="1.3")), 10)
    with pytest.raises(DoseGridError, match="register first"):
        cumulative_eqd2(flat(12.0, 5, framed), other, 2.0)


def test_refusals() -> None:
    with pytest.raises(DoseError, match="--fractions N"):
        eqd2(flat(10.0, None), 2.0)
    with pytest.raises(DoseError, match="alpha/beta is 0"):
        eqd2(flat(10.0), 0.0)
    with pytest.raises(DoseError, match="expected Gy"):
        bed(replace(flat(10.0), unit="Gy per MU"), 2.0)


def test_tumour_control_is_a_comparison_with_one_point() -> None:
    # 40 Gy in 5 at alpha/beta 6: 40 (1 + 8/6) = 93.33; 14 in 1: 14 (1 + 14/6) = 46.67
    gtv = from_samples("GTV", np.array([26.0, 42.0, 42.0, 42.0]), np.ones(4))
    found = tumour_control(gtv, 5)
    assert found.reference_bed_gy == pytest.approx(93.333, abs=1e-3)
    assert found.bed_median_gy == pytest.approx(42 * (1 + 8.4 / 6))
    assert (found.median_reaches, found.near_min_reaches, found.min_reaches) == (True, False, True)
    assert "not a probability" in found.caveats[0]
