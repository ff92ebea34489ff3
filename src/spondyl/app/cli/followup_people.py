"""`spondyl followup audit`, `remove`, `key` and `identity`: who changed what, and who is who."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spondyl.app.cli.common import err_console, out_console, write_json
from spondyl.app.cli.followup_store import (
    JsonOption,
    PatientArgument,
    PlaceArgument,
    WhoOption,
    opened,
    signature,
    stores,
)
from spondyl.core.errors import StoreError, nearest
from spondyl.core.faults import shown

if TYPE_CHECKING:
    from spondyl.io.store import Change


def audit(
    place: PlaceArgument,
    patient: Annotated[str | None, typer.Option("--patient", help="Changes of this patient only.")] = None,
    json_: JsonOption = False,
) -> int:
    """Tell every change."""
    with opened(place) as store:
        changes = store.audit(patient)
        if patient is not None and not changes:
            near = ", ".join(nearest(patient, store.pseudonyms())) or "none is like it"
            raise StoreError(f"the audit has no line of patient {shown(patient)}; nearest: {near}")
    if json_:
        write_json([asdict(change) for change in changes])
        return 0
    for change in changes:
        out_console.print(_line(change), markup=False, soft_wrap=True)
    return 0


def _line(change: Change) -> str:
    where = ", ".join(f"{name} {value}" for name, value in change.key.items() if value is not None)
    before, after = change.before or {}, change.after or {}
    told = [
        f"{name}: {before.get(name)} -> {after.get(name)}"
        for name in dict.fromkeys((*before, *after))
        if name not in change.key and before.get(name) != after.get(name)
    ]
    return (
        f"{change.number} {change.at} {change.who} {change.table} {change.action} ({where}) {'; '.join(told)}".rstrip()
    )


def remove(place: PlaceArgument, pseudonym: PatientArgument, who: WhoOption = None) -> int:
    """Take a patient away."""
    with opened(place) as store:
        store.remove(pseudonym, version=store.patient(pseudonym).version, who=signature(who))
    err_console.print(f"{pseudonym} is taken away", markup=False, soft_wrap=True)
    return 0


def key(file: Annotated[Path, typer.Argument(metavar="FILE", help="File of the key, not yet there.")]) -> int:
    """Write a key."""
    room = stores()
    room.write_key(file)
    told = f"written to {file}; set {room.KEY_FILE}={file}. Without it nobody opens what it seals: keep a copy apart"
    err_console.print(told, markup=False, soft_wrap=True)
    return 0


def identity(
    place: PlaceArgument,
    pseudonym: PatientArgument,
    set_: Annotated[
        bool, typer.Option("--set", help="Seal the name and the hospital number that stdin gives, a line each.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take the sealed identity away.")] = False,
    who: WhoOption = None,
) -> int:
    """Show, seal or forget an identity."""
    if set_ and forget:
        raise StoreError("--set and --forget exclude each other; give one")
    with opened(place) as store:
        if forget:
            store.identify(pseudonym, None, who=signature(who))
            err_console.print(f"who {pseudonym} is, is forgotten", markup=False)
        elif set_:
            store.identify(pseudonym, stores().Identity(*_asked()), who=signature(who))
            err_console.print(f"who {pseudonym} is, is sealed", markup=False)
        else:
            found = store.identity(pseudonym)
            if found is None:
                raise StoreError(f"the store does not hold who {pseudonym} is; --set seals it")
            out_console.print(f"{found.name or ''}\n{found.hospital_id or ''}", markup=False, soft_wrap=True)
    return 0


def _asked() -> tuple[str | None, str | None]:
    """Name and hospital number from stdin: options would stand in the shell's history and the list of processes."""
    if sys.stdin.isatty():
        err_console.print("name, then hospital number, a line each:", markup=False)
    name, number = (sys.stdin.readline().strip() or None for _ in range(2))
    if name is None and number is None:
        raise StoreError("stdin gave neither a name nor a hospital number; give them a line each")
    return name, number
