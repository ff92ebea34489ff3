"""Rows put together as patients, and what contradicts between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from spondyl.core.errors import nearest
from spondyl.core.faults import shown
from spondyl.followup.records import OTHER_CASE, TABLES, PatientRecord, PlanRecord, Record, patient_faults
from spondyl.io.cohort_csv_entries import Entry, with_parts
from spondyl.io.cohort_csv_sheets import CsvFault

_PARTS = {"plan_metrics": "metrics", "plan_verdicts": "verdicts"}


@dataclass(frozen=True)
class Checked:
    """Patients that the rows make, and the faults of each row that is at fault beyond what it had."""

    patients: tuple[PatientRecord, ...]
    faults: tuple[tuple[Entry, CsvFault], ...]


def check(entries: Iterable[Entry]) -> Checked:
    """Put rows together and find what contradicts between them."""
    every = list(entries)
    faults: list[tuple[Entry, CsvFault]] = []
    own: dict[str, Entry] = {}
    alike: dict[str, Entry] = {}
    for entry in (each for each in every if each.table == "patients" and each.pseudonym):
        if entry.pseudonym in own:
            told = f'"{entry.pseudonym}" is given twice, first in row {own[entry.pseudonym].line.row}; keep one'
            faults.append((entry, entry.line.fault("pseudonym", told)))
        else:
            own[entry.pseudonym] = entry
            first = alike.setdefault(entry.pseudonym.casefold(), entry)
            if first is not entry:
                told = f"is {shown(entry.pseudonym)}, row {first.line.row} has {shown(first.pseudonym)}: {OTHER_CASE}"
                faults.append((entry, entry.line.fault("pseudonym", told)))
    by_patient: dict[str, list[Entry]] = defaultdict(list)
    for entry in every:
        if entry.table == "patients" or not entry.pseudonym:
            continue
        if entry.pseudonym in own:
            by_patient[entry.pseudonym].append(entry)
        else:
            near = ", ".join(nearest(entry.pseudonym, own)) or "none is like it"
            told = f"is {shown(entry.pseudonym)}, no patient of patients.csv; nearest: {near}"
            faults.append((entry, entry.line.fault("pseudonym", told)))
    patients: list[PatientRecord] = []
    for pseudonym, entry in sorted(own.items()):
        patient, found = _patient(entry, by_patient[pseudonym])
        patients.append(patient)
        faults += found
    return Checked(tuple(patients), tuple(faults))


def _patient(own: Entry, entries: list[Entry]) -> tuple[PatientRecord, list[tuple[Entry, CsvFault]]]:
    """A patient of its rows, unchecked as a whole, and what is wrong between them."""
    faults: list[tuple[Entry, CsvFault]] = []
    records: dict[str, list[Record]] = defaultdict(list)
    by_record: dict[int, Entry] = {}
    parts = _plan_parts(entries, faults)
    for entry in entries:
        record = entry.record
        if record is None or entry.table in _PARTS:
            continue
        if isinstance(record, PlanRecord):
            record = with_parts(record, parts[record.plan_id])
        if entry.table == "deaths" and records["deaths"]:
            faults.append((entry, entry.line.fault(None, f"patient {entry.pseudonym} has a death already; keep one")))
            continue
        records[entry.table].append(record)
        by_record[id(record)] = entry
    faults += _unknown_lesions(entries)
    said: dict[str, Any] = {name: own.values[name] for name in own.values if own.values[name] is not None}
    if own.record is not None:
        said = {name: getattr(own.record, name) for name in said}
    said |= {name: tuple(records[name]) for name in TABLES}
    patient = PatientRecord.model_construct(**said, death=next(iter(records["deaths"]), None))
    by_record[id(patient)] = own
    for fault in patient_faults(patient):
        entry = by_record[id(fault.record)]
        faults.append((entry, entry.line.fault(fault.field, fault.message)))
    return patient, faults


def _plan_parts(entries: list[Entry], faults: list[tuple[Entry, CsvFault]]) -> dict[str, dict[str, list[Record]]]:
    """Metrics and verdicts by plan, in the order of their positions."""
    plans = {str(entry.values["plan_id"]) for entry in entries if entry.table == "plans"}
    parts: dict[str, dict[str, list[Record]]] = defaultdict(lambda: {name: [] for name in _PARTS.values()})
    seen: set[tuple[str, str, int]] = set()
    those = [e for e in entries if e.table in _PARTS and e.values["plan_id"] is not None]
    for entry in sorted(those, key=lambda each: each.values["position"] or 0):
        plan, position = str(entry.values["plan_id"]), entry.values["position"]
        if plan not in plans:
            near = ", ".join(nearest(plan, plans) or sorted(plans)) or "none, the patient has no plan"
            told = f"is {shown(plan)}, no plan of this patient; nearest: {near}"
            faults.append((entry, entry.line.fault("plan_id", told)))
        elif position is not None and position < 1:
            faults.append((entry, entry.line.fault("position", f"is {position}, expected a number from 1")))
        elif (entry.table, plan, position) in seen:
            faults.append((entry, entry.line.fault("position", f"{position} is given twice for this plan; keep one")))
        elif entry.record is not None and position is not None:
            seen.add((entry.table, plan, position))
            parts[plan][_PARTS[entry.table]].append(entry.record)
    return parts


def _unknown_lesions(entries: list[Entry]) -> Iterator[tuple[Entry, CsvFault]]:
    """Facts of lesions that are not there; of other tables the records' own checks tell."""
    lesions = {str(entry.values["lesion_id"]) for entry in entries if entry.table == "lesions"}
    for entry in entries:
        lesion = entry.values.get("lesion_id")
        if entry.table == "facts" and lesion is not None and lesion not in lesions:
            near = ", ".join(nearest(lesion, lesions) or sorted(lesions)) or "none, the patient has no lesion"
            told = f"is {shown(lesion)}, no lesion of this patient; nearest: {near}"
            yield entry, entry.line.fault("lesion_id", told)
