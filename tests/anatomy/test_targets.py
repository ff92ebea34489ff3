"""Volumes of a vertebra made of boxes, and of the bundled cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from phantom_case import GRID, box, case

from spondyl.anatomy import SECTORS, VolumeSettings, draw_volumes, from_coverage
from spondyl.anatomy.neural import z_extent_mm
from spondyl.core.errors import StructureError, VolumeError

LEFT_BODY = ((2, 18), (-30, -14), (-8, 8))
RIGHT_BODY = ((-18, -2), (-30, -14), (-8, 8))
CENTRE = ((-8, 8), (-30, -14), (-8, 8))
MOST = ((-18, 18), (-36, -10), (-12, 12))


def extent(structure):
    """Edges in mm where the structure is half covered, along x, y, z through its fullest lines."""
    edges = []
    for axis, letter in ((2, "x"), (1, "y"), (0, "z")):
        profile = structure.full().max(axis=tuple(a for a in range(3) if a != axis))
        step = GRID.spacing_mm["xyz".index(letter)]
        centres = GRID.axis_mm(letter)
        filled = np.flatnonzero(profile > 0.01)
        low = centres[filled[0]] + step / 2 - step * profile[filled[0]]
        high = centres[filled[-1]] - step / 2 + step * profile[filled[-1]]
        edges += [low, high]
    return edges


def body_of(volumes, name):
    return (volumes.structures["CTV"].full() * case(None).structures[name].full()).sum() / case(None).structures[
        name
    ].full().sum()


@pytest.mark.parametrize(
    ("gtv", "position", "shares"),
    [
        # Share of each sector in the CTV: body, pedicle L, TP + lamina L, spinous, TP + lamina R, pedicle R.
        # Of TP + lamina (24 x 8 beside and 10 x 6 mm behind the canal) the part beside the canal.
        (CENTRE, "central", (1, 0, 0, 0, 0, 0)),
        (LEFT_BODY, "lateralised_left", (1, 1, 24 * 8 / (24 * 8 + 60), 0, 0, 0)),
        (RIGHT_BODY, "lateralised_right", (1, 0, 0, 0, 24 * 8 / (24 * 8 + 60), 1)),
        (MOST, "diffuse", (1, 1, 24 * 8 / (24 * 8 + 60), 0, 24 * 8 / (24 * 8 + 60), 1)),
    ],
)
def test_ctv_of_a_tumour_in_the_body(gtv, position, shares):
    volumes = draw_volumes(case(box(*gtv)))
    assert volumes.involvements[0].touched == ("vertebral_body",)
    assert volumes.involvements[0].position == position
    assert [body_of(volumes, name) for name in SECTORS] == pytest.approx(shares, abs=1e-6)


def test_left_body_fraction_and_side():
    found = draw_volumes(case(box(*LEFT_BODY))).involvements[0]
    assert found.body_fraction == pytest.approx(16**3 / (40 * 30 * 24))
    assert found.left_share == pytest.approx(1.0)


def test_epidural_and_paraspinal_tumour_stay_in_the_ctv():
    gtv = box((-2, 18), (-20, -5), (-8, 8)) | box((20, 26), (-30, -20), (-8, 8))
    volumes = draw_volumes(case(gtv))
    ctv, tumour = volumes.structures["CTV"].full(), volumes.structures["GTV"].full()
    assert (tumour <= ctv).all()
    # In the canal y -8 to -6 mm (whole voxels) over x -2 to 10 and z -8 to 8; lateral of it lies the pedicle.
    assert volumes.measures["gtv_epidural_volume_cm3"] == pytest.approx(12 * 2 * 16 / 1000, rel=1e-6)
    # Beside the body 6 x 10 x 16 mm, and 2 x 2 x 16 mm behind it, lateral of the pedicle (x 16 to 18).
    paraspinal = (6 * 10 * 16 + 2 * 2 * 16) / 1000
    assert volumes.measures["gtv_paraspinal_volume_cm3"] == pytest.approx(paraspinal, rel=1e-5)
    assert volumes.measures["gtv_outside_ptv_eval_cm3"] == pytest.approx(12 * 2 * 16 / 1000, rel=1e-6)
    assert any("lie in the spinal canal and so outside PTV_Eval" in said for said in volumes.assumptions)


def test_ptv_margins_are_exact_in_mm():
    # CTV is the body, x -20..20, y -38..-8, z -12..12; margins 2 (lateral), 2.7 (a-p, set), 5 mm, within 0.3 mm.
    volumes = draw_volumes(case(box(*CENTRE)), settings=VolumeSettings(ap_margin_mm=2.7))
    assert extent(volumes.structures["PTV"]) == pytest.approx([-22, 22, -40.7, -5.3, -17, 17], abs=0.3)
    assert any("antero-posterior margin of the PTV: 2.7 mm" in said for said in volumes.assumptions)


def test_ptv_eval_leaves_the_canal_out():
    volumes = draw_volumes(case(box(*MOST)))
    inside = volumes.structures["PTV_Eval"].full() * volumes.structures["SpinalCanal"].full()
    assert inside.sum() == 0
    assert volumes.structures["PTV_Eval"].made[-1] == "PTV without spinal_canal"


def test_ptv_ends_at_the_skin_unless_told_otherwise():
    near = from_coverage("BODY", "external", GRID, box((-50, 50), (-38, 40), (-40, 40)))
    clipped = draw_volumes(case(box(*CENTRE), more=(near,)))
    assert extent(clipped.structures["PTV"])[2] == pytest.approx(-38, abs=1e-6)
    assert any("ends at the skin" in said for said in clipped.assumptions)
    free = draw_volumes(case(box(*CENTRE), more=(near,)), settings=VolumeSettings(clip_to_body=False))
    assert extent(free.structures["PTV"])[2] == pytest.approx(-40, abs=0.3)


def test_cord_prv_and_partial_cord():
    volumes = draw_volumes(case(box(*CENTRE)))
    assert extent(volumes.structures["SpinalCord_PRV02"])[:4] == pytest.approx([-6, 6, -6, 6], abs=0.3)
    # PTV_Eval reaches from -17 to 17 mm: the partial cord from -23 to 23 mm, 8 x 8 mm wide.
    part = volumes.structures["SpinalCord_Partial"]
    assert z_extent_mm(part) == pytest.approx((-23, 23), abs=0.3)
    assert part.volume_cm3 == pytest.approx(8 * 8 * 46 / 1000, abs=8 * 8 * 0.6 / 1000)


def test_below_l2_the_partial_cord_is_the_thecal_sac():
    volumes = draw_volumes(case(box(*CENTRE), level="L3", without=("spinal_cord",)))
    assert "SpinalCord" not in volumes.structures
    assert volumes.structures["SpinalCord_Partial"].volume_cm3 == pytest.approx(16 * 12 * 46 / 1000, rel=0.02)
    assert any("taken from the thecal sac" in said for said in volumes.assumptions)


def test_a_cord_that_ends_at_the_target_goes_on_in_the_sac():
    short = from_coverage("spinal_cord", "oar", GRID, box((-4, 4), (-4, 4), (0, 40)))
    volumes = draw_volumes(case(box(*CENTRE), level="L1", more=(short,)))
    expected = (8 * 8 * 23 + 16 * 12 * 23) / 1000
    assert volumes.structures["SpinalCord_Partial"].volume_cm3 == pytest.approx(expected, rel=0.02)
    assert any("goes on in the thecal sac" in said for said in volumes.assumptions)


@pytest.mark.parametrize(
    ("level", "without", "message"),
    [
        ("T11", ("spinal_cord",), 'no structure for "cord" found, needed at T11, above L2, where the cord is limited'),
        ("L3", ("thecal_sac",), 'no structure for "sac" found, needed at L3, below L2, where the sac is limited'),
        ("L2", ("thecal_sac", "spinal_cord"), "as no thecal sac is there either"),
    ],
)
def test_the_structure_that_counts_at_a_level_is_needed(level, without, message):
    with pytest.raises(StructureError, match=message):
        draw_volumes(case(box(*CENTRE), level=level, without=without))


def test_an_unknown_level_is_said():
    volumes = draw_volumes(case(box(*CENTRE), level=None))
    assert any("the level is not known" in said for said in volumes.assumptions)


def test_sectors_are_computed_where_only_the_vertebra_is_given():
    mask = np.maximum.reduce([case(None).structures[name].full() for name in SECTORS])
    vertebra = from_coverage("vertebra", "bone", GRID, mask)
    volumes = draw_volumes(case(box(*LEFT_BODY), without=SECTORS, more=(vertebra,)))
    assert [body_of(volumes, name) for name in SECTORS[:2]] == pytest.approx([1, 1], abs=0.02)
    assert any("computed from its mask and the canal" in said for said in volumes.assumptions)


def test_a_missing_canal_is_refused_or_computed_on_request():
    mask = np.maximum.reduce([case(None).structures[name].full() for name in SECTORS])
    vertebra = from_coverage("vertebra", "bone", GRID, mask)
    plain = case(box(*CENTRE), without=("spinal_canal", *SECTORS), more=(vertebra,))
    with pytest.raises(VolumeError, match=r"no spinal canal found.*`spondyl volumes --derive-canal` computes"):
        draw_volumes(plain)
    volumes = draw_volumes(plain, settings=VolumeSettings(derive_canal=True))
    # The bore is 20 x 16 mm, swept over the vertebra's 24 mm and 15 mm beyond both ends, give or take a slice of 2 mm.
    assert volumes.structures["SpinalCanal"].volume_cm3 == pytest.approx(20 * 16 * 54 / 1000, abs=20 * 16 * 2.01 / 1000)
    assert any("canal was computed" in said for said in volumes.assumptions)


def test_two_vertebrae_have_both_their_ctvs():
    shift = 13
    mask = np.maximum.reduce([case(None).structures[name].full() for name in SECTORS])
    above = np.zeros_like(mask)
    above[shift:] = mask[:-shift]
    neighbour = from_coverage("vertebra_T10", "bone", GRID, above)
    gtv = box((-8, 8), (-30, -14), (-4, 24))
    volumes = draw_volumes(case(gtv, more=(neighbour,)))
    assert [found.level for found in volumes.involvements] == ["T11", "T10"]
    ctv = volumes.structures["CTV"]
    assert extent(ctv)[4:] == pytest.approx([-12, 38], abs=1e-6)
    assert extent(ctv)[:2] == pytest.approx([-20, 20], abs=1e-6)


def test_rtog_generous_margin_keeps_to_the_bone():
    gtv = box((4, 14), (-20, -2), (-8, 8))
    with pytest.raises(VolumeError, match="needs rtog_b_margin_mm"):
        VolumeSettings(rtog_b="margin")
    both = draw_volumes(case(gtv), consensus="rtog-0631")
    margin = draw_volumes(
        case(gtv), consensus="rtog-0631", settings=VolumeSettings(rtog_b="margin", rtog_b_margin_mm=5)
    )
    assert [body_of(both, name) for name in SECTORS] == pytest.approx([1] * 6)
    shares = [body_of(margin, name) for name in SECTORS]
    assert shares[0] == shares[1] == shares[5] == pytest.approx(1)
    assert 0.05 < shares[2] < 0.5
    assert shares[3] == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gtv": box((-3, 3), (-10, 4), (-8, 8))}, "GTV and spinal cord overlap by"),
        ({"gtv": box((40, 48), (-48, -40), (-8, 8))}, '"GTV" touches none of'),
        ({"gtv": np.zeros(GRID.shape, bool)}, '"GTV" is empty'),
        ({"gtv": None}, 'no structure for "gtv" found'),
        ({"gtv": box(*CENTRE), "without": ("pedicle_left",)}, "incomplete: pedicle_left missing"),
        ({"gtv": box(*CENTRE), "without": SECTORS}, "no vertebra found"),
        ({"gtv": box(*CENTRE), "level": "S1"}, "use consensus sacrum-2020"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises((VolumeError, StructureError), match=message):
        draw_volumes(case(**changed))


def test_a_tumour_in_another_vertebra_than_the_stated_level_is_refused():
    shifted = from_coverage("vertebra_T10", "bone", GRID, box((-20, 20), (-38, -8), (14, 38)))
    with pytest.raises(VolumeError, match=r"case\.yaml says level T11, but"):
        draw_volumes(case(box((-8, 8), (-30, -14), (18, 30)), more=(shifted,)))


def test_several_gtvs_need_a_name():
    second = from_coverage("GTV_2", "target", GRID, box(*LEFT_BODY))
    both = case(box(*CENTRE), more=(second,))
    with pytest.raises(VolumeError, match=r"2 structures could be the GTV: GTV_2, GTV"):
        draw_volumes(both)
    volumes = draw_volumes(both, gtv="GTV_2")
    assert volumes.structures["GTV"].volume_cm3 == pytest.approx(16**3 / 1000)


def test_unknown_consensus_names_the_nearest():
    with pytest.raises(VolumeError, match="nearest: isrc-2012"):
        draw_volumes(case(box(*CENTRE)), consensus="isrc2012")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ap_margin_mm": -1},
        {"touch_cm3": 0},
        {"lateral_share": 0.5},
        {"rtog_b": "x"},
        {"partial_cord_target": "x"},
    ],
)
def test_settings_are_checked(wrong):
    with pytest.raises(VolumeError, match=r"setting"):
        VolumeSettings(**wrong)


@pytest.mark.parametrize(
    ("name", "touched", "position"),
    [
        ("lumbar_l3", ("vertebral_body", "pedicle_right"), "lateralised_right"),
        ("thoracic_t11", ("vertebral_body",), "diffuse"),
    ],
)
def test_bundled_cases_agree_with_what_was_measured_on_them(name, touched, position):
    from spondyl.io import bundled_case, open_case

    opened = open_case(bundled_case(name))
    said = opened.facts.measured
    volumes = draw_volumes(opened)
    assert volumes.involvements[0].touched == touched
    assert set(touched) == set(said.isrc_sectors_involved)
    assert volumes.involvements[0].position == position
    for key in (
        "gtv_volume_cm3",
        "vertebra_volume_cm3",
        "vertebral_body_volume_cm3",
        "gtv_epidural_volume_cm3",
    ):
        assert volumes.measures[key] == pytest.approx(getattr(said, key), abs=0.006), key
    assert volumes.measures["gtv_fraction_of_vertebral_body"] == pytest.approx(
        said.gtv_fraction_of_vertebral_body, abs=0.005
    )
    soft, distance = (
        ("thecal_sac", said.gtv_min_distance_to_thecal_sac_mm)
        if name == "lumbar_l3"
        else ("cord", said.gtv_min_distance_to_cord_mm)
    )
    assert volumes.measures[f"gtv_min_distance_to_{soft}_mm"] == pytest.approx(distance, abs=0.05)
    names = {
        "GTV",
        "CTV",
        "PTV",
        "PTV_Eval",
        "SpinalCord",
        "SpinalCord_PRV02",
        "SpinalCord_Partial",
        "SpinalCanal",
    }
    assert names <= set(volumes.structures)


def test_a_sector_that_only_shares_a_border_is_not_touched():
    # A tumour cut through voxels: it fills half of the first voxels behind the body, the pedicle the other half.
    gtv = box((2, 18), (-30, -8), (-8, 8)).astype(float)
    gtv += 0.5 * box((2, 18), (-8, -6), (-8, 8))
    given = case(None)
    pedicle = given.structures["pedicle_left"].full() - 0.5 * box((10, 16), (-8, -6), (-12, 12))
    body = given.structures["vertebral_body"].full() + 0.5 * box((10, 16), (-8, -6), (-12, 12))
    more = (
        from_coverage("pedicle_left", "bone", GRID, pedicle),
        from_coverage("vertebral_body", "bone", GRID, body),
    )
    volumes = draw_volumes(case(gtv, more=more))
    assert volumes.involvements[0].touched == ("vertebral_body",)
    assert volumes.involvements[0].overlap_cm3["pedicle_left"] == 0


def test_a_tumour_that_reaches_past_its_vertebra_names_the_missing_mask():
    volumes = draw_volumes(case(box((-8, 8), (-30, -14), (-8, 20))))
    assert any("reaches 8 mm above its vertebra and there is no vertebra_T10" in said for said in volumes.assumptions)
    assert not any("below its vertebra" in said for said in volumes.assumptions)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    x=st.integers(-28, 20), y=st.integers(-36, 20), width=st.integers(4, 16), depth=st.integers(4, 24),
    height=st.integers(4, 20),
)  # fmt: skip
def test_laws_that_hold_for_any_tumour(x, y, width, depth, height):
    tumour = box((x, x + width), (y, y + depth), (-height / 2, height / 2)) & ~box((-4, 4), (-4, 4), (-40, 40))
    bone = np.maximum.reduce([case(None).structures[name].full() for name in SECTORS])
    assume((tumour * bone).sum() * GRID.voxel_volume_cm3 > 0.2)
    volumes = draw_volumes(case(tumour)).structures
    gtv, ctv, ptv, ptv_eval, canal, cord, part = (
        volumes[name].full()
        for name in ("GTV", "CTV", "PTV", "PTV_Eval", "SpinalCanal", "SpinalCord", "SpinalCord_Partial")
    )
    assert (gtv <= ctv).all()
    assert (ctv <= ptv + 1e-6).all()
    assert (ptv_eval <= ptv).all()
    assert np.maximum(ptv_eval + canal - 1, 0).max() < 1e-6
    assert (part <= cord + 1e-6).all()
    mirrored = draw_volumes(case(tumour[:, :, ::-1])).structures["CTV"].full()
    np.testing.assert_array_equal(mirrored, ctv[:, :, ::-1])
