"""What `spondyl recompute` leaves behind, in one folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from spondyl.app.recompute import Recomputed
from spondyl.app.recompute_report import recompute_record, recompute_report
from spondyl.app.report import remember, render_report
from spondyl.app.stages import Stages
from spondyl.core import Progress, Provenance, sha256_of, silent, writing_folder
from spondyl.evaluate import write_dvh_csv, write_verdicts
from spondyl.io import write_nifti_dose, write_rtdose, write_rtstruct
from spondyl.plan import save_plan


def write_recomputed(
    out: Path, made: Recomputed, settings: Mapping[str, Any], progress: Progress = silent
) -> dict[str, Any]:
    """Write dose.dcm, dose.nii.gz, structures.dcm, dvh.csv, verdicts.json, plan.json, recompute.json and the report.

    The RTDOSE refers to the RTPLAN that was computed; it is not copied. There is no plan.json where the file prescribes
    nothing, or its MU were calibrated for this run: it would not give this dose again.

    Returns
    -------
    The record that recompute.json holds.

    Raises
    ------
    OutputError
        If the folder cannot be written to; it is then as it was.
    """
    stage, record = Stages(), recompute_record(made)
    with writing_folder(out) as folder:
        with stage("write DICOM"):
            progress("write", 0.1)
            write_rtstruct(folder / "structures.dcm", made.case, made.structures)
            write_rtdose(folder / "dose.dcm", made.dose, made.case, plan_uid=made.plan.sop_uid)
            write_nifti_dose(folder / "dose.nii.gz", made.dose)
        write_dvh_csv(folder / "dvh.csv", made.dvhs)
        if made.verdicts is not None:
            write_verdicts(folder / "verdicts.json", made.verdicts)
        plan = made.plan.as_plan(made.case.name)
        if plan is not None and settings["calibration"] is None:
            save_plan(folder / "plan.json", plan)
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "recompute.json").write_text(text + "\n", encoding="utf-8")
        progress("write", 0.5)
        with stage("report"):
            inputs = recompute_report(made)
            render_report(inputs).save(folder / "report.html")
        timings = {**made.timings_s, **stage.seconds}
        remember(folder, replace(inputs, timings_s=timings))
        hashes = {**inputs.inputs_sha256, **sha256_of(made.files)}
        Provenance("recompute", hashes, settings, timings_s=timings).write(folder / "provenance.json")
        progress("write", 1.0)
    return record
