"""What the database itself enforces: every change leaves a line in the audit, and no line is ever changed.

The lines are written by triggers, so that a change made past this program leaves one too: SQLite asks the connection
who is writing by the function `spondyl_who()`, which a bare shell has not (and so cannot write at all), PostgreSQL by
the setting `spondyl.who`, without which a change is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

APPEND_ONLY = "the audit is append-only"


@dataclass(frozen=True)
class Watched:
    """A table whose changes are audited.

    Parameters
    ----------
    key
        Columns that tell its rows apart.
    told
        Columns whose values the audit keeps, beside the key.
    as_json
        Those of `told` that hold JSON.
    secret
        Columns whose change is told, and whose values are not.
    """

    name: str
    key: tuple[str, ...]
    told: tuple[str, ...] = ()
    as_json: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


def audit_triggers(dialect: str, watched: Watched) -> Iterator[str]:
    """Statements that let a table's changes be audited; those that did before are replaced."""
    yield from _sqlite(watched) if dialect == "sqlite" else _postgresql(watched)


def _sqlite(watched: Watched) -> Iterator[str]:
    cases = (("insert", "NULL", "NEW"), ("update", "OLD", "NEW"), ("delete", "OLD", "NULL"))
    for action, before, after in cases:
        row = "OLD" if action == "delete" else "NEW"
        name = f"audit_{watched.name}_{action}"
        changed = f"WHEN {_changed(watched)}" if action == "update" else ""
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield (
            f'CREATE TRIGGER {name} AFTER {action.upper()} ON "{watched.name}" {changed} BEGIN '
            "INSERT INTO audit (at, who, table_name, action, key, before, after) VALUES ("
            f"strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), spondyl_who(), '{watched.name}', '{action}', "
            f"{_object(watched.key, (), row)}, {_values(watched, before)}, {_values(watched, after)}); END"
        )


def _changed(watched: Watched) -> str:
    columns = (*watched.key, *watched.told, *watched.secret)
    return " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in columns)


def _values(watched: Watched, row: str) -> str:
    return "NULL" if row == "NULL" else _object((*watched.key, *watched.told), watched.as_json, row)


def _object(columns: Sequence[str], as_json: Sequence[str], row: str) -> str:
    pairs = (f"'{name}', " + (f'json({row}."{name}")' if name in as_json else f'{row}."{name}"') for name in columns)
    return f"json_object({', '.join(pairs)})"


def _postgresql(watched: Watched) -> Iterator[str]:
    key, told, secret = (
        "{" + ",".join(names) + "}"
        for names in (watched.key, (*watched.key, *watched.told), (*watched.key, *watched.told, *watched.secret))
    )
    yield f'DROP TRIGGER IF EXISTS audit_{watched.name} ON "{watched.name}"'
    yield (
        f'CREATE TRIGGER audit_{watched.name} AFTER INSERT OR UPDATE OR DELETE ON "{watched.name}" '
        f"FOR EACH ROW EXECUTE FUNCTION spondyl_audit('{key}', '{told}', '{secret}')"
    )


def append_only(dialect: str) -> Iterator[str]:
    """Statements that keep the audit from being changed, and, for PostgreSQL, the function that writes it."""
    yield from _SQLITE if dialect == "sqlite" else _POSTGRESQL


_SQLITE = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END",
    # INSERT OR REPLACE deletes without asking the trigger above.
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
    f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END",
)
_POSTGRESQL = (
    f"""
    CREATE FUNCTION spondyl_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$
    """,
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION spondyl_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION spondyl_append_only()",
    """
    CREATE FUNCTION spondyl_only(row_ jsonb, names text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT AS
    $$ SELECT jsonb_object_agg(name, row_ -> name) FROM unnest(names) AS name $$
    """,
    """
    CREATE FUNCTION spondyl_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      said text := current_setting('spondyl.who', true);
      before_ jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
      after_ jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
    BEGIN
      IF said IS NULL OR said = '' THEN
        RAISE EXCEPTION 'nobody said who writes: SET LOCAL spondyl.who';
      END IF;
      IF TG_OP = 'UPDATE' AND spondyl_only(before_, TG_ARGV[2]::text[]) = spondyl_only(after_, TG_ARGV[2]::text[]) THEN
        RETURN NULL;
      END IF;
      INSERT INTO audit (at, who, table_name, action, key, before, after) VALUES (
        to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), said, TG_TABLE_NAME,
        lower(TG_OP), spondyl_only(coalesce(after_, before_), TG_ARGV[0]::text[])::json,
        spondyl_only(before_, TG_ARGV[1]::text[])::json, spondyl_only(after_, TG_ARGV[1]::text[])::json);
      RETURN NULL;
    END $$
    """,
)
