"""RTPLAN out and in again: the same MU and leaves, to us and to a reader of another make, and the same dose."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from rtplan_maker import ISOCENTRE, our_plan
from test_writers import case

from spondyl.core.errors import PlanError
from spondyl.core.provenance import DISCLAIMER
from spondyl.dose import CircularAperture
from spondyl.io import can_write, read_beams, read_rtplan, write_rtplan, write_rtstruct
from spondyl.plan.external import Beam, ControlPoint

DCIODVFY = shutil.which("dciodvfy")
LEAF_MM, MU_SHARE = 6e-7, 1e-12
"""What the file keeps: positions to 1e-6 mm, MU to 13 digits."""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    uid = write_rtstruct(folder / "structures.dcm", case(), case().structures)
    write_rtplan(folder / "plan.dcm", our_plan(), case(), uid, ("GTV", "Kidney_L", "PTV_Eval", "Empty"))
    return folder


def test_our_own_reader_finds_the_same_control_points(out):
    read = read_beams(out / "plan.dcm")
    assert (read.fractions, read.facts.prescription_gy, read.notes) == (5, 30.0, ())
    for mine, found in zip(our_plan().beams, read.beams, strict=True):
        assert (found.name, found.linac, found.isocentre_mm) == (mine.name, mine.linac, ISOCENTRE)
        assert len(found.points) == len(mine.points)
        for a, b in zip(mine.points, found.points, strict=True):
            assert (b.gantry_deg, b.collimator_deg, b.couch_deg) == (a.gantry_deg, a.collimator_deg, a.couch_deg)
            assert b.mu == pytest.approx(a.mu, rel=MU_SHARE)
            assert b.aperture.jaws_mm == pytest.approx(a.aperture.jaws_mm, abs=LEAF_MM)
            np.testing.assert_allclose(b.aperture.leaves_mm, a.aperture.leaves_mm, atol=LEAF_MM, rtol=0)


def test_pymedphys_finds_the_same_mu_gantry_and_leaves(out):
    """pymedphys knows heads with leaves and Y jaws alone: it gets the file without its X jaws, which it does not need
    for the leaves. It counts banks from the other side: [X2, -X1], leaves from the last to the first."""
    pymedphys = pytest.importorskip("pymedphys", reason="pymedphys (extra dev) is not installed: a peer is left out")
    dataset = pydicom.dcmread(out / "plan.dcm")
    for beam in dataset.BeamSequence:
        for at in (beam, *beam.ControlPointSequence):
            keyword = "BeamLimitingDeviceSequence" if at is beam else "BeamLimitingDevicePositionSequence"
            if keyword in at:
                kept = [one for one in at[keyword] if one.RTBeamLimitingDeviceType != "ASYMX"]
                setattr(at, keyword, kept)
    seen = pymedphys.Delivery.from_dicom(dataset)
    points = [point for beam in our_plan().beams for point in beam.points]
    before = np.concatenate([np.full(len(b.points), s) for b, s in zip(our_plan().beams, starts(), strict=True)])
    np.testing.assert_allclose(seen.mu, before + [p.mu for p in points], atol=1e-9)
    np.testing.assert_allclose(np.array(seen.gantry) % 360, [p.gantry_deg for p in points], atol=1e-6)
    expected = [np.stack([p.aperture.leaves_mm[::-1, 1], -p.aperture.leaves_mm[::-1, 0]], axis=1) for p in points]
    np.testing.assert_allclose(seen.mlc, expected, atol=LEAF_MM)


def starts():
    """MU before each beam."""
    return np.concatenate([[0.0], np.cumsum([beam.mu for beam in our_plan().beams])[:-1]])


def test_a_plain_walk_finds_what_the_standard_asks(out):
    """Read with pydicom alone: metersets, directions, devices once where they rest, references, labels."""
    ds = pydicom.dcmread(out / "plan.dcm")
    structures = pydicom.dcmread(out / "structures.dcm")
    (group,) = ds.FractionGroupSequence
    metersets = [float(one.BeamMeterset) for one in group.ReferencedBeamSequence]
    assert metersets == pytest.approx([beam.mu for beam in our_plan().beams], rel=MU_SHARE)
    assert (ds.ApprovalStatus, ds.PlanIntent, ds.RTPlanDescription) == ("UNAPPROVED", "RESEARCH", DISCLAIMER)
    assert ds.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    assert ds.FrameOfReferenceUID == structures.FrameOfReferenceUID
    assert ds.PatientSetupSequence[0].PatientPosition == "HFS"
    (reference,) = ds.DoseReferenceSequence
    assert (reference.ReferencedROINumber, float(reference.TargetPrescriptionDose)) == (3, 30.0)
    assert structures.StructureSetROISequence[2].ROIName == "PTV_Eval"
    arc, steps, still = ds.BeamSequence
    assert [beam.BeamType for beam in ds.BeamSequence] == ["DYNAMIC", "DYNAMIC", "STATIC"]
    assert [p.GantryRotationDirection for p in arc.ControlPointSequence] == ["CC"] * 6 + ["NONE"]
    assert [float(p.GantryAngle) for p in arc.ControlPointSequence] == [6, 4, 2, 0, 358, 356, 354]
    assert [len(p.BeamLimitingDevicePositionSequence) for p in arc.ControlPointSequence] == [3] * 7
    assert ["GantryAngle" in p for p in steps.ControlPointSequence] == [True] + [False] * 5
    assert ["BeamLimitingDevicePositionSequence" in p for p in still.ControlPointSequence] == [True, False]
    first = arc.ControlPointSequence[0]
    assert (first.NominalBeamEnergy, first.BeamLimitingDeviceAngle, first.PatientSupportAngle) == (6, 45, 10)
    assert arc.PrimaryFluenceModeSequence[0].FluenceMode == "STANDARD"


def test_facts_are_read_back(out):
    facts = read_rtplan(out / "plan.dcm")
    assert (facts.label, facts.fractions, facts.approval) == ("spondyl vmat", 5, "UNAPPROVED")
    assert [beam.control_points for beam in facts.beams] == [7, 6, 2]
    assert [beam.energy_mv for beam in facts.beams] == [6.0, 6.0, 6.0]


def test_same_plan_same_file_and_another_plan_another_uid(out, tmp_path):
    uid = pydicom.dcmread(out / "structures.dcm").SOPInstanceUID
    names = ("GTV", "Kidney_L", "PTV_Eval", "Empty")
    again = write_rtplan(tmp_path / "again.dcm", our_plan(), case(), uid, names)
    assert (tmp_path / "again.dcm").read_bytes() == (out / "plan.dcm").read_bytes()
    assert write_rtplan(tmp_path / "other.dcm", our_plan(6), case(), uid, names) != again


def test_plans_that_no_rtplan_holds_are_refused(tmp_path):
    plan = our_plan()
    cones = tuple(ControlPoint(0.0, 0.0, 0.0, CircularAperture(10.0), mu) for mu in (0.0, 10.0))
    robot = replace(plan, beams=(Beam("cone", "hd120-6mv", ISOCENTRE, cones),))
    moving = replace(plan.beams[0], points=tuple(replace(p, table_mm=(0, 0, p.mu)) for p in plan.beams[0].points))
    for odd, told in (
        (robot, 'beam "cone" is not one of leaves'),
        (replace(plan, beams=(moving,)), 'beam "arc" is not one of leaves'),
        (replace(plan, beams=()), "it has no beams"),
    ):
        assert not can_write(odd)
        with pytest.raises(PlanError, match=told):
            write_rtplan(tmp_path / "p.dcm", odd, case(), "1.2.3")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    DCIODVFY is None, reason="dciodvfy (Debian's dicom3tools) is not installed: conformance is left out"
)
def test_dciodvfy_finds_no_error_in_a_plan(out):
    done = subprocess.run([str(DCIODVFY), "-new", str(out / "plan.dcm")], capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if line.startswith(("Error", "Abort"))] == []
    assert done.returncode == 0
