"""The DICOM files of a plan belong together; a plan.dcm of an earlier plan does not stay."""

import sys
from dataclasses import replace
from pathlib import Path

import pydicom

sys.path.insert(0, str(Path(__file__).parents[1] / "io"))
from rtplan_maker import foreign_plan, our_plan, saved
from test_writers import case, dose

from spondyl.app.dicom_output import forget_plan_file, write_dicom


def test_structures_plan_and_dose_refer_to_each_other(tmp_path):
    write_dicom(tmp_path, case(), case().structures, dose(), our_plan())
    structures, plan, given = (pydicom.dcmread(tmp_path / f"{n}.dcm") for n in ("structures", "plan", "dose"))
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    assert given.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert plan.DoseReferenceSequence[0].ReferencedROINumber == 3
    assert structures.StructureSetROISequence[2].ROIName == "PTV_Eval"
    assert len({d.StudyInstanceUID for d in (structures, plan, given)}) == 1


def test_a_plan_without_beams_writes_none_and_removes_ours(tmp_path):
    fluence_only = replace(our_plan(), beams=())
    write_dicom(tmp_path, case(), case().structures, dose(), our_plan())
    forget_plan_file(tmp_path, our_plan())
    assert (tmp_path / "plan.dcm").is_file()
    forget_plan_file(tmp_path, fluence_only)
    assert not (tmp_path / "plan.dcm").exists()
    write_dicom(tmp_path, case(), case().structures, dose(), fluence_only)
    assert not (tmp_path / "plan.dcm").exists()


def test_another_systems_plan_is_left_alone(tmp_path):
    saved(foreign_plan(), tmp_path)
    forget_plan_file(tmp_path, replace(our_plan(), beams=()))
    assert (tmp_path / "plan.dcm").is_file()
