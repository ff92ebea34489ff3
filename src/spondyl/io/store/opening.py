"""Stores made, opened and taken to the newest revision."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.engine import URL

from spondyl.core.errors import StoreError
from spondyl.io.store import migrate, tables
from spondyl.io.store.engine import engine_for, file_of, shown, store_url
from spondyl.io.store.failures import telling
from spondyl.io.store.store import Store, writing


def create_store(place: str, name: str, *, who: str) -> Store:
    """Make a store in an empty database, or in a file that is not there yet.

    Raises
    ------
    StoreError
        If there is a store already, or another database.
    """
    url = store_url(place)
    path = file_of(url)
    if path is not None:
        _make_file(path)
    with _engine(url) as engine:
        with telling(url), engine.connect() as connection, connection.begin():
            _refuse_taken(connection, url)
        if path is not None:
            with telling(url), engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA journal_mode = WAL")
        with writing(engine, who) as connection:
            _refuse_taken(connection, url)  # once more, now that nobody else writes
            migrate.upgrade(connection)
            connection.execute(insert(tables.cohort).values(name=name))
        return Store(engine, name)


def _refuse_taken(connection: Connection, url: URL) -> None:
    if _revision(connection, url) is not None:
        raise StoreError(f'"{shown(url)}" holds a store already; open it, or choose another place')


def _make_file(path: Path) -> None:
    """An empty file that only its owner reads, where there is none; the files beside it follow its permissions."""
    if not path.parent.is_dir():
        raise StoreError(f"{path.parent} is no folder; make it first, or choose another place for the store")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}; choose another place for the store") from error


@contextmanager
def _engine(url: URL) -> Generator[Engine]:
    """An engine that is let go of where the block fails."""
    engine = engine_for(url)
    try:
        yield engine
    except BaseException:
        engine.dispose()
        raise


def open_store(place: str) -> Store:
    """Open a store.

    Raises
    ------
    StoreError
        If there is none, an older revision of one, or a later one.
    """
    url = _known(place)
    with _engine(url) as engine:
        with telling(url), engine.connect() as connection, connection.begin():
            found = _there(connection, url)
            if found != migrate.newest():
                raise StoreError(
                    f'store "{shown(url)}" has revision {found}, this spondyl writes {migrate.newest()}; copy it, then '
                    "run `spondyl followup upgrade` on it"
                )
            name = connection.execute(select(tables.cohort.c.name)).scalar_one()
        return Store(engine, name)


def upgrade_store(place: str, *, who: str) -> tuple[str, str]:
    """Take a store to the newest revision: the revision it had, the one it has.

    Raises
    ------
    StoreError
        If there is no store, or a later spondyl wrote it.
    """
    with _engine(_known(place)) as engine:
        with writing(engine, who) as connection:
            found = _there(connection, engine.url)
            migrate.upgrade(connection)
        engine.dispose()
    return found, migrate.newest()


def _known(place: str) -> URL:
    """The URL of a store whose file, if it is one, is there."""
    url = store_url(place)
    path = file_of(url)
    if path is not None and not path.is_file():
        raise StoreError(f"{path} not found; `spondyl followup init {path} --name NAME` makes a store")
    return url


def _there(connection: Connection, url: URL) -> str:
    found = _revision(connection, url)
    if found is None:
        raise StoreError(f'"{shown(url)}" holds no store; `spondyl followup init` makes one')
    return found


def _revision(connection: Connection, url: URL) -> str | None:
    try:
        return migrate.revision_of(connection)
    except StoreError as error:
        raise StoreError(f'"{shown(url)}": {error}') from error
