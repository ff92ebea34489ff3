"""What the words of `spondyl followup` share: the store they open, who writes, and a cohort from either place."""

from __future__ import annotations

import getpass
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spondyl.core.errors import StoreError
from spondyl.followup.records import Cohort

if TYPE_CHECKING:
    from spondyl.io.store import Store

PlaceArgument = Annotated[str, typer.Argument(metavar="STORE", help="An SQLite file, or postgresql://USER@HOST/DB.")]
PatientArgument = Annotated[str, typer.Argument(metavar="PSEUDONYM", help="The patient's pseudonym.")]
WhoOption = Annotated[
    str | None, typer.Option("--who", envvar="SPONDYL_USER", help="Who writes, for the audit; else the login name.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def stores() -> Any:
    """The room of the store.

    Raises
    ------
    StoreError
        If the extra that it needs is not installed.
    """
    try:
        return importlib.import_module("spondyl.io.store")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("sqlalchemy", "alembic", "cryptography"):
            raise
        raise StoreError(
            f"a store needs {error.name}, which is not installed; install the extra: pip install 'spondyl[followup]'"
        ) from error


def opened(place: str) -> Store:
    """An open store."""
    return stores().open_store(place)


def cohort_at(place: str) -> Cohort:
    """The cohort of a folder of CSV files, or of a store.

    Raises
    ------
    CohortError, StoreError
        If the folder has faults, or there is no store.
    """
    if "://" not in place and Path(place).is_dir():
        from spondyl.io.cohort_csv import read_cohort

        return read_cohort(Path(place))
    with opened(place) as store:
        return store.cohort()


def signature(who: str | None) -> str:
    """Who writes: as said, else the login name.

    Raises
    ------
    StoreError
        If neither is known, or what was said is no name in one line.
    """
    if who is not None:
        return str(stores().checked_writer(who))
    try:
        return str(stores().checked_writer(getpass.getuser()))
    except (KeyError, OSError) as error:
        raise StoreError("the login name is not known; give --who NAME, or set SPONDYL_USER") from error
