"""The DICOM files of a plan, which refer to each other: structures, dose, and the plan where an RTPLAN can hold it."""

from __future__ import annotations

from pathlib import Path

from spondyl.anatomy import Case, Structures
from spondyl.core.errors import DicomError
from spondyl.dose import Dose
from spondyl.io import (
    can_write,
    read_rtplan,
    standard_names,
    write_nifti_dose,
    write_rtdose,
    write_rtplan,
    write_rtstruct,
)
from spondyl.plan import Plan

PLAN_FILE = "plan.dcm"


def write_dicom(folder: Path, case: Case, structures: Structures, dose: Dose, plan: Plan | None) -> None:
    """Write structures.dcm, dose.dcm, dose.nii.gz, and plan.dcm where the plan has beams that an RTPLAN can hold.

    A plan that is no beam plan, as a needle's, is None.
    """
    structure_set = write_rtstruct(folder / "structures.dcm", case, structures)
    plan_uid = ""
    if plan is not None and can_write(plan):
        names = tuple(standard_names(structures).values())
        plan_uid = write_rtplan(folder / PLAN_FILE, plan, case, structure_set, names)
    write_rtdose(folder / "dose.dcm", dose, case, plan_uid=plan_uid)
    write_nifti_dose(folder / "dose.nii.gz", dose)


def forget_plan_file(out: Path, plan: Plan | None) -> None:
    """Remove the plan.dcm that an earlier plan left in `out`, where `plan` writes none: it is not the dose's."""
    path = out / PLAN_FILE
    if (plan is not None and can_write(plan)) or not path.is_file():
        return
    try:
        ours = read_rtplan(path).label.startswith("spondyl")
    except DicomError:
        return
    if ours:
        path.unlink()
