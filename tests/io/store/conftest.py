"""Stores to test on: an SQLite file, and a PostgreSQL server that these tests start themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from spondyl.followup.records import (
    AdverseEventRecord,
    LesionRecord,
    PatientRecord,
    PlanMetric,
    PlanRecord,
    PlanVerdict,
    TreatmentRecord,
    VisitRecord,
)
from spondyl.io.store import Store, create_store

ROOM_MB = 512
"""A PostgreSQL cluster takes some 40 MB and its log as much again; with less room the tests say so."""


class Server:
    """A PostgreSQL server on a socket in a temporary folder, owned by a user who is not root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.data, self.socket = folder / "data", folder / "socket"
        self.socket.mkdir()
        self.as_other: list[str] = []
        self.user = "spondyl"
        if os.geteuid() == 0:
            self.as_other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            for path in (folder, self.socket):
                shutil.chown(path, "postgres", "postgres")
        self._run("initdb", "-D", str(self.data), "-U", self.user, "--auth=trust", "--no-sync", "-E", "UTF8")

    def start(self) -> None:
        """Start it; only the socket is listened on."""
        # fsync guards against the machine going down, which no test here does; the server does go down in one.
        options = f"-c listen_addresses='' -c unix_socket_directories={self.socket} -c fsync=off"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it; "immediate" is a crash."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return f"postgresql://{self.user}@/{name}?host={self.socket}"

    def sql(self, database: str, statement: str) -> str:
        """What psql prints for a statement."""
        return self._run("psql", "-h", str(self.socket), "-U", self.user, "-Atc", statement, database)

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [*self.as_other, str(self.programs / program), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stdout}"
        return done.stdout


def postgresql_programs() -> Path | None:
    """The folder of initdb and pg_ctl, which Debian keeps off the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="spondyl-pg-"))
    if shutil.disk_usage(folder).free < ROOM_MB << 20:
        pytest.skip(f"less than {ROOM_MB} MB left in {folder.parent} for a PostgreSQL server")
    running = Server(programs, folder)
    try:
        running.start()
        yield running
    finally:
        if (running.data / "postmaster.pid").exists():
            running.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new store can be made."""
    if request.param == "sqlite":
        return str(tmp_path / "cohort.db")
    return request.getfixturevalue("server").database()


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """An empty store."""
    with create_store(place, "trial", who="tester") as made:
        yield made


@pytest.fixture
def make_patient() -> Callable[..., PatientRecord]:
    return patient


TREATED = date(2024, 1, 10)


def patient(pseudonym: str = "P001", visits: int = 2, **changes: object) -> PatientRecord:
    """A synthetic patient with one plan, one treatment and some visits."""
    said: dict[str, object] = {
        "pseudonym": pseudonym,
        "sex": "female",
        "birth_year": 1961,
        "primary_histology": "Mammakarzinom, triple-negativ",
        "lesions": (LesionRecord(lesion_id="A", level="T11", facts={"level": "T11", "clinical": {"kps": 80}}),),
        "plans": (
            PlanRecord(
                plan_id="pl1",
                lesion_id="A",
                technique="imrt",
                prescription_gy=24.0,
                fractions=2,
                metrics=(PlanMetric(structure="GTV", metric="D98%", value=0.1 + 0.2, unit="Gy"),),
                verdicts=(
                    PlanVerdict(
                        structure="SpinalCord", metric="D0.03cc", op="<=", limit=17.0, value=16.2, unit="Gy",
                        level="mandatory", status="pass", margin=0.8,
                    ),
                ),
            ),
        ),
        "treatments": (
            TreatmentRecord(
                treatment_id="t1", lesion_id="A", kind="sbrt", started_on=TREATED, ended_on=TREATED, plan_id="pl1"
            ),
        ),
        "visits": tuple(
            VisitRecord(on=TREATED + timedelta(days=14 * (n + 1)), pain_vas=float(n % 10)) for n in range(visits)
        ),
        "adverse_events": (AdverseEventRecord(on=TREATED, term="Fatigue", grade=1),),
    }  # fmt: skip
    return PatientRecord.model_validate({**said, **changes})
