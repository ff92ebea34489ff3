"""The store: patients over time in a database, each change whole, signed and audited."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.engine import URL

from spondyl.core.errors import StoreConflictError, StoreError
from spondyl.followup.records import Cohort, PatientRecord
from spondyl.io.store import identity as sealed
from spondyl.io.store import tables
from spondyl.io.store.engine import WRITES, shown, sign
from spondyl.io.store.failures import telling
from spondyl.io.store.reading import Change, Stored, changes_in, patients_in
from spondyl.io.store.writing import insert_patients, remove_patient, replace_patient

TRIES = 20
"""How often `Store.change` reads again and repeats, where others change the same patient. Ours."""


class Store:
    """Patients of one cohort in a database.

    Every method is one transaction: it is done whole, or nothing of it is. A patient that is written over names the
    version that was read, so that nobody's change is lost unseen. Use `create_store` or `open_store`, and `close`.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name

    @property
    def url(self) -> URL:
        """Where it is."""
        return self._engine.url

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def cohort(self) -> Cohort:
        """Every patient, as of one moment."""
        with self._reading() as connection:
            return Cohort(name=self.name, patients=tuple(each.patient for each in patients_in(connection)))

    def patient(self, pseudonym: str) -> Stored:
        """One patient and its version.

        Raises
        ------
        StoreError
            If there is none of that pseudonym.
        """
        with self._reading() as connection:
            found = patients_in(connection, pseudonym)
        if not found:
            raise StoreError(f'store "{shown(self.url)}" has no patient "{pseudonym}"; `followup export` lists them')
        return found[0]

    def pseudonyms(self) -> tuple[str, ...]:
        """The patients there are, in order."""
        with self._reading() as connection:
            return tuple(sorted(connection.execute(select(tables.patients.c.pseudonym)).scalars()))

    def add(self, patients: Iterable[PatientRecord], *, who: str) -> None:
        """Write patients that are not there yet: all of them or none.

        Raises
        ------
        StoreConflictError
            If one is there.
        """
        checked = [_checked(patient) for patient in sorted(patients, key=lambda each: each.pseudonym)]
        with self._writing(who) as connection:
            insert_patients(connection, checked)

    def replace(self, patient: PatientRecord, *, version: int, who: str) -> int:
        """Write a patient over the version that was read; the new version.

        Raises
        ------
        StoreConflictError
            If it has another version by now.
        """
        checked = _checked(patient)
        with self._writing(who) as connection:
            return replace_patient(connection, checked, version)

    def merge(self, patients: Iterable[PatientRecord], *, who: str) -> tuple[int, int]:
        """Write patients, in place of those of the same pseudonym: all of them or none.

        Returns
        -------
        tuple of int
            Patients that are new, patients that were written over.
        """
        checked = [_checked(patient) for patient in sorted(patients, key=lambda each: each.pseudonym)]
        with self._writing(who) as connection:
            asked = select(tables.patients.c.pseudonym, tables.patients.c.version)
            versions = {row.pseudonym: row.version for row in connection.execute(asked)}
            new = [patient for patient in checked if patient.pseudonym not in versions]
            insert_patients(connection, new)
            old = [patient for patient in checked if patient.pseudonym in versions]
            for patient in old:
                replace_patient(connection, patient, versions[patient.pseudonym])
        return len(new), len(old)

    def change(self, pseudonym: str, how: Callable[[PatientRecord], PatientRecord], *, who: str) -> int:
        """Read, change and write a patient, again where somebody else was faster; the new version.

        Raises
        ------
        StoreConflictError
            If somebody else was faster `TRIES` times.
        """
        for attempt in range(1, TRIES + 1):
            stored = self.patient(pseudonym)
            try:
                return self.replace(how(stored.patient), version=stored.version, who=who)
            except StoreConflictError:
                if attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    def remove(self, pseudonym: str, *, version: int, who: str) -> None:
        """Take a patient and its identity away; the audit keeps what was recorded.

        Raises
        ------
        StoreConflictError
            If it has another version by now.
        """
        with self._writing(who) as connection:
            remove_patient(connection, pseudonym, version)

    def audit(self, pseudonym: str | None = None, after: int = 0) -> tuple[Change, ...]:
        """Every change, oldest first; of one patient where it is named, and above the number `after`."""
        with self._reading() as connection:
            return changes_in(connection, pseudonym, after)

    def identity(self, pseudonym: str) -> sealed.Identity | None:
        """Who a pseudonym is, None where the store does not hold it; needs the key.

        Raises
        ------
        StoreError
            If the key is missing or another one.
        """
        with self._reading() as connection:
            found = connection.execute(
                select(tables.identities.c.sealed).where(tables.identities.c.pseudonym == pseudonym)
            ).scalar_one_or_none()
        return None if found is None else sealed.unseal(found, sealed.keys())

    def identify(self, pseudonym: str, identity: sealed.Identity | None, *, who: str) -> None:
        """Seal and keep who a pseudonym is, or forget it with None.

        Raises
        ------
        StoreError
            If there is no such patient, or no key.
        """
        self.patient(pseudonym)
        content = None if identity is None else sealed.seal(identity, sealed.keys())
        with self._writing(who) as connection:
            connection.execute(delete(tables.identities).where(tables.identities.c.pseudonym == pseudonym))
            if content is not None:
                connection.execute(insert(tables.identities).values(pseudonym=pseudonym, sealed=content))

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        with telling(self.url), self._engine.connect() as connection:
            if connection.dialect.name != "sqlite":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def _writing(self, who: str) -> Generator[Connection]:
        with writing(self._engine, who) as connection:
            yield connection


@contextmanager
def writing(engine: Engine, who: str) -> Generator[Connection]:
    """One signed transaction of a writer.

    Raises
    ------
    StoreError
        If nobody signs, or the database refuses.
    """
    signature = checked_writer(who)
    with telling(engine.url), signed(engine, signature) as connection:
        yield connection


def checked_writer(who: str) -> str:
    """Who writes, as the audit keeps it: one line, without the blanks around it.

    Raises
    ------
    StoreError
        If it is empty, or has a line break or another control character, which could forge a line of the audit.
    """
    if not who.strip():
        raise StoreError("nobody said who writes; give --who, or set SPONDYL_USER")
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in who):
        raise StoreError("who writes has a line break or a control character, expected a name in one line; correct it")
    return who.strip()


@contextmanager
def signed(engine: Engine, who: str) -> Generator[Connection]:
    """As `writing`, with the database's own errors."""
    with engine.connect() as connection:
        writer = connection.execution_options(**{WRITES: True})
        with writer.begin():
            sign(writer, who)
            yield writer


def _checked(patient: PatientRecord) -> PatientRecord:
    """The patient, checked again: `model_copy` and `model_construct` check nothing."""
    return PatientRecord.model_validate(patient.model_dump())
