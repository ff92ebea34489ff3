"""What `spondyl plan` leaves behind, in one folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from spondyl.app.dicom_output import forget_plan_file, write_dicom
from spondyl.app.plan_folder import plan_folder
from spondyl.app.plan_report import report_inputs
from spondyl.app.planned import Planned
from spondyl.app.report import remember, render_report
from spondyl.app.stages import Stages
from spondyl.core import Progress, Provenance, silent
from spondyl.evaluate import write_dvh_csv, write_verdicts
from spondyl.plan import save_plan


def write_plan(
    out: Path, planned: Planned, settings: Mapping[str, Any], progress: Progress = silent
) -> dict[str, float]:
    """Write structures.dcm, plan.dcm, dose.dcm, dose.nii.gz, dvh.csv, verdicts.json, plan.json, report, provenance.

    Returns
    -------
    Seconds by stage of the whole job, writing included.

    Raises
    ------
    OutputError
        If the folder cannot be written to; it is then as it was.
    """
    stage = Stages()
    with plan_folder(out) as folder:
        with stage("write DICOM"):
            progress("write", 0.1)
            write_dicom(folder, planned.case, planned.volumes.structures, planned.dose, planned.plan)
        progress("write", 0.5)
        write_dvh_csv(folder / "dvh.csv", planned.dvhs)
        write_verdicts(folder / "verdicts.json", planned.verdicts)
        (folder / "indices.json").write_text(json.dumps([index.record() for index in planned.indices], indent=2) + "\n")
        save_plan(folder / "plan.json", planned.plan, {"log": planned.log.record()})
        with stage("report"):
            inputs = report_inputs(planned)
            progress("write", 0.6)
            render_report(replace(inputs, timings_s={**inputs.timings_s, **stage.seconds})).save(folder / "report.html")
        timings = {**planned.timings_s, **stage.seconds}
        remember(folder, replace(inputs, timings_s=timings))
        Provenance("plan", inputs.inputs_sha256, settings, timings_s=timings).write(folder / "provenance.json")
        progress("write", 1.0)
    forget_plan_file(out, planned.plan)
    return timings
