"""What goes into the store comes out of it, each change whole, signed and audited: SQLite and PostgreSQL alike."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from spondyl.core.errors import OutputError, StoreConflictError, StoreError
from spondyl.followup.records import DeathRecord, PatientRecord, VisitRecord
from spondyl.io.store import KEY, KEY_FILE, Identity, Store, create_store, migrate, open_store, upgrade_store, write_key
from spondyl.io.store import triggers as trigger_statements
from spondyl.io.store.engine import engine_for, store_url
from spondyl.io.store.store import signed, writing
from spondyl.io.store.tables import METADATA

Maker = Callable[..., PatientRecord]


def test_a_patient_comes_back_equal_and_from_another_opening_too(store: Store, place: str, make_patient: Maker):
    store.add([make_patient("P002"), make_patient("P001", visits=5)], who="amy")
    with open_store(place) as again:
        assert again.name == "trial"
        assert again.cohort().patients == (make_patient("P001", visits=5), make_patient("P002"))
    assert store.patient("P001").version == 1
    # 0.1 + 0.2 is no short decimal: the database keeps every bit
    assert store.patient("P002").patient.plans[0].metrics[0].value == 0.1 + 0.2


def test_a_change_writes_what_differs_and_the_audit_has_who_before_and_after(store: Store, make_patient: Maker):
    store.add([make_patient()], who="amy")
    seen = store.audit()[-1].number
    died = make_patient(visits=1, sex="male", death=DeathRecord(on=date(2024, 8, 1), cause="tumour"))
    assert store.replace(died, version=1, who="ben") == 2
    lines = store.audit("P001", after=seen)
    assert [(c.who, c.table, c.action) for c in lines] == [
        ("ben", "patients", "update"),
        ("ben", "visits", "delete"),
        ("ben", "deaths", "insert"),
    ]
    patients, visit, death = lines
    assert (patients.before["sex"], patients.after["sex"]) == ("female", "male")
    assert visit.key == {"pseudonym": "P001", "on": "2024-02-07", "lesion_id": None}
    assert (visit.before["pain_vas"], visit.after) == (1.0, None)
    assert death.after == {"pseudonym": "P001", "on": "2024-08-01", "cause": "tumour"}
    assert all(line.at.endswith("Z") and line.at[:4] >= "2024" for line in lines)
    assert store.patient("P001").patient == died


def test_writing_the_same_again_leaves_no_line(store: Store, make_patient: Maker):
    store.add([make_patient()], who="amy")
    seen = len(store.audit())
    store.replace(make_patient(), version=1, who="ben")
    assert len(store.audit()) == seen


def test_a_version_that_was_overtaken_is_refused_and_nothing_of_it_is_written(store: Store, make_patient: Maker):
    store.add([make_patient()], who="amy")
    store.replace(make_patient(visits=3), version=1, who="ben")
    seen = len(store.audit())
    with pytest.raises(StoreConflictError, match="has version 2, expected 1: somebody changed it"):
        store.replace(make_patient(visits=9), version=1, who="amy")
    with pytest.raises(StoreConflictError, match="P001 is in the store already"):
        store.add([make_patient("P000"), make_patient()], who="amy")
    assert store.pseudonyms() == ("P001",)
    assert len(store.patient("P001").patient.visits) == 3
    assert len(store.audit()) == seen


def test_a_patient_taken_away_stays_in_the_audit(store: Store, make_patient: Maker):
    store.add([make_patient()], who="amy")
    store.remove("P001", version=1, who="ben")
    assert store.pseudonyms() == ()
    gone = {line.table for line in store.audit("P001") if line.action == "delete"}
    assert {"patients", "lesions", "plans", "plan_metrics", "treatments", "visits"} <= gone
    with pytest.raises(StoreError, match='has no patient "P001"'):
        store.patient("P001")


def test_a_patient_that_contradicts_itself_is_not_written(store: Store, make_patient: Maker):
    store.add([make_patient()], who="amy")
    wrong = make_patient().model_copy(update={"death": DeathRecord(on=date(2020, 1, 1))})
    with pytest.raises(ValueError, match="after the death on 2020-01-01"):
        store.replace(wrong, version=1, who="amy")
    with pytest.raises(StoreError, match="nobody said who writes"):
        store.add([make_patient("P002")], who=" ")
    assert store.patient("P001").version == 1


def test_writers_at_once_lose_nothing(place: str, make_patient: Maker):
    """Three processes add four visits each to one patient, and a patient of their own."""
    with create_store(place, "trial", who="amy") as made:
        made.add([make_patient(visits=0)], who="amy")

    def work(writer: int) -> None:
        with open_store(place) as mine:
            mine.add([make_patient(f"W{writer}")], who=f"writer {writer}")
            for n in range(4):
                visit = VisitRecord(on=date(2024, 2, 1) + timedelta(days=10 * n + writer), pain_vas=float(writer))
                mine.change(
                    "P001",
                    lambda there, visit=visit: there.model_copy(update={"visits": (*there.visits, visit)}),
                    who=f"writer {writer}",
                )

    # Forked, when no connection is open: a process that starts anew would import everything again.
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=work, args=(writer,)) for writer in range(3)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert [each.exitcode for each in writers] == [0, 0, 0]
    with open_store(place) as store:
        found, lines = store.patient("P001"), store.audit("P001")
        assert store.pseudonyms() == ("P001", "W0", "W1", "W2")
    assert len(found.patient.visits) == 12
    assert found.version == 13
    signed_visits = [line for line in lines if line.table == "visits"]
    assert sorted(line.who for line in signed_visits) == [f"writer {w}" for w in range(3) for _ in range(4)]
    assert all(line.after["pain_vas"] == float(line.who[-1]) for line in signed_visits)


def attempts(dialect: str) -> list[str]:
    """Ways to change the audit."""
    every = ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "DELETE FROM audit WHERE id = 1"]
    if dialect == "sqlite":
        row = "1, 'now', 'nobody', 'patients', 'insert', '{}', NULL, NULL"
        return [*every, f"INSERT OR REPLACE INTO audit VALUES ({row})"]
    return [*every, "TRUNCATE audit"]


def test_the_database_itself_refuses_to_change_the_audit(store: Store, make_patient: Maker):
    store.add([make_patient()], who="amy")
    before = store.audit()
    engine = engine_for(store.url)
    for statement in attempts(engine.dialect.name):
        with pytest.raises(DBAPIError, match="append-only"), signed(engine, "mallory") as connection:
            connection.execute(text(statement))
    engine.dispose()
    assert store.audit() == before


def test_a_change_past_this_program_is_audited_or_refused(place: str, store: Store, make_patient: Maker, request):
    store.add([make_patient()], who="amy")
    if store.url.drivername == "sqlite":
        bare = sqlite3.connect(place)
        with pytest.raises(sqlite3.OperationalError, match="no such function: spondyl_who"):
            bare.execute("UPDATE patients SET sex = 'male'")
        bare.close()
    else:
        server, database = request.getfixturevalue("server"), str(store.url.database)
        with pytest.raises(AssertionError, match="nobody said who writes"):
            server.sql(database, "UPDATE patients SET sex = 'male'")
        server.sql(database, "SET spondyl.who = 'zoe'; UPDATE patients SET sex = 'male'")
        assert (store.audit()[-1].who, store.audit()[-1].after["sex"]) == ("zoe", "male")


def test_an_identity_is_sealed_and_its_name_stands_nowhere(
    store: Store, make_patient: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    key = tmp_path / "identity.key"
    write_key(key)
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OutputError, match="would be lost"):
        write_key(key)
    store.add([make_patient()], who="amy")
    who = Identity("Erika Mustermann", "KH-4711")
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.delenv(KEY_FILE, raising=False)
    with pytest.raises(StoreError, match="no key is given"):
        store.identify("P001", who, who="amy")
    monkeypatch.setenv(KEY_FILE, str(key))
    store.identify("P001", who, who="amy")
    assert store.identity("P001") == who
    assert "Erika" not in repr(who)
    lines = [line for line in store.audit("P001") if line.table == "identities"]
    assert [(line.action, line.before, line.after) for line in lines] == [("insert", None, {"pseudonym": "P001"})]
    assert "Mustermann" not in store.cohort().model_dump_json()
    if store.url.drivername == "sqlite":
        folder = Path(str(store.url.database)).parent
        written = b"".join(path.read_bytes() for path in folder.glob("cohort.db*"))
        assert b"P001" in written
        assert b"Mustermann" not in written
        assert b"KH-4711" not in written
    another = tmp_path / "another.key"
    write_key(another)
    monkeypatch.setenv(KEY_FILE, str(another))
    with pytest.raises(StoreError, match="none of the keys given opens this identity"):
        store.identity("P001")
    store.identify("P001", None, who="amy")
    assert store.identity("P001") is None


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_lead_from_nothing_to_the_tables_and_an_old_store_keeps_what_it_has(place: str, make_patient: Maker):
    engine = engine_for(store_url(place))
    with writing(engine, "amy") as connection:
        migrate.upgrade(connection, "0001")
        connection.execute(text("INSERT INTO cohort (name) VALUES ('old trial')"))
        connection.execute(text("INSERT INTO patients (pseudonym, version, sex) VALUES ('P009', 1, 'other')"))
    with pytest.raises(StoreError, match="has revision 0001, this spondyl writes 0002"):
        open_store(place)
    assert upgrade_store(place, who="ben") == ("0001", "0002")
    with open_store(place) as opened:
        assert opened.name == "old trial"
        assert opened.patient("P009").patient == PatientRecord(pseudonym="P009", sex="other")
        opened.add([make_patient()], who="ben")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()
    assert differences == []


def test_a_migration_that_fails_leaves_the_store_as_it_was(place: str, monkeypatch: pytest.MonkeyPatch):
    engine = engine_for(store_url(place))
    with writing(engine, "amy") as connection:
        migrate.upgrade(connection, "0001")
        connection.execute(text("INSERT INTO cohort (name) VALUES ('old trial')"))

    def broken(*_: object):
        raise RuntimeError("killed after the table was made")

    with monkeypatch.context() as patch:
        patch.setattr(trigger_statements, "audit_triggers", broken)
        with pytest.raises(RuntimeError, match="killed"):
            upgrade_store(place, who="ben")
    with engine.connect() as connection:
        assert migrate.revision_of(connection) == "0001"
        assert "identities" not in {row for row in METADATA.tables if engine.dialect.has_table(connection, row)}
    engine.dispose()
    assert upgrade_store(place, who="ben") == ("0001", "0002")


def test_what_is_no_store_is_refused(place: str, store: Store, tmp_path: Path):
    with pytest.raises(StoreError, match="holds a store already"):
        create_store(place, "another", who="amy")
    engine = engine_for(store.url)
    with writing(engine, "amy") as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"has revision 9999, this spondyl knows up to 0002.*update spondyl"):
        open_store(place)


def test_a_new_file_and_those_beside_it_are_its_owner_s_alone(tmp_path: Path, make_patient: Maker):
    with create_store(str(tmp_path / "cohort.db"), "trial", who="amy") as store:
        store.add([make_patient()], who="amy")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"cohort.db": 0o600, "cohort.db-wal": 0o600, "cohort.db-shm": 0o600}


def test_a_file_that_is_no_store_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match=r"gone\.db not found; `spondyl followup init"):
        open_store(str(tmp_path / "gone.db"))
    (tmp_path / "notes.db").write_text("these are notes, and long enough to be read as a header of a file " * 9)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_store(str(tmp_path / "notes.db"))
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE patients (name TEXT)")
    other.close()
    as_it_was = (tmp_path / "other.db").read_bytes()
    with pytest.raises(StoreError, match="holds tables and no store of spondyl"):
        create_store(str(tmp_path / "other.db"), "trial", who="amy")
    assert (tmp_path / "other.db").read_bytes() == as_it_was
    with pytest.raises(StoreError, match="is no folder; make it first"):
        create_store(str(tmp_path / "gone" / "trial.db"), "trial", who="amy")
    with pytest.raises(StoreError, match="is a mysql database"):
        open_store("mysql://me@host/trial")
    with pytest.raises(StoreError, match="the server does not answer") as refused:
        open_store(f"postgresql://me:secret@/trial?host={tmp_path}")
    assert "secret" not in str(refused.value)
