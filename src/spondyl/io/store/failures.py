"""What a database's refusal means, in words; never with the values that were written."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from spondyl.core.errors import StoreError
from spondyl.io.store.engine import shown

_MEANINGS = (
    (
        ("database or disk is full", "no space left", "disk full", "disk i/o error", "could not extend file"),
        "the disk is full: nothing of this change was written, what was there before is whole; make room and repeat",
    ),
    (
        ("database is locked", "database table is locked"),
        "another program has been writing for longer than this one waits; repeat when it is done",
    ),
    (("readonly", "read-only"), "it may not be written to; change its permissions, or those of its folder"),
    (("not a database", "malformed"), "the file is no SQLite database, or it is damaged; restore a copy"),
    (("unable to open",), "the file or its folder cannot be opened; check the path and the permissions"),
    (("append-only",), "the audit is append-only: nothing was changed"),
    (("connection failed", "connection refused", "could not connect", "connection to server", "server closed",
      "terminating connection", "could not translate host", "failed to resolve host",
      "connection is lost", "connection is closed"),
     "the server does not answer, or refused; nothing of this change was written: check URL, server and password"),
    (("permission denied",), "the database refuses it; ask its owner for the right"),
)  # fmt: skip


@contextmanager
def telling(url: URL) -> Generator[None]:
    """Turn the database's errors into `StoreError` that says what to do.

    Raises
    ------
    StoreError
        Whenever the database refuses.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f'store "{shown(url)}": {meaning(error)}') from error


def meaning(error: SQLAlchemyError) -> str:
    """What an error of the database means."""
    if isinstance(error, IntegrityError):
        return "two records are alike, or one refers to nothing; nothing was written: read the patient again and repeat"
    told = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    folded = told.casefold()
    for signs, words in _MEANINGS:
        if any(sign in folded for sign in signs):
            return words
    return f"the database says: {told.splitlines()[0] if told else type(error).__name__}; nothing was written"
