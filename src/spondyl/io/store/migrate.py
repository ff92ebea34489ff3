"""Which revision a store has, and the way from there to the newest one: whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from spondyl.core.errors import StoreError

_FOLDER = Path(__file__).with_name("migrations")


def newest() -> str:
    """The revision that this spondyl writes and reads."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def revision_of(connection: Connection) -> str | None:
    """The store's revision, None where the database holds no store.

    Raises
    ------
    StoreError
        If the database holds tables and no store, or a later spondyl wrote it.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None and inspect(connection).get_table_names():
        raise StoreError("the database holds tables and no store of spondyl; choose another one, or an empty one")
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"the store has revision {found}, this spondyl knows up to {newest()}: a later one wrote it; update spondyl"
        )
    return found


def upgrade(connection: Connection, to: str = "head") -> None:
    """Take a store, or an empty database, to a revision, in the transaction that `connection` has begun."""
    script = ScriptDirectory.from_config(_config())

    def steps(revision: str, _: object) -> list[MigrationStep]:
        return cast("list[MigrationStep]", script._upgrade_revs(to, revision))

    with EnvironmentContext(_config(), script, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
