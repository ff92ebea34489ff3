"""What moving leaves let through, against closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from spondyl.core.errors import DoseError
from spondyl.dose import LeafAperture, leaf_fluence
from spondyl.physics import load_linac

LINAC = load_linac("hd120-6mv")
MLC = LINAC.mlc
SHUT, BOTH = MLC.transmission, np.sqrt(MLC.transmission)
CENTRAL = np.abs(MLC.leaf_middles_mm) < 20.0
JAWS = (-60.0, 60.0, -19.0, 19.0)


def aperture(low, high, jaws=JAWS, pairs=CENTRAL):
    leaves = np.zeros((MLC.pairs, 2)) - 150.0
    leaves[pairs] = np.stack(np.broadcast_arrays(np.asarray(low, float), high), axis=-1)
    return LeafAperture(leaves, jaws)


def at(found, u_mm, v_mm):
    u, v, opened = found
    return opened[np.searchsorted(v, v_mm) - 1, np.searchsorted(u, u_mm) - 1]


def along_u(found, v_mm):
    """Integral of the row at v over u, in mm."""
    u, v, opened = found
    return float(opened[np.searchsorted(v, v_mm) - 1] @ np.diff(u))


def test_still_leaves_open_their_gap_and_let_their_transmission_through():
    found = leaf_fluence(LINAC, aperture(-10.2, 5.4), aperture(-10.2, 5.4))
    assert at(found, 0.5, 1.0) == pytest.approx(1.0)
    assert at(found, 30.5, 1.0) == pytest.approx(SHUT)
    # The tips' pixels by the share that is open, each tip further out by the rounded end's offset.
    assert at(found, -10.5, 1.0) == pytest.approx(SHUT + (1 - SHUT) * (10.2 + MLC.leaf_offset_mm - 10.0))
    assert at(found, 5.5, 1.0) == pytest.approx(SHUT + (1 - SHUT) * (5.4 + MLC.leaf_offset_mm - 5.0))


def test_no_strip_of_tongue_and_groove_between_open_leaves():
    _, _, opened = leaf_fluence(LINAC, aperture(-10.0, 10.0), aperture(-10.0, 10.0))
    assert opened[:, 55:65] == pytest.approx(1.0)


@pytest.mark.parametrize("gap_mm", [2.0, 5.0, 20.0])
def test_a_sliding_gap_gives_its_width_over_its_way(gap_mm):
    way = 110.0
    start, end = (
        aperture(-way / 2 - gap_mm / 2, -way / 2 + gap_mm / 2),
        aperture(way / 2 - gap_mm / 2, way / 2 + gap_mm / 2),
    )
    wanted = SHUT + (1 - SHUT) * (gap_mm + 2 * MLC.leaf_offset_mm) / way
    u, _, opened = leaf_fluence(LINAC, start, end)
    swept = (u[:-1] > -40) & (u[1:] < 40)
    assert opened[:, swept] == pytest.approx(wanted, rel=1e-12)


def test_the_dosimetric_leaf_gap_is_read_back_from_sweeping_gaps():
    """As a clinic measures it: LoSasso 1998, doi:10.1118/1.598381, the gap at which a line through doses meets zero."""
    gaps = np.array([2.0, 4.0, 6.0, 10.0, 14.0, 20.0])
    doses = [at(leaf_fluence(LINAC, aperture(-60 - g, -60.0), aperture(60 - g, 60.0)), 0.5, 1.0) - SHUT for g in gaps]
    # Closed leaves give what their transmission lets through in the time that the gap is not over the point.
    slope, first = np.polyfit(gaps, doses, 1)
    assert first / slope == pytest.approx(2 * MLC.leaf_offset_mm, rel=1e-6)


def test_a_picket_fence_shows_the_gap_at_each_junction():
    left, right = aperture(-20.0, 0.0), aperture(0.0, 20.0)
    maps = [leaf_fluence(LINAC, a, a) for a in (left, right)]
    both = sum(along_u(found, 1.0) for found in maps)
    # 40 mm twice open by the offset at each end, the rest of the jaws' 120 mm closed twice.
    open_mm = 2 * (20.0 + 2 * MLC.leaf_offset_mm)
    assert both == pytest.approx(open_mm + SHUT * (240.0 - open_mm))
    assert sum(at(found, 0.3, 1.0) for found in maps) == pytest.approx(
        1 + SHUT + (1 - SHUT) * MLC.leaf_offset_mm, rel=1e-9
    )


def test_complementary_leaves_leave_an_underdosed_strip():
    """Every other pair in turn: between them twice the root of the transmission in place of 1 + transmission."""
    odd = CENTRAL & (np.arange(MLC.pairs) % 2 == 1)
    fields = [aperture(-20.0, 20.0, pairs=which) for which in (odd, CENTRAL & ~odd)]
    maps = [leaf_fluence(LINAC, a, a) for a in fields]
    total = sum(opened for _, _, opened in maps)
    v = maps[0][1]
    middle = total[:, 60]
    inner = MLC.leaf_edges_mm[(np.abs(MLC.leaf_edges_mm) < 19)]
    strip = np.isclose(np.diff(v), MLC.tongue_and_groove_mm) & np.array(
        [np.abs(inner - m).min() < 1e-6 for m in (v[1:] + v[:-1]) / 2]
    )
    assert strip.sum() == len(inner)
    assert middle[strip] == pytest.approx(2 * BOTH)
    assert middle[~strip & (np.abs((v[1:] + v[:-1]) / 2) < 18)] == pytest.approx(1 + SHUT)


def test_linear_motion_is_the_mean_of_many_still_moments_with_neighbours_that_cross():
    rng = np.random.default_rng(5)
    count = int(CENTRAL.sum())
    ends = []
    for jaws in ((-40.0, 35.0, -19.0, 19.0), (-25.0, 50.0, -19.0, 19.0)):
        low = rng.uniform(-50, 20, count)
        ends.append(aperture(low, low + rng.uniform(0, 30, count), jaws))
    u, v, exact = leaf_fluence(LINAC, *ends)
    moments = 1000
    total = np.zeros_like(exact)
    for k in range(moments):
        t = (k + 0.5) / moments
        leaves = (1 - t) * ends[0].leaves_mm + t * ends[1].leaves_mm
        jaws = tuple(float(x) for x in (1 - t) * np.array(ends[0].jaws_mm) + t * np.array(ends[1].jaws_mm))
        now = LeafAperture(leaves, jaws)
        u1, v1, opened = leaf_fluence(LINAC, now, now)
        assert v1 == pytest.approx(v)
        first = round(u1[0] - u[0])
        here = np.full_like(exact, 0.0)
        low, high = max(first, 0), min(first + opened.shape[1], exact.shape[1])
        here[:, low:high] = opened[:, low - first : high - first]
        total += here
    # A still moment's map ends at its own jaws and openings: what passes jaws and leaves beyond is left out there.
    assert np.abs(total / moments - exact).max() < 1.5e-3
    assert exact.max() <= 1 + 1e-12


def test_the_jaws_cut_rows_and_columns_exactly():
    found = leaf_fluence(LINAC, *[aperture(-30.0, 30.0, (-10.3, 10.0, -7.6, 8.0))] * 2)
    u, v, opened = found
    assert float(np.diff(v) @ opened @ np.diff(u)) == pytest.approx(
        20.3 * 15.6 + LINAC.jaw_transmission * (60.0 + 2 * MLC.leaf_offset_mm - 20.3) * 15.6, rel=1e-3
    )
    assert (v[0], v[-1]) == (-7.6, 8.0)


def test_other_collimators_and_jaws_beyond_the_leaves_are_refused():
    with pytest.raises(DoseError, match='has 40 leaf pairs, collimator "HD120" has 60'):
        leaf_fluence(LINAC, *[LeafAperture(np.zeros((40, 2)), JAWS)] * 2)
    wide = aperture(-30.0, 30.0, (-10.0, 10.0, -120.0, 20.0))
    with pytest.raises(DoseError, match=r"reach beyond the leaves .* -110 to 110 mm; close the jaws"):
        leaf_fluence(LINAC, wide, wide)


def test_a_perfect_collimator_conserves_the_open_area():
    mlc = replace(MLC, transmission=0.0, tongue_and_groove_mm=0.0, leaf_offset_mm=0.0)
    perfect = replace(LINAC, mlc=mlc, jaw_transmission=0.0)
    low = np.linspace(-30.0, 5.0, int(CENTRAL.sum()))
    start, end = aperture(low, low + 7.0), aperture(low + 11.0, low + 25.0)
    u, v, opened = leaf_fluence(perfect, start, end)
    # Each row's 7 mm at first, 14 at last; the jaws show 38 of the 40 mm of leaves.
    assert float(np.diff(v) @ opened @ np.diff(u)) == pytest.approx(10.5 * 38.0)
