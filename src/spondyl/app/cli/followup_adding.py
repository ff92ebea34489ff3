"""`spondyl followup add-case` and `add-plan`: what spondyl knows of a case and a plan, into a store."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from spondyl.app.cli.common import err_console
from spondyl.app.cli.followup_store import PatientArgument, PlaceArgument, WhoOption, opened, signature
from spondyl.followup.records import PatientRecord
from spondyl.io import cohort_case, cohort_plan
from spondyl.io.cohort_refusal import refusing


def add_case(
    place: PlaceArgument,
    pseudonym: PatientArgument,
    case: Annotated[Path, typer.Argument(help="Case folder or case.yaml; only its facts are read.")],
    lesion: Annotated[str, typer.Option("--lesion", help="Name of the lesion, unique within the patient.")] = "A",
    on: Annotated[
        datetime | None,
        typer.Option(help="Day of the facts: then pain, function and scores are recorded, too.", formats=["%Y-%m-%d"]),
    ] = None,
    who: WhoOption = None,
) -> int:
    """Add a lesion."""
    day = on.date() if on is not None else None
    signed = signature(who)
    with opened(place) as store:
        if pseudonym in store.pseudonyms():
            store.change(pseudonym, lambda there: cohort_case.add_case(there, case, lesion, day), who=signed)
        else:
            with refusing("PSEUDONYM"):
                new = PatientRecord(pseudonym=pseudonym)
            store.add([cohort_case.add_case(new, case, lesion, day)], who=signed)
        patient = store.patient(pseudonym).patient
    scores = sum(each.lesion_id == lesion for each in patient.assessments)
    told = f"{pseudonym} has lesion {lesion} at {patient.lesion(lesion).level}, {scores} scores recorded"
    err_console.print(told, markup=False, soft_wrap=True)
    return 0


def add_plan(
    place: PlaceArgument,
    pseudonym: PatientArgument,
    plan: Annotated[Path | None, typer.Argument(help="A plan's output folder.")] = None,
    lesion: Annotated[str, typer.Option("--lesion", help="The lesion that it treats.")] = "A",
    plan_id: Annotated[str | None, typer.Option("--plan-id", help="Name of the plan; else the folder's.")] = None,
    evaluated: Annotated[
        Path | None, typer.Option("--evaluated", help="What `spondyl evaluate --json` printed.")
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write over a plan of the same name.")] = False,
    who: WhoOption = None,
) -> int:
    """Add a plan."""
    name = plan_id or (plan or evaluated or Path("plan")).resolve().stem
    read = cohort_plan.read_plan(name, lesion, plan, evaluated)
    with opened(place) as store:
        store.change(pseudonym, lambda there: cohort_plan.add_plan(there, read.plan, update=update), who=signature(who))
    for metric in read.unknown:
        err_console.print(f"note: {metric} is unknown and was not recorded", markup=False, soft_wrap=True)
    told = f"{pseudonym} has plan {name} with {len(read.plan.metrics)} metrics and {len(read.plan.verdicts)} verdicts"
    err_console.print(told, markup=False, soft_wrap=True)
    return 0
