"""What `spondyl plan --technique kypho-iort` leaves behind, in one folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from spondyl.app.dicom_output import forget_plan_file, write_dicom
from spondyl.app.kypho_job import KyphoPlanned
from spondyl.app.kypho_report import kypho_report_inputs
from spondyl.app.kypho_warnings import mean_uncertainty
from spondyl.app.plan_folder import plan_folder
from spondyl.app.report import remember, render_report
from spondyl.app.stages import Stages
from spondyl.core import Progress, Provenance, silent
from spondyl.evaluate import write_dvh_csv, write_verdicts
from spondyl.io import write_rtdose


def write_kypho(
    out: Path, planned: KyphoPlanned, settings: Mapping[str, Any], progress: Progress = silent
) -> dict[str, float]:
    """Write the files of any plan, `key_numbers.json`, and the doses to water and after cement as RTDOSE of their own.

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
            write_dicom(folder, planned.case, planned.structures, planned.dose, None)
            _write_other_doses(folder, planned)
        progress("write", 0.5)
        write_dvh_csv(folder / "dvh.csv", planned.dvhs)
        write_verdicts(folder / "verdicts.json", planned.verdicts)
        _json(folder / "key_numbers.json", [row.record() for row in planned.numbers])
        if planned.result.sensitivity is not None:
            _json(folder / "sensitivity.json", planned.result.sensitivity.record())
        _json(folder / "plan.json", {**planned.result.plan.record(), **_about(planned)})
        with stage("report"):
            inputs = kypho_report_inputs(planned)
            progress("write", 0.6)
            render_report(replace(inputs, timings_s={**inputs.timings_s, **stage.seconds})).save(folder / "report.html")
        timings = {**planned.timings_s, **stage.seconds}
        remember(folder, replace(inputs, timings_s=timings))
        record = Provenance("plan", inputs.inputs_sha256, settings, seed=settings["seed"], timings_s=timings)
        record.write(folder / "provenance.json")
        progress("write", 1.0)
    forget_plan_file(out, None)
    return timings


def _write_other_doses(folder: Path, planned: KyphoPlanned) -> None:
    """The doses that are not judged, each in its own series that says what it is; only what was computed."""
    doses = planned.result.doses
    write_rtdose(folder / "dose_to_water.dcm", doses.patient_to_water, planned.case, label="dose to water")
    if doses.with_cement is not None:
        write_rtdose(folder / "dose_after_cement.dcm", doses.with_cement, planned.case, label="dose after cement")


def _about(planned: KyphoPlanned) -> dict[str, Any]:
    made = planned.result
    error = mean_uncertainty(made.doses.patient, made.plan.prescription.dose_gy)
    return {
        "proposals": [
            {
                "side": p.side,
                "passage_mm": p.passage_mm,
                "path": p.access.record() if p.access else None,
                "refusal": p.refusal,
                "at_bound": p.at_bound,
            }
            for p in made.proposals
        ],
        "eligibility": planned.eligibility.record(),
        "dose": {
            "rounds": made.doses.rounds,
            "interrupted": made.doses.interrupted,
            "mean_relative_standard_error": error,
        },
        "notes": list(made.notes),
    }


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
