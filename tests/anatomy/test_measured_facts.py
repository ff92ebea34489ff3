"""Proposals: on the bundled cases against their README, and beside what case.yaml says."""

from __future__ import annotations

import math

import pytest
from spine_phantom import FRONT, PLAIN, Body, box, case

from spondyl.anatomy import Case
from spondyl.anatomy.measured import Known, LesionDensity, Measurements, Proposal, Tumour, Unknown, measure
from spondyl.anatomy.measured.propose import proposals_from, propose_facts
from spondyl.clinic.facts import read_facts
from spondyl.core.errors import VolumeError
from spondyl.io import bundled_case, open_case

Bundled = tuple[Case, Measurements, dict[str, Proposal]]
TUMOUR = box((-20, 20), (FRONT, 25), (-12, 12))


def of(name: str) -> Bundled:
    opened = open_case(bundled_case(name))
    found = measure(opened)
    return opened, found, {p.path or p.name: p for p in proposals_from(found, opened.facts)}


@pytest.fixture(scope="module")
def t11() -> Bundled:
    return of("thoracic_t11")


@pytest.fixture(scope="module")
def l3() -> Bundled:
    return of("lumbar_l3")


# README of the case: from the same masks, another program; mid-sagittal slab of 7 columns.
README_MM = {
    "T10": {"anterior": 23.1, "middle": 24.0, "posterior": 24.0},
    "T11": {"anterior": 18.1, "middle": 14.2, "middle_minimum": 13.1, "posterior": 21.1},
    "T12": {"anterior": 22.8, "middle": 22.9, "posterior": 25.1},
}
BETWEEN_BANDS_MM = 18
"""From the middle of the anterior third of T11's body to the posterior one's: its mask is 18 voxels of 1.5 mm deep."""
README_LOSS = {"anterior": 21, "middle": 39, "middle_minimum": 44, "posterior": 14}


def test_t11_heights(t11) -> None:
    for level, heights in README_MM.items():
        for name, expected in heights.items():
            proposal = t11[2][f"measured.heights_mm.{level}.{name}"]
            assert proposal.value == pytest.approx(expected, abs=1.0), (level, name)
            assert proposal.uncertainty == pytest.approx(1.5, abs=0.6)
            assert proposal.agreement == "agrees"


def test_t11_collapse(t11) -> None:
    _, found, proposals = t11
    for name, expected in README_LOSS.items():
        proposal = proposals[f"measured.collapse_percent_vs_mean_T10_T12.{name}"]
        assert proposal.value == pytest.approx(expected, abs=4), name
        assert proposal.uncertainty == pytest.approx(7, abs=2)
    assert proposals["measured.collapse_uncertainty_percentage_points"].value == 6  # one voxel, says the README
    collapse = proposals["clinical.lesion.collapse_percent"]
    assert collapse.value == pytest.approx(39, abs=4)
    assert collapse.agreement == "agrees"
    assert "the middle height" in collapse.reason
    assert isinstance(found.spine.wedge_deg, Known)
    heights = README_MM["T11"]
    wedge = math.degrees(math.atan2(heights["posterior"] - heights["anterior"], BETWEEN_BANDS_MM))
    assert found.spine.wedge_deg.value == pytest.approx(wedge, abs=1.5)


def test_t11_masks_that_hold_disc_are_told(t11) -> None:
    """On the CT the upper endplate of T10 lies 4 mm below its mask's end, seen on the picture; T12's fits."""
    assert set(t11[1].spine.doubts) == {"T10", "T11"}
    assert "upper end, middle: 4 mm" in t11[1].spine.doubts["T10"]


def test_l3_has_not_collapsed(l3) -> None:
    collapse = l3[2]["clinical.lesion.collapse_percent"]
    assert collapse.value == 0
    assert collapse.high is not None
    assert 0 < collapse.high < 12
    assert "no loss beyond the uncertainty" in collapse.reason
    assert l3[1].spine.doubts == {}


@pytest.mark.parametrize("name", ["t11", "l3"])
def test_neither_ct_shows_a_lesion(name, request) -> None:
    """Both tumours are drawn; the CT was not altered."""
    _, found, proposals = request.getfixturevalue(name)
    proposal = proposals["clinical.lesion.bone_lesion_type"]
    assert proposal.value is None
    assert proposal.agreement == "not measured"
    assert "no difference seen" in proposal.reason
    assert f'case.yaml says "{proposal.present}"' in proposal.reason
    assert isinstance(found.tumour, Tumour)
    assert isinstance(found.tumour.density, LesionDensity)
    assert isinstance(found.tumour.density.kind, Unknown)


def test_what_the_case_files_measured_comes_out_again(t11, l3) -> None:
    for bundle, expected in (
        (t11, {
            "measured.gtv_volume_cm3": 9.90, "measured.vertebra_volume_cm3": 32.01,
            "measured.vertebral_body_volume_cm3": 16.65, "measured.gtv_epidural_volume_cm3": 0.24,
            "measured.gtv_fraction_of_vertebral_body": 0.58, "measured.gtv_min_distance_to_cord_mm": 2.1,
            "clinical.lesion.body_involvement_percent": 58, "measured.isrc_sectors_involved": ("vertebral_body",),
            "clinical.lesion.posterolateral_involvement": "none", "clinical.lesion.paraspinal_mass": False,
        }),
        (l3, {
            "measured.gtv_volume_cm3": 10.99, "measured.vertebra_volume_cm3": 64.70,
            "measured.vertebral_body_volume_cm3": 44.58, "measured.gtv_epidural_volume_cm3": 0.47,
            "measured.gtv_fraction_of_vertebral_body": 0.20, "measured.gtv_min_distance_to_thecal_sac_mm": 2.8,
            "clinical.lesion.body_involvement_percent": 20,
            "measured.isrc_sectors_involved": ("vertebral_body", "pedicle_right"),
            "clinical.lesion.posterolateral_involvement": "unilateral", "clinical.lesion.posterolateral_right": True,
            "clinical.lesion.posterolateral_left": False, "clinical.lesion.paraspinal_mass": False,
        }),
    ):  # fmt: skip
        for path, value in expected.items():
            assert bundle[2][path].value == value, path
            assert bundle[2][path].agreement in ("agrees", "new"), path
        assert not [p for p in bundle[2].values() if p.agreement == "contradicts"]


def test_every_proposed_path_is_a_key_of_case_yaml(t11, l3) -> None:
    """Confirming everything gives a case.yaml that is read, with the same values in their places."""
    for _, _, proposals in (t11, l3):
        confirmed = [p for p in proposals.values() if p.path and p.value is not None]
        assert len(confirmed) > 25
        tree: dict[str, object] = {}
        for proposal in confirmed:
            *tables, key = proposal.path.split(".")
            at = tree
            for table in tables:
                at = at.setdefault(table, {})  # type: ignore[assignment]
            at[key] = list(proposal.value) if isinstance(proposal.value, tuple) else proposal.value
        read = read_facts(tree)
        again = {p.path: p for p in proposals_from(t11[1] if "T11" in str(tree) else l3[1], read) if p.path}
        assert {again[p.path].agreement for p in confirmed} == {"agrees"}


def test_contradiction_and_agreement_are_told() -> None:
    dented = (PLAIN[0], Body("T11", 0.0, 14.0), PLAIN[2])
    lesion = {"collapse_percent": 10, "body_involvement_percent": 90, "posterolateral_involvement": "bilateral"}
    opened = case(dented, gtv=TUMOUR, facts={"clinical": {"lesion": lesion}})
    proposals = {p.path: p for p in propose_facts(opened) if p.path}
    told = {name: proposals[f"clinical.lesion.{name}"] for name in lesion}
    assert {p.agreement for p in told.values()} == {"contradicts"}
    assert told["collapse_percent"].present == 10
    assert told["collapse_percent"].value == pytest.approx(100 * 10 / 24, abs=4)
    lesion = {"collapse_percent": 40, "posterolateral_involvement": "none"}
    opened = case(dented, gtv=TUMOUR, facts={"clinical": {"lesion": lesion}})
    proposals = {p.path: p for p in propose_facts(opened) if p.path}
    assert {proposals[f"clinical.lesion.{name}"].agreement for name in lesion} == {"agrees"}


def test_unknown_is_never_a_value() -> None:
    """Without tumour, neighbours and cord the facts stay unknown, with the reason."""
    proposals = {p.path or p.name: p for p in propose_facts(case((PLAIN[1],)))}
    for path in ("collapse_percent", "bone_lesion_type", "posterolateral_involvement", "body_involvement_percent"):
        proposal = proposals[f"clinical.lesion.{path}"]
        assert proposal.value is None
        assert proposal.agreement == "not measured"
        assert proposal.reason


def test_what_cannot_be_measured_at_all_is_refused() -> None:
    with pytest.raises(VolumeError, match="level S1 is sacral"):
        measure(case(level="S1"))
    with pytest.raises(VolumeError, match=r"no spinal canal found.*`spondyl volumes --derive-canal` computes"):
        measure(case(without=("spinal_canal",)))
    found = measure(case(without=("spinal_canal",)), derive_canal=True)
    assert found.spine.heights["T11"].height_mm["middle"].value == pytest.approx(24.0, abs=0.8)
    assert any("canal was computed" in note for note in found.notes)
    with pytest.raises(VolumeError, match="no vertebra found"):
        measure(case(without=("vertebra",)))
