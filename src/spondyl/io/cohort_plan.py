"""A plan's dosimetry as a record: from a plan's folder, from what `spondyl evaluate --json` printed, or from both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from spondyl.core.errors import CohortError, nearest, unreadable
from spondyl.core.faults import expected_text, shown
from spondyl.followup.records import PatientRecord, PlanMetric, PlanRecord, PlanVerdict
from spondyl.io.cohort_refusal import refusing

MAX_BYTES = 16 << 20
"""What `evaluate` prints has some kilobytes, a plan.json with every control point a few megabytes."""
_VERDICT = ("structure", "metric", "op", "limit", "value", "unit", "level", "status", "margin", "source")
_SAID = {"plan_id": "--plan-id", "lesion_id": "--lesion"}


@dataclass(frozen=True)
class PlanRead:
    """A plan, and the metrics that the evaluation could not know."""

    plan: PlanRecord
    unknown: tuple[str, ...]


def read_plan(plan_id: str, lesion_id: str, folder: Path | None, evaluated: Path | None) -> PlanRead:
    """A plan's record.

    Parameters
    ----------
    folder
        A plan's output folder: technique, prescription and fractions of plan.json, verdicts of verdicts.json.
    evaluated
        What `spondyl evaluate --json` printed: its metrics, and its verdicts in place of the folder's.

    Raises
    ------
    CohortError
        If neither is given, or a file is not what it should be.
    """
    if folder is None and evaluated is None:
        raise CohortError(
            "a plan needs its output folder, or what `spondyl evaluate --json` printed; give PLAN or --evaluated"
        )
    said: dict[str, Any] = {}
    judged: Mapping[str, Any] = {}
    if folder is not None:
        said = _prescribed(folder)
        judged = _object(folder / "verdicts.json") if (folder / "verdicts.json").is_file() else {}
    if evaluated is not None:
        judged = {**judged, **{key: value for key, value in _object(evaluated).items() if value}}
    where = evaluated or cast(Path, folder)
    metrics = _list(judged, "metrics", where)
    said["protocol"] = judged.get("protocol") or said.get("protocol")
    try:
        plan = PlanRecord(
            plan_id=plan_id,
            lesion_id=lesion_id,
            **said,
            metrics=tuple(PlanMetric.model_validate(each) for each in metrics if each.get("value") is not None),
            verdicts=tuple(
                PlanVerdict.model_validate({name: each.get(name) for name in _VERDICT})
                for each in _list(judged, "verdicts", where)
            ),
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        if place in ("plan_id", "lesion_id"):
            told = str(fault["msg"]).removeprefix("Value error, ")
            raise CohortError(
                f"{place} is {shown(fault['input'])}, {told}; choose another with {_SAID[place]}"
            ) from error
        raise CohortError(
            f"{where}: {place} is {shown(fault['input'])}, expected {expected_text(dict(fault))}; make it again with "
            "`spondyl evaluate --json`"
        ) from error
    unknown = (f"{each.get('structure')} {each.get('metric')}" for each in metrics if each.get("value") is None)
    return PlanRead(plan, tuple(unknown))


def add_plan(patient: PatientRecord, plan: PlanRecord, *, update: bool = False) -> PatientRecord:
    """The patient with that plan.

    Parameters
    ----------
    update
        Put it in place of one of the same name.

    Raises
    ------
    CohortError
        If the patient has no such lesion, has a plan of that name and no `update` is asked, or the plan contradicts
        the patient's treatments.
    """
    lesions = [each.lesion_id for each in patient.lesions]
    if plan.lesion_id not in lesions:
        near = ", ".join(nearest(plan.lesion_id, lesions) or lesions) or "none, the patient has no lesion"
        raise CohortError(f'patient {patient.pseudonym} has no lesion "{plan.lesion_id}"; nearest: {near}')
    if not update and patient.plan(plan.plan_id) is not None:
        raise CohortError(
            f'patient {patient.pseudonym} has a plan "{plan.plan_id}" already; --update writes over it, --plan-id '
            "gives this one another name"
        )
    others = tuple(each for each in patient.plans if each.plan_id != plan.plan_id)
    with refusing(f"patient {patient.pseudonym}"):
        return PatientRecord.model_validate({**dict(patient), "plans": (*others, plan)})


def _prescribed(folder: Path) -> dict[str, Any]:
    record = _object(folder / "plan.json")
    prescription = record.get("prescription")
    if not isinstance(prescription, Mapping):
        raise CohortError(f"{folder / 'plan.json'} has no prescription; is it a plan.json of spondyl?")
    dose = cast("Mapping[str, Any]", prescription)
    return {
        "technique": record.get("technique"),
        "protocol": record.get("protocol"),
        "prescription_gy": dose.get("dose_gy"),
        "fractions": dose.get("fractions"),
    }


def _object(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CohortError(
                f"{path} has {path.stat().st_size} bytes, expected at most {MAX_BYTES}; is it another file?"
            )
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CohortError(f"{path} cannot be read: {unreadable(error)}; check the path") from error
    except (ValueError, RecursionError) as error:
        raise CohortError(f"{path} is not JSON; expected what spondyl wrote there") from error
    if not isinstance(found, dict):
        raise CohortError(f"{path} holds a {type(found).__name__}, expected keys and values as spondyl writes them")
    return cast("Mapping[str, Any]", found)


def _list(record: Mapping[str, Any], key: str, where: Path) -> list[Mapping[str, Any]]:
    found = record.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in cast("list[Any]", found)):
        raise CohortError(f"{where}: {key} is no list of tables; expected what `spondyl evaluate --json` prints")
    return cast("list[Mapping[str, Any]]", found)
