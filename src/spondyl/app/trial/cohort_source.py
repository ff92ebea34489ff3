"""The cohort that a report is asked for: a folder of CSV files, a store's file or its address."""

from __future__ import annotations

from pathlib import Path

from spondyl.core import sha256_of
from spondyl.core.errors import StoreError
from spondyl.followup.records import Cohort
from spondyl.io.cohort_csv import read_cohort as read_folder


def read_cohort(place: str, name: str | None = None) -> Cohort:
    """Read a cohort.

    Parameters
    ----------
    place
        A folder of CSV files as `spondyl followup export` writes them, a store's SQLite file, or its address.
    name
        What the report calls it; by default the store's name, or the folder's.

    Raises
    ------
    CohortError
        If a folder holds anything that is wrong: all of it.
    StoreError
        If there is nothing, or the extra `followup` is not installed for a store.
    """
    path = Path(place)
    if "://" not in place:
        if path.is_dir():
            return read_folder(path, name)
        if not path.exists():
            raise StoreError(
                f'cohort "{place}" is not there, expected a folder of CSV files, a store\'s file, or an address such '
                "as postgresql://host/name; `spondyl followup init` makes a store"
            )
    from spondyl.io.store import open_store

    with open_store(place) as store:
        found = store.cohort()
    return found if name is None else found.model_copy(update={"name": name})


def hashes(place: str) -> dict[str, str]:
    """Hash of the files that were read; none of a database server."""
    return sha256_of({"cohort": Path(place)}) if "://" not in place else {}
