"""Where `spondyl followup import` may write the rows that it leaves out: never over patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spondyl.app.cli.common import check_output_file
from spondyl.core.errors import OutputError
from spondyl.io.cohort_csv import is_rejects

if TYPE_CHECKING:
    from spondyl.io.store import Store

_OF_SQLITE = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files beside it."""


def check_rejects(target: Path, store: Store, folder: Path) -> None:
    """Refuse a file for the rejects that would take the store's place, the input's, or another file's.

    Raises
    ------
    OutputError
        If it is the store or a file of its, lies in the folder that is read, or is there and holds no rejects.
    """
    check_output_file(target)
    real = target.resolve()
    if store.url.drivername == "sqlite":
        database = Path(str(store.url.database)).resolve()
        if real in [database.with_name(f"{database.name}{end}") for end in _OF_SQLITE]:
            raise OutputError(f"--skip-bad {target} is the store itself or a file of its; choose another file")
    if real.is_relative_to(folder.resolve()):
        raise OutputError(f"--skip-bad {target} lies in {folder}, which is read; choose a file outside of it")
    if real.exists() and not is_rejects(real):
        raise OutputError(
            f"--skip-bad {target} is there and holds no rejects, and is not written over; choose another file"
        )
