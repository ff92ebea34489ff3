"""A killed writer, a killed server, a full disk: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from spondyl.core.errors import StoreError
from spondyl.followup.records import PatientRecord
from spondyl.io.store import Store, create_store, open_store
from spondyl.io.store.store import writing
from spondyl.io.store.writing import insert_patients

Maker = Callable[..., PatientRecord]


def large(make_patient: Maker, n: int) -> PatientRecord:
    """The n-th of the patients that fill a disk: 60 kB of text that nothing compresses."""
    filler = "".join(hashlib.sha256(f"{n} {part}".encode()).hexdigest() for part in range(940))
    return make_patient(f"F{n:03}", primary_histology=filler)


def whole(store: Store, *acknowledged: PatientRecord) -> None:
    """Every patient acknowledged is there with all that it has, no other is, and the audit speaks of no other."""
    assert store.cohort().patients == acknowledged
    lines = store.audit()
    assert {line.key["pseudonym"] for line in lines if "pseudonym" in line.key} == {p.pseudonym for p in acknowledged}
    assert sum(line.table == "visits" for line in lines) == sum(len(patient.visits) for patient in acknowledged)


def test_a_writer_that_is_killed_leaves_what_it_was_told_is_there_and_nothing_by_half(
    place: str, store: Store, make_patient: Maker
):
    writer = Path(__file__).with_name("store_writer.py")
    with subprocess.Popen([sys.executable, str(writer), place], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(4)]
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert told == ["W0", "W1", "W2", "half"]
    expected = [make_patient(f"W{n}", visits=n) for n in range(4)]
    whole(store, *expected[:3])
    store.add(expected[3:], who="next")
    whole(store, *expected)
    if store.url.drivername == "sqlite":
        with store._reading() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def test_a_server_that_crashes_keeps_what_it_acknowledged(server, make_patient: Maker):
    place = server.database()
    with create_store(place, "trial", who="amy") as store:
        first, second = make_patient("P1", visits=3), make_patient("P2", visits=1)
        store.add([first], who="amy")
        with pytest.raises(StoreError, match="the server does not answer"):
            crash_halfway(store, server, make_patient)
        with pytest.raises(StoreError, match="the server does not answer"):
            store.cohort()
        server.start()
        whole(store, first)
        store.add([second], who="amy")
        whole(store, first, second)


def crash_halfway(store: Store, server, make_patient: Maker) -> None:
    """Crash the server in the middle of a transaction."""
    with writing(store._engine, "amy") as connection:
        insert_patients(connection, [make_patient("HALF")])
        server.stop("immediate")


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of that size."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a small file system to fill")
    folder = Path(tempfile.mkdtemp(prefix="spondyl-disk-"))
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(folder)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def enlarge(folder: Path, megabytes: int) -> None:
    """Make room on a small disk."""
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(folder)], check=True)


def fill(store: Store, make_patient: Maker) -> list[PatientRecord]:
    """Add patients until the disk is full: those that were acknowledged."""
    acknowledged: list[PatientRecord] = []

    def add_one_after_the_other() -> None:
        for n in range(200):
            store.add([large(make_patient, n)], who="amy")
            acknowledged.append(large(make_patient, n))

    with pytest.raises(StoreError, match="the disk is full: nothing of this change was written"):
        add_one_after_the_other()
    assert acknowledged
    return acknowledged


def go_on(store: Store, make_patient: Maker, acknowledged: list[PatientRecord]) -> None:
    """Once there is room, the store has every patient acknowledged, and takes the refused one."""
    whole(store, *acknowledged)
    refused = large(make_patient, len(acknowledged))
    store.add([refused], who="amy")
    whole(store, *acknowledged, refused)


def test_a_full_disk_stops_a_file_store_between_two_changes(make_patient: Maker):
    with small_disk(1) as folder, create_store(str(folder / "cohort.db"), "trial", who="amy") as store:
        acknowledged = fill(store, make_patient)
        whole(store, *acknowledged)
        enlarge(folder, 64)
        go_on(store, make_patient, acknowledged)


def test_a_full_disk_stops_a_server_s_store_between_two_changes(server, make_patient: Maker):
    with small_disk(12) as folder:
        shutil.chown(folder, "postgres", "postgres")
        server.sql("postgres", f"CREATE TABLESPACE tiny LOCATION '{folder}'")
        server.sql("postgres", "CREATE DATABASE tiny TABLESPACE tiny")
        with create_store(f"postgresql://{server.user}@/tiny?host={server.socket}", "trial", who="amy") as store:
            acknowledged = fill(store, make_patient)
            enlarge(folder, 64)
            go_on(store, make_patient, acknowledged)
        server.sql("postgres", "DROP DATABASE tiny")
        server.sql("postgres", "DROP TABLESPACE tiny")


def test_a_limit_on_the_file_s_size_stops_a_file_store_between_two_changes(tmp_path: Path, make_patient: Maker):
    """Where no small disk can be made: no file may grow beyond 700 kB."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with create_store(str(tmp_path / "cohort.db"), "trial", who="amy") as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, hard))
        try:
            acknowledged = fill(store, make_patient)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        whole(store, *acknowledged)
    with open_store(str(tmp_path / "cohort.db")) as again:
        go_on(again, make_patient, acknowledged)
