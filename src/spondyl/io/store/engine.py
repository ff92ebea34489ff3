"""Connections: SQLite files and PostgreSQL by URL, each set so that a transaction is whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from spondyl.core.errors import StoreError

BUSY_MS = 30_000
"""How long a writer of an SQLite file waits for the one before it. Ours: far above what an import takes."""
WRITES = "spondyl_writes"


def store_url(given: str) -> URL:
    """The database that a text names: a file's path, or the URL of SQLite or PostgreSQL.

    Raises
    ------
    StoreError
        If it is the URL of another kind of database.

    Examples
    --------
    >>> str(store_url("cohort.db")), str(store_url("postgresql://me@host/trial"))
    ('sqlite:///cohort.db', 'postgresql+psycopg://me@host/trial')
    """
    if "://" not in given:
        return URL.create("sqlite", database=given)
    try:
        url = make_url(given)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "the store's URL cannot be read; expected a path, or postgresql://USER@HOST/DATABASE"
        ) from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg") or not url.database or url.database == ":memory:":
        raise StoreError(
            f'store "{shown(url)}" is a {url.drivername} database; expected a path to a file, or '
            "postgresql://USER@HOST/DATABASE"
        )
    return url


def shown(url: URL) -> str:
    """A store's place as messages name it: no password."""
    return str(url.database) if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


def file_of(url: URL) -> Path | None:
    """The file of an SQLite store, None for PostgreSQL."""
    return Path(str(url.database)) if url.drivername == "sqlite" else None


def engine_for(url: URL) -> Engine:
    """An engine whose connections say who writes and begin a writing transaction as a writer.

    Raises
    ------
    StoreError
        If PostgreSQL's driver is not installed.
    """
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=url.drivername != "sqlite")
    except ModuleNotFoundError as error:
        raise StoreError(
            "a PostgreSQL store needs psycopg, which is not installed; install the extra: "
            "pip install 'spondyl[postgres]'"
        ) from error
    if url.drivername == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "checkin", lambda _, record: record.info.pop("who", None))
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction of its own; `_begin_sqlite` does
    connection.create_function("spondyl_who", 0, lambda: _who(record))
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA trusted_schema = ON")  # else some builds let no trigger call `spondyl_who`
    cursor.close()


def _who(record: Any) -> str:
    said = record.info.get("who")
    if not said:
        raise StoreError("nobody said who writes")
    return said


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: one that read first and writes later could only be refused, not wait.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def sign(connection: Connection, who: str) -> None:
    """Say who writes in the transaction that has begun."""
    if connection.dialect.name == "sqlite":
        connection.info["who"] = who
    else:
        connection.execute(text("SELECT set_config('spondyl.who', :who, true)"), {"who": who})
