"""What `spondyl plan` is asked beside technique and protocol: set-up errors, an earlier course."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spondyl.app.cli.evaluate_inputs import read_prior
from spondyl.app.supposed import Supposed, prior_file
from spondyl.core import sha256_of
from spondyl.core.errors import DoseError
from spondyl.io import open_case
from spondyl.plan.external.robust import setup_errors


@dataclass(frozen=True)
class PriorOptions:
    """An earlier course as named on the command line."""

    dose: Path | None = None
    fractions: int | None = None
    months: float | None = None
    registration: Path | None = None


def supposed_of(case: Path, robust_optimise: bool, course: PriorOptions) -> Supposed:
    """Suppositions of a plan; the case is opened where an earlier course is to be read beside it.

    Raises
    ------
    DoseError, DoseGridError, GridError, DicomError
        If the earlier course is incomplete, unreadable or in other coordinates.
    """
    errors = setup_errors() if robust_optimise else ()
    file = course.dose or (prior_file(case) if course.fractions is not None else None)
    if file is None and course == PriorOptions():
        return Supposed(errors=errors)
    if file is None:
        raise DoseError(f"an earlier course without its dose: {case} holds no prior_dose.dcm; give --prior-dose FILE")
    opened = open_case(case)
    frame = opened.ct.grid.frame_of_reference_uid
    prior = read_prior(file, course.fractions, course.months, course.registration, frame)
    read = {"prior_dose": file, "prior_registration": course.registration}
    return Supposed(opened, errors=errors, prior=prior, files={k: v for k, v in read.items() if v is not None})


def settings_of(supposed: Supposed | None) -> dict[str, Any]:
    """For the provenance; empty where nothing is supposed."""
    if supposed is None:
        return {}
    told: dict[str, Any] = {}
    if supposed.errors:
        told["robust_against"] = [error.name for error in supposed.errors]
    if supposed.prior is not None:
        told |= {
            "prior_fractions": supposed.prior.fractions,
            "prior_months": supposed.prior.months_since,
            "prior_sha256": sha256_of(supposed.files),
        }
    return told
