"""What `spondyl plan --technique kypho-iort` leaves behind, in one folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from spondyl.app.kypho_job import KyphoPlanned
from spondyl.app.kypho_report import kypho_report_inputs
from spondyl.app.kypho_warnings import mean_uncertainty
from spondyl.app.report import remember, render_report
from spondyl.app.stages import Stages
from spondyl.core import Progress, Provenance, silent, writing_folder
from spondyl.evaluate import write_dvh_csv, write_verdicts
from spondyl.io import write_nifti_dose, write_rtdose, write_rtstruct


def write_kypho(
    out: Path, planned: KyphoPlanned, settings: Mapping[str, Any], progress: Progress = silent
) -> dict[str, float]:
    """Write the files of any plan, and `key_numbers.json`.

    Returns
    -------
    Seconds by stage of the whole job, writing included.

    Raises
    ------
    OutputError
        If the folder cannot be written to; it is then as it was.
    """
    stage = Stages()
    with writing_folder(out) as folder:
        with stage("write DICOM"):
            progress("write", 0.1)
            write_rtstruct(folder / "structures.dcm", planned.case, planned.structures)
            write_rtdose(folder / "dose.dcm", planned.dose, planned.case)
            write_nifti_dose(folder / "dose.nii.gz", planned.dose)
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
    return timings


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
