"""RTPLANs of other systems in: what is inherited, what is scaled, what is left out, what is refused by name."""

import re

import numpy as np
import pytest
from dicom_maker import item
from rtplan_maker import HD, device, foreign_beam, foreign_plan, leaves, position, saved

from spondyl.core.errors import DicomError
from spondyl.dose import gantry_axes
from spondyl.io import read_beams
from spondyl.io.deidentify import deidentified
from spondyl.io.rtplan_angles import as_head_first_supine


def read(folder, *beams, linac="", **plan):
    return read_beams(saved(foreign_plan(*beams, **plan), folder), linac)


def test_jaws_are_inherited_and_weights_scaled_to_the_meterset(tmp_path):
    found = read(tmp_path)
    (beam,) = found.beams
    first, second = beam.points
    assert (found.fractions, found.facts.prescription_gy, found.notes) == (5, 20.0, ())
    assert (first.mu, second.mu) == (0.0, 120.0)
    assert first.aperture.jaws_mm == second.aperture.jaws_mm == (-30.0, 35.0, -40.0, 45.0)
    assert (first.aperture.leaves_mm == (-20.0, 20.0)).all()
    assert (second.aperture.leaves_mm == (-10.0, 10.0)).all()
    assert (second.gantry_deg, second.collimator_deg, beam.isocentre_mm) == (30.0, 10.0, (1.5, -20.25, 103.125))


def test_leaves_are_inherited_where_only_jaws_move(tmp_path):
    beam = foreign_beam()
    beam.ControlPointSequence[1].BeamLimitingDevicePositionSequence = [position("ASYMX", (-5, 5))]
    second = read(tmp_path, beam).beams[0].points[1].aperture
    assert second.jaws_mm == (-5.0, 5.0, -40.0, 45.0)
    assert (second.leaves_mm == (-20.0, 20.0)).all()


def test_symmetric_jaws_and_leaves_of_a_first_layer(tmp_path):
    beam = foreign_beam(BeamLimitingDeviceSequence=[device("X"), device("Y"), device("MLCX1", HD.mlc.leaf_edges_mm)])
    beam.ControlPointSequence[0].BeamLimitingDevicePositionSequence = [
        position("X", (-30, 30)), position("Y", (-40, 40)), position("MLCX1", leaves(20.0)),
    ]  # fmt: skip
    del beam.ControlPointSequence[1].BeamLimitingDevicePositionSequence
    first, second = read(tmp_path, beam).beams[0].points
    assert first.aperture.jaws_mm == second.aperture.jaws_mm == (-30.0, 30.0, -40.0, 40.0)
    assert (second.aperture.leaves_mm == (-20.0, 20.0)).all()


def test_a_machine_without_jaws_is_open_to_the_linacs(tmp_path):
    beam = foreign_beam(BeamLimitingDeviceSequence=[device("MLCX", HD.mlc.leaf_edges_mm)])
    beam.ControlPointSequence[0].BeamLimitingDevicePositionSequence = [position("MLCX", leaves(20.0))]
    (x1, _), (_, x2), (y1, _), (_, y2) = HD.jaw_limits_mm
    assert read(tmp_path, beam).beams[0].points[0].aperture.jaws_mm == (x1, x2, y1, y2)


def test_leaves_that_are_not_there_stand_behind_the_jaws(tmp_path):
    beam = foreign_beam(BeamLimitingDeviceSequence=[device("ASYMX"), device("ASYMY")])
    beam.ControlPointSequence[0].BeamLimitingDevicePositionSequence = [
        position("ASYMX", (-30, 35)), position("ASYMY", (-40, 45)),
    ]  # fmt: skip
    del beam.ControlPointSequence[1].BeamLimitingDevicePositionSequence
    opened = read(tmp_path, beam).beams[0].points[0].aperture
    assert opened.jaws_mm == (-30.0, 35.0, -40.0, 45.0)
    assert (opened.leaves_mm[:, 0] < -30).all()
    assert (opened.leaves_mm[:, 1] > 35).all()


@pytest.mark.parametrize(("way", "middle_deg", "count"), [("CW", 0.0, 21), ("CC", 180.0, 71)])
def test_an_arc_of_two_points_goes_its_own_way_in_small_steps(tmp_path, way, middle_deg, count):
    """From 320 to 40: clockwise 80 degrees through 0 in 20 steps, else 280 through 180 in 70."""
    beam = foreign_beam()
    beam.ControlPointSequence[0].GantryAngle, beam.ControlPointSequence[0].GantryRotationDirection = 320.0, way
    beam.ControlPointSequence[1].GantryAngle, beam.ControlPointSequence[1].GantryRotationDirection = 40.0, "NONE"
    found = read(tmp_path, beam)
    points = found.beams[0].points
    assert len(points) == count
    halfway = points[count // 2]
    assert halfway.gantry_deg == pytest.approx(middle_deg)
    assert halfway.mu == pytest.approx(60.0)
    np.testing.assert_allclose(halfway.aperture.leaves_mm[0], (-15.0, 15.0))
    assert "computed in steps of at most 4 degrees" in found.notes[0]


def test_setup_beams_and_unreferred_ones_are_left_out_and_named(tmp_path):
    plan = foreign_plan(foreign_beam(1), foreign_beam(2, TreatmentDeliveryType="SETUP"), foreign_beam(3))
    del plan.FractionGroupSequence[0].ReferencedBeamSequence[2]
    found = read_beams(saved(plan, tmp_path))
    assert [beam.name for beam in found.beams] == ["b1"]
    assert found.notes == (
        'beam 2 "b2" is left out: it is of type setup',
        'beam 3 "b3" is left out: the fraction group does not refer to it',
    )


def test_the_copy_that_import_makes_without_names_is_the_same_plan(tmp_path):
    kept = read(tmp_path).beams[0].points
    path = tmp_path / "copy.dcm"
    deidentified(foreign_plan()).save_as(path)
    for a, b in zip(kept, read_beams(path).beams[0].points, strict=True):
        assert (a.gantry_deg, a.mu, a.aperture.jaws_mm) == (b.gantry_deg, b.mu, b.aperture.jaws_mm)
        np.testing.assert_array_equal(a.aperture.leaves_mm, b.aperture.leaves_mm)


def in_room(position: str) -> np.ndarray:
    """Room to patient: rows are the patient's left, posterior and superior in the room's (x to the right when one
    faces the gantry, y down, z towards the gantry), as each position has them."""
    left = {"HFS": (1, 0, 0), "HFP": (-1, 0, 0), "FFS": (-1, 0, 0), "FFP": (1, 0, 0)}[position]
    posterior = (0, 1, 0) if position.endswith("S") else (0, -1, 0)
    superior = (0, 0, 1) if position.startswith("HF") else (0, 0, -1)
    return np.array([left, posterior, superior], float)


@pytest.mark.parametrize("position", ["HFS", "HFP", "FFS", "FFP"])
@pytest.mark.parametrize("angles", [(30.0, 0.0, 0.0), (200.0, 15.0, 0.0), (75.0, 33.0, 20.0)])
def test_positions_are_turned_to_head_first_supine(position, angles):
    """Beam and collimator axes in the room, carried into the patient as it lies, are those of the angles told."""
    told = as_head_first_supine(position, *(np.array([a]) for a in angles))
    for axis, expected in zip(gantry_axes(*(float(a[0]) for a in told)), gantry_axes(*angles), strict=True):
        np.testing.assert_allclose(axis, in_room(position) @ expected, atol=1e-12)


def test_a_position_other_than_head_first_supine_is_said(tmp_path):
    found = read(tmp_path, position="FFP")
    assert "the patient lies FFP" in found.notes[0]
    assert (found.beams[0].points[0].gantry_deg, found.beams[0].points[0].couch_deg) == (210.0, 180.0)


def without(keyword, at=None):
    def change(beam):
        delattr(beam if at is None else beam.ControlPointSequence[at], keyword)

    return change


def setting(keyword, value, at=None):
    def change(beam):
        setattr(beam if at is None else beam.ControlPointSequence[at], keyword, value)

    return change


REFUSED = {
    "has a wedge": setting("NumberOfWedges", 1),
    "has a block": setting("NumberOfBlocks", 2),
    "has a compensator": setting("NumberOfCompensators", 1),
    "has a bolus": setting("NumberOfBoli", 1),
    "has an applicator or cone": setting("ApplicatorSequence", [item(ApplicatorType="STEREOTACTIC")]),
    "has an accessory": setting("GeneralAccessorySequence", [item(GeneralAccessoryType="TRAY")]),
    "is a beam of ELECTRON": setting("RadiationType", "ELECTRON"),
    "is given in MINUTE": setting("PrimaryDosimeterUnit", "MINUTE"),
    'is for machine "TB1", which is unknown; give --linac': setting("TreatmentMachineName", "TB1"),
    "has 0 control points": without("ControlPointSequence"),
    'has 10 MV, linac "hd120-6mv" 6 MV': setting("NominalBeamEnergy", 10, 0),
    "without flattening filter": setting("PrimaryFluenceModeSequence", [item(FluenceMode="NON_STANDARD")]),
    "has its source 800 mm": setting("SourceAxisDistance", 800.0),
    "has MLCX2, two layers of leaves": setting(
        "BeamLimitingDeviceSequence", [device("MLCX1", HD.mlc.leaf_edges_mm), device("MLCX2", HD.mlc.leaf_edges_mm)]
    ),
    "has MLCY": setting("BeamLimitingDeviceSequence", [device("MLCY", HD.mlc.leaf_edges_mm)]),
    "give --linac m120-6mv": setting(
        "BeamLimitingDeviceSequence",
        [device("ASYMX"), device("ASYMY"), device("MLCX", np.r_[-200:-99:10, -95:96:5, 100:201:10])],
    ),
    "declares the devices none": setting("BeamLimitingDeviceSequence", []),
    "declares ASYMX, and control point 0 does not say": setting(
        "BeamLimitingDevicePositionSequence", [position("ASYMY", (-40, 45)), position("MLCX", leaves(20.0))], 0
    ),
    "expected the first bank below the second": setting(
        "BeamLimitingDevicePositionSequence", [position("MLCX", -leaves(5.0))], 1
    ),
    "without cumulative meterset weight": without("CumulativeMetersetWeight", 1),
    "no final weight": without("FinalCumulativeMetersetWeight"),
    "weights from 0 to 50 of 100": setting("FinalCumulativeMetersetWeight", 100.0),
    "does not say its GantryAngle": without("GantryAngle", 0),
    "from GantryAngle 30 to 50 at control point 1 with direction NONE": setting("GantryAngle", 50.0, 1),
    "has a GantryAngle that is not a number": setting("GantryAngle", float("nan"), 0),
    "a full turn, or none": setting("GantryRotationDirection", "CW", 0),
    "does not say its isocentre": without("IsocenterPosition", 0),
    "moves isocentre or table by 20 mm": setting("IsocenterPosition", [1.5, -0.25, 103.125], 1),
    "has a pitched table top": setting("TableTopPitchAngle", 2.0, 0),
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_cannot_be_computed_is_refused_by_name(tmp_path, told):
    beam = foreign_beam()
    REFUSED[told](beam)
    with pytest.raises(DicomError, match=re.escape(told)) as refused:
        read(tmp_path, beam)
    assert 'beam 1 "b1"' in str(refused.value)


@pytest.mark.parametrize(("mu", "told"), [(None, "has no MU"), (0.0, "has 0 MU")])
def test_beams_without_mu_are_refused(tmp_path, mu, told):
    with pytest.raises(DicomError, match=told):
        read(tmp_path, mu=mu)


def test_a_patient_on_the_side_is_refused(tmp_path):
    with pytest.raises(DicomError, match="the patient lies HFDL, expected one of HFS, HFP, FFS, FFP"):
        read(tmp_path, position="HFDL")


def test_two_fraction_groups_are_refused(tmp_path):
    plan = foreign_plan()
    plan.FractionGroupSequence.append(item(FractionGroupNumber=2, NumberOfFractionsPlanned=3))
    with pytest.raises(DicomError, match="2 fraction groups, expected one"):
        read_beams(saved(plan, tmp_path))


def test_a_beam_that_stands_there_twice_is_refused(tmp_path):
    with pytest.raises(DicomError, match=r"has beams \[1, 1\], expected each number once"):
        read(tmp_path, foreign_beam(1), foreign_beam(1))


def test_an_unknown_machine_is_computed_as_the_linac_named(tmp_path):
    (beam,) = read(tmp_path, foreign_beam(TreatmentMachineName="TB1"), linac="hd120-6mv").beams
    assert (beam.linac, beam.mu) == ("hd120-6mv", 120.0)
