"""DICOM in and out, NIfTI, case folder."""

from spondyl.io.bundled import BUNDLED_CASES, bundled_case
from spondyl.io.case_folder import open_case
from spondyl.io.ct_series import read_ct_series
from spondyl.io.ct_write import write_ct_series
from spondyl.io.import_dicom import ImportReport, check_new_case, import_dicom, write_case
from spondyl.io.nifti import read_nifti, write_nifti
from spondyl.io.rtdose import read_rtdose
from spondyl.io.rtdose_write import as_stored, write_nifti_dose, write_rtdose
from spondyl.io.rtplan import BeamFacts, PlanFacts, read_rtplan
from spondyl.io.rtplan_beams import PlannedBeams, read_beams
from spondyl.io.rtplan_write import can_write, write_rtplan
from spondyl.io.rtstruct import RoiContours, grid_for, read_contours, read_rtstruct
from spondyl.io.rtstruct_write import standard_names, write_rtstruct

__all__ = [
    "BUNDLED_CASES",
    "BeamFacts",
    "ImportReport",
    "PlanFacts",
    "PlannedBeams",
    "RoiContours",
    "as_stored",
    "bundled_case",
    "can_write",
    "grid_for",
    "check_new_case",
    "import_dicom",
    "open_case",
    "read_beams",
    "read_contours",
    "read_ct_series",
    "read_nifti",
    "read_rtdose",
    "read_rtplan",
    "standard_names",
    "read_rtstruct",
    "write_case",
    "write_ct_series",
    "write_nifti",
    "write_nifti_dose",
    "write_rtdose",
    "write_rtplan",
    "write_rtstruct",
]
