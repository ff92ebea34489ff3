"""Shares, posterior wall, canal, distances and density of phantoms with exact numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from spine_phantom import CANAL, DEPTH, FRONT, HALF_WIDTH, PLAIN, Body, box, case, rotation

from spondyl.anatomy.measured import LesionDensity, Tumour, Unknown, measure
from spondyl.anatomy.measured.canal import Distance
from spondyl.anatomy.measured.moved import moved, surface_cm2
from spondyl.anatomy.measured.posterior_wall import PosteriorWall

TILTS = [(0, 0, 0), (15, 0, 0), (-10, 8, 15)]
HALF_BODY = box((0, HALF_WIDTH), (FRONT, FRONT + DEPTH), (-12, 12))
"""The left half of the body."""


def tumour_of(**given: Any) -> Tumour:
    found = measure(case(**given)).tumour
    assert isinstance(found, Tumour)
    return found


@pytest.mark.parametrize("tilt", TILTS)
def test_half_the_body_and_a_pedicle(tilt) -> None:
    def gtv(x, a, s):
        return HALF_BODY(x, a, s) | box((CANAL[0], 17), (0, FRONT), (-8, 8))(x, a, s)

    sectors = tumour_of(gtv=gtv, turned=rotation(*tilt)).sectors
    assert sectors["vertebral_body"].percent.value == pytest.approx(50, abs=3)
    assert sectors["vertebral_body"].percent.low < 48
    # Beside the front half of the canal, 0 to 8 mm before its middle, out to two half widths: all of the pedicle.
    assert sectors["pedicle_left"].percent.value > 85
    assert sectors["pedicle_right"].percent.value < 4
    assert sectors["spinous_process"].percent.value == 0
    assert sectors["vertebral_body"].touched
    assert sectors["pedicle_left"].touched
    assert not sectors["pedicle_right"].touched


def test_partly_covered_voxels_count_with_their_share() -> None:
    """A GTV whose faces lie inside voxels: coverages give its share of 30 % exactly, masks to about a voxel."""
    gtv = box((-20, 20), (FRONT, FRONT + 9.0), (-12, 12))
    fine = tumour_of(gtv=gtv, parts=4, spacing=(1.5, 1.5, 1.5)).sectors["vertebral_body"].percent
    assert fine.value == pytest.approx(30, abs=1.5)
    assert fine.low < 30 < fine.high


@pytest.mark.parametrize("tilt", TILTS)
def test_posterior_wall_contact_area(tilt) -> None:
    """The wall is 22 mm by 24 mm; a GTV 10 by 12 mm at it touches 1.2 cm2, one 5 mm in front of it none."""
    wall = tumour_of(gtv=box((-5, 5), (FRONT, 25), (-6, 6)), turned=rotation(*tilt)).wall
    assert isinstance(wall, PosteriorWall)
    assert wall.area_cm2 == pytest.approx(5.28, abs=0.7)
    assert wall.contact_cm2.value == pytest.approx(1.2, abs=0.35)
    assert wall.contact_cm2.low < 1.2 < wall.contact_cm2.high
    assert wall.touched is True
    away = tumour_of(gtv=box((-5, 5), (FRONT + 5, 25), (-6, 6)), turned=rotation(*tilt)).wall
    assert isinstance(away, PosteriorWall)
    assert away.contact_cm2.value == 0
    # To the layer half a voxel in front of the wall.
    assert away.distance_mm.value == pytest.approx(5 - 0.75, abs=1.0)
    assert away.touched is False


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.0, 1.0, 2.0)])
def test_canal_occupation_and_epidural_volume(spacing) -> None:
    """A bulge 12 mm wide and 4 mm deep in a canal of 22 by 16 mm: 13.6 %, 0.48 cm3 over 10 mm."""

    def gtv(x, a, s):
        return box((-10, 10), (FRONT, 25), (-6, 6))(x, a, s) | box((-6, 6), (4, FRONT), (-4, 6))(x, a, s)

    tumour = tumour_of(gtv=gtv, spacing=spacing)
    assert tumour.epidural_cm3.value == pytest.approx(0.48, abs=1e-6)
    assert tumour.epidural_cm3.low < 0.4
    assert tumour.occupation.percent.value == pytest.approx(100 * 48 / 352, abs=1e-6)
    assert tumour.occupation.z_mm is not None
    assert -4 <= tumour.occupation.z_mm <= 6
    assert tumour.occupation.canal_mm2 == pytest.approx(352)
    assert isinstance(tumour.cord, Distance)
    # The bulge ends 4 mm before the canal's middle, where the cord begins: they touch, voxel centres are 1 mm apart.
    assert tumour.cord.between_centres_mm.value == pytest.approx(1.0)
    assert tumour.cord.between_borders_mm.value == pytest.approx(0.0, abs=0.15)
    assert isinstance(tumour.sac, Unknown)


def test_no_tumour_in_the_canal() -> None:
    """A GTV that shares the canal's border and no more."""
    tumour = tumour_of(gtv=box((-10, 10), (FRONT, 25), (-6, 6)), spacing=(1.0, 1.0, 1.0))
    assert tumour.epidural_cm3.value == 0
    assert tumour.occupation.percent.value == 0
    assert tumour.occupation.slice_index is None
    assert isinstance(tumour.cord, Distance)
    assert tumour.cord.between_borders_mm.value == pytest.approx(4.0, abs=0.3)


def test_the_slice_is_that_of_greatest_occupation() -> None:
    def gtv(x, a, s):
        thin, thick = box((-6, 6), (6, 25), (-6, 6))(x, a, s), box((-6, 6), (2, 25), (3, 6))(x, a, s)
        return thin | thick

    occupation = tumour_of(gtv=gtv, spacing=(1.0, 1.0, 1.0), without=("spinal_cord",)).occupation
    assert occupation.z_mm is not None
    assert 3 < occupation.z_mm < 6
    assert occupation.percent.value == pytest.approx(100 * 72 / 352, abs=1e-6)


def test_paraspinal_extent() -> None:
    """10 mm beside the body, 20 by 12: 2.4 cm3."""
    gtv = box((10, 30), (15, 35), (-6, 6))
    assert tumour_of(gtv=gtv, spacing=(1.0, 1.0, 1.0)).paraspinal_cm3.value == pytest.approx(2.4, abs=1e-3)
    assert tumour_of(gtv=HALF_BODY).paraspinal_cm3.value == 0


def test_half_a_voxel_of_the_border() -> None:
    """A cube of 20 mm: its surface is 24 cm2, moved by 0.5 mm it has sides of 19 and (with round edges) 21 mm."""
    gtv = case(gtv=box((-10, 10), (10, 30), (-10, 10)), spacing=(1.0, 1.0, 1.0)).structures["GTV"]
    assert surface_cm2(gtv) == pytest.approx(24.0, rel=0.1)
    smaller, larger = moved(gtv, (-0.5, 0.5))
    assert smaller.volume_cm3 == pytest.approx(19**3 / 1000, rel=0.05)
    assert larger.volume_cm3 == pytest.approx((8000 + 1200 + 3 * np.pi / 4 * 20 + np.pi / 6) / 1000, rel=0.05)


def bone_hu(change: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Cancellous bone of 160 (30) HU everywhere, changed where `change` gives a number."""

    def hu(x, a, s):
        noise = np.random.default_rng(3).normal(160, 30, x.shape)
        if change is None:
            return noise
        changed = change(x, a, s)
        return np.where(np.isfinite(changed), changed, noise)

    return hu


def filled(value: float, share: float = 1.0) -> Callable[..., Any]:
    """`value` in the front `share` of the left half of the body."""

    def change(x, a, s):
        inside = HALF_BODY(x, a, s) & (a >= FRONT + (1 - share) * DEPTH)
        return np.where(inside, value, np.nan)

    return change


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (None, None),
        (filled(40.0), "lytic"),
        (filled(500.0), "blastic"),
        (filled(150.0), None),
        (filled(40.0, 0.1), None),
    ],
)
def test_lesion_type(change, kind) -> None:
    density = tumour_of(gtv=HALF_BODY, hu=bone_hu(change)).density
    assert isinstance(density, LesionDensity)
    found = None if isinstance(density.kind, Unknown) else density.kind
    assert found == kind
    if kind is None:
        assert isinstance(density.kind, Unknown)
        assert "no difference seen" in density.kind.reason
    assert {r.name for r in density.healthy} == {"rest of T11", "T10", "T12"}
    assert all(r.hu.mean() == pytest.approx(160, abs=3) for r in density.healthy)


def test_both_densities_are_mixed() -> None:
    def change(x, a, s):
        return np.where(HALF_BODY(x, a, s), np.where(a > FRONT + DEPTH / 2, 40.0, 600.0), np.nan)

    density = tumour_of(gtv=HALF_BODY, hu=bone_hu(change)).density
    assert isinstance(density, LesionDensity)
    assert density.kind == "mixed"


def test_references_that_disagree_determine_nothing() -> None:
    """The level's own bone and T12 at 160 HU, T10 at 60 HU: a lesion of 60 HU is lytic against two of three only."""

    def change(x, a, s):
        return np.where(HALF_BODY(x, a, s) | (s > 17), 60.0 + 0.2 * x, np.nan)

    density = tumour_of(gtv=HALF_BODY, hu=bone_hu(change)).density
    assert isinstance(density, LesionDensity)
    assert isinstance(density.kind, Unknown)


def test_metal_and_too_little_bone_determine_nothing() -> None:
    screw = tumour_of(
        gtv=HALF_BODY, hu=lambda x, a, s: np.where(box((5, 9), (10, 30), (-3, 3))(x, a, s), 3000.0, 160.0)
    )
    assert isinstance(screw.density, Unknown)
    assert "metal" in screw.density.reason
    edge = tumour_of(gtv=box((CANAL[0], 17), (-4, FRONT + 2), (-8, 8)), hu=bone_hu())
    assert isinstance(edge.density, Unknown)
    assert "cancellous bone" in edge.density.reason


def test_a_lesion_without_any_healthy_bone() -> None:
    whole = box((-20, 20), (FRONT, FRONT + DEPTH), (-12, 12))
    alone = measure(case((Body("T11", 0.0),), gtv=whole, hu=bone_hu())).tumour
    assert isinstance(alone, Tumour)
    assert isinstance(alone.density, Unknown)
    assert "no healthy cancellous bone" in alone.density.reason


def test_no_tumour_is_no_zero() -> None:
    tumour = measure(case(PLAIN)).tumour
    assert isinstance(tumour, Unknown)
    assert "no GTV" in tumour.reason
