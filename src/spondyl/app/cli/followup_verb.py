"""`spondyl followup`: treated patients over time in a store, in and out of it, and who is due."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from spondyl.app.cli.common import err_console, write_json
from spondyl.app.cli.followup_adding import add_case, add_plan
from spondyl.app.cli.followup_people import audit, identity, key, remove
from spondyl.app.cli.followup_rejects import check_rejects
from spondyl.app.cli.followup_schedule import schedule
from spondyl.app.cli.followup_store import (
    JsonOption,
    PlaceArgument,
    WhoOption,
    cohort_at,
    opened,
    signature,
    stores,
)
from spondyl.core import check_output
from spondyl.core.errors import CohortError
from spondyl.core.faults import shown
from spondyl.followup.records import OTHER_CASE, PatientRecord
from spondyl.io.cohort_csv import CohortRead, faults_text, scan_cohort, write_cohort, write_rejects

HELP = """Treated patients over time: a store, CSV files in and out, due visits. Needs spondyl[followup].

STORE is an SQLite file or a PostgreSQL URL; `schedule` and `export` also take a folder of CSV files.

Example:

    spondyl followup init trial.db --name "SBRT trial"

    spondyl followup import trial.db cohort

    spondyl followup schedule trial.db --on 2026-03-31 --overdue

    spondyl followup export trial.db -o backup
"""
FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder with patients.csv and its files.")]


def register(app: typer.Typer) -> None:
    """Add the verb and its words."""
    words = typer.Typer(help=HELP, no_args_is_help=True)
    words.command("init", help="Make an empty store.")(init)
    words.command("upgrade", help="Take a store of an earlier spondyl to this one's tables; copy it first.")(upgrade)
    words.command("check", help="Say everything that is wrong with a folder of CSV files; needs no store.")(check)
    words.command("import", help="Take a folder of CSV files into a store: all of it, or nothing.")(import_)
    words.command("export", help="Write a store as a folder of CSV files.")(export)
    words.command("add-case", help="Add a lesion with the facts of a case folder.")(add_case)
    words.command("add-plan", help="Add a plan's dosimetry.")(add_plan)
    words.command("schedule", help="Due visits of each patient, and who is overdue.")(schedule)
    words.command("audit", help="Every change: who, when, before, after.")(audit)
    words.command("remove", help="Take a patient away; the audit keeps what was recorded.")(remove)
    words.command("key", help="Write a new key for identities.")(key)
    words.command("identity", help="Show, seal or forget who a pseudonym is; needs the key.")(identity)
    app.add_typer(words, name="followup")


def init(
    place: PlaceArgument,
    name: Annotated[str, typer.Option("--name", help="Name of the cohort.")],
    who: WhoOption = None,
) -> int:
    """Make a store."""
    with stores().create_store(place, name, who=signature(who)) as store:
        err_console.print(f'made an empty store for "{store.name}"', markup=False, soft_wrap=True)
    return 0


def upgrade(place: PlaceArgument, who: WhoOption = None) -> int:
    """Upgrade a store."""
    before, after = stores().upgrade_store(place, who=signature(who))
    told = f"is at revision {after} already" if before == after else f"went from revision {before} to {after}"
    err_console.print(f"the store {told}", markup=False, soft_wrap=True)
    return 0


def check(folder: FolderArgument, json_: JsonOption = False) -> int:
    """Check a folder."""
    found = scan_cohort(folder)
    if json_:
        faults = [fault.record() for fault in found.faults]
        write_json({"patients": len(found.patients), "faults": faults})
        return 2 if found.faults else 0
    if found.faults:
        raise CohortError(faults_text(folder, found.faults))
    err_console.print(f"{folder}: {len(found.patients)} patients, nothing is wrong", markup=False, soft_wrap=True)
    return 0


def import_(
    place: PlaceArgument,
    folder: FolderArgument,
    update: Annotated[bool, typer.Option("--update", help="Write over patients that are there already.")] = False,
    skip_bad: Annotated[
        Path | None,
        typer.Option("--skip-bad", help="Leave bad patients out, whole, and write their rows and why to this CSV."),
    ] = None,
    who: WhoOption = None,
    json_: JsonOption = False,
) -> int:
    """Import a folder."""
    signed = signature(who)
    with opened(place) as store:
        if skip_bad is not None:
            check_rejects(skip_bad, store, folder)
        refuse = partial(_unwanted, {each.casefold(): each for each in store.pseudonyms()}, update)
        found = scan_cohort(folder, skip_bad=skip_bad is not None, refuse=refuse)
        if found.faults:
            raise CohortError(faults_text(folder, found.faults))
        if skip_bad is not None:
            write_rejects(skip_bad, found.rejects)
        if update:
            new, old = store.merge(found.patients, who=signed)
        else:
            store.add(found.patients, who=signed)
            new, old = len(found.patients), 0
    _tell(found, new, old, skip_bad, json_)
    return 1 if found.rejects else 0


def _unwanted(there: Mapping[str, str], update: bool, patient: PatientRecord) -> str | None:
    """Why a patient may not come in beside those that are there, by their pseudonyms without capitals."""
    known = there.get(patient.pseudonym.casefold(), patient.pseudonym)
    if known != patient.pseudonym:
        return f"is {shown(patient.pseudonym)}, the store has {shown(known)}: {OTHER_CASE}"
    if patient.pseudonym.casefold() in there and not update:
        return f"{patient.pseudonym} is in the store already; --update writes over it"
    return None


def _tell(found: CohortRead, new: int, old: int, rejects: Path | None, json_: bool) -> None:
    rows = {(reject.fault.file, reject.fault.row) for reject in found.rejects}
    if json_:
        write_json({"new": new, "written_over": old, "rejected_rows": len(rows)})
        return
    over = f", {old} written over" if old else ""
    err_console.print(f"{new} patients are new{over}", markup=False, soft_wrap=True)
    if rows:
        err_console.print(f"{len(rows)} rows were left out: {rejects} has them and why", markup=False, soft_wrap=True)


def export(
    place: PlaceArgument, out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the CSV files.")]
) -> int:
    """Export a store."""
    check_output(out)
    cohort = cohort_at(place)
    write_cohort(cohort.patients, out)
    err_console.print(f"{len(cohort.patients)} patients written to {out}", markup=False, soft_wrap=True)
    return 0
