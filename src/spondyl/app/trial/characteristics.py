"""Table 1: who was treated, and what; unknown values counted on a line of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from spondyl.app.trial.outcomes import ALL, arm_names
from spondyl.app.trial.table import Row, Table, counted, spread
from spondyl.clinic import Facts
from spondyl.followup.endpoints import lesion_start, patient_start, visits_of
from spondyl.followup.records import Cohort, LesionRecord, PatientRecord, VisitRecord

REGIONS = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
SINS_CLASSES = ((6, "stable (0 to 6)"), (12, "potentially unstable (7 to 12)"), (18, "unstable (13 to 18)"))
"""Fisher 2010, 10.1097/BRS.0b013e3181e16ae2."""
KINDS = {"sbrt": "SBRT", "cebrt": "cEBRT", "kypho-iort": "Kypho-IORT"}
BILSKY = ("0", "1a", "1b", "1c", "2", "3")
NOTE = "Counts with percent of those known, or median and range. Unknown values are counted, never filled in."


@dataclass(frozen=True)
class Lesion:
    """A lesion of a patient, with time zero and its facts at baseline."""

    patient: PatientRecord
    record: LesionRecord
    start: date | None
    facts: Facts


def characteristics(cohort: Cohort) -> Table:
    """Table 1, a column an arm."""
    of = arm_names(cohort)
    arms = sorted(set(of.values()))
    groups = [[patient for patient in cohort.patients if of[patient.pseudonym] == arm] for arm in arms]
    if len(arms) > 1:
        arms, groups = [*arms, ALL], [*groups, list(cohort.patients)]
    treated = [[patient for patient in group if patient_start(patient) is not None] for group in groups]
    lesions = [[lesion for patient in group for lesion in _lesions(patient)] for group in treated]
    rows = [*_patient_rows(treated), *_lesion_rows(lesions)]
    heads = tuple("value" if arm == ALL and len(arms) == 1 else arm for arm in arms)
    return Table(
        "table1_characteristics", "Table 1. Patients and lesions", ("characteristic", *heads), tuple(rows), (NOTE,)
    )


def _lesions(patient: PatientRecord) -> list[Lesion]:
    found: list[Lesion] = []
    for record in patient.lesions:
        start = lesion_start(patient, record.lesion_id)
        if start is not None:
            found.append(Lesion(patient, record, start, record.baseline()))
    return found


def _patient_rows(groups: list[list[PatientRecord]]) -> list[Row]:
    rows = [Row("Treated patients", tuple(str(len(group)) for group in groups), heads=True)]
    rows += _numbers("Age, years", groups, _age, 0)
    rows += _words("Sex", groups, lambda patient: patient.sex)
    rows += _words("ECOG performance status", groups, lambda patient: _at_baseline(patient, "ecog"))
    rows += _words("Karnofsky performance status", groups, lambda patient: _at_baseline(patient, "kps"), optional=True)
    rows += _words("Primary tumour", groups, lambda patient: patient.primary_histology)
    rows += _words("Neurological grade (Frankel)", groups, lambda patient: _at_baseline(patient, "frankel"))
    rows += _words("Lesions treated", groups, lambda patient: str(len(_lesions(patient))))
    return rows


def _lesion_rows(groups: list[list[Lesion]]) -> list[Row]:
    rows = [Row("Treated lesions", tuple(str(len(group)) for group in groups), heads=True)]
    rows += _words("Location", groups, _region, order=tuple(REGIONS.values()))
    rows += _words("Primary tumour", groups, lambda lesion: lesion.patient.primary_histology)
    rows += _words("SINS", groups, _sins, order=tuple(name for _, name in SINS_CLASSES))
    rows += _words("Bone lesion", groups, lambda lesion: lesion.facts.clinical.lesion.bone_lesion_type)
    rows += _words("Fracture before treatment", groups, _fractured, order=("yes", "no"))
    rows += _words("Epidural grade (Bilsky)", groups, _bilsky, order=BILSKY)
    rows += _words("Pain before treatment", groups, _painful, order=("yes", "no"))
    rows += _numbers("GTV, cm³", groups, lambda lesion: _volume(lesion, "GTV"), 1)
    rows += _numbers("PTV_Eval, cm³", groups, lambda lesion: _volume(lesion, "PTV_Eval"), 1)
    rows += _words("Index treatment", groups, _treated)
    return rows


def _words(
    label: str,
    groups: Sequence[Sequence[Any]],
    value: Callable[[Any], Any],
    order: tuple[str, ...] = (),
    optional: bool = False,
) -> list[Row]:
    """A heading, one row a value, one for the unknown; nothing where it is optional and nobody has it."""
    found = [[value(each) for each in group] for group in groups]
    told = [[str(each) for each in group if each is not None] for group in found]
    if optional and not any(told):
        return []
    every = Counter(word for group in told for word in group)
    words = sorted(every, key=lambda word: _place(word, order, every))
    rows = [Row(label, ("",) * len(groups), heads=True)]
    rows += [Row(w, tuple(counted(group.count(w), len(group)) for group in told)) for w in words]
    return rows + _missing(found)


def _place(word: str, order: tuple[str, ...], every: Counter[str]) -> tuple[int, float, int, str]:
    """As told by `order`, numbers by value, else the most frequent first and "other" last."""
    if word in order:
        return order.index(word), 0.0, 0, ""
    number = float(word) if word.replace(".", "", 1).isdigit() else 0.0
    return len(order) + (word == "other"), number, -every[word], word


def _numbers(
    label: str, groups: Sequence[Sequence[Any]], value: Callable[[Any], float | None], digits: int
) -> list[Row]:
    found = [[value(each) for each in group] for group in groups]
    told = [[each for each in group if each is not None] for group in found]
    rows = [Row(label, ("",) * len(groups), heads=True), Row("median (range)", tuple(spread(g, digits) for g in told))]
    return rows + _missing(found)


def _missing(found: Sequence[Iterable[Any]]) -> list[Row]:
    missing = [sum(each is None for each in group) for group in found]
    return [Row("unknown", tuple(str(count) for count in missing))] if any(missing) else []


def _age(patient: PatientRecord) -> float | None:
    """By the facts, else by the year of birth, which leaves a year open."""
    for lesion in patient.lesions:
        if lesion.baseline().clinical.age_years is not None:
            return float(lesion.baseline().clinical.age_years or 0)
    start = patient_start(patient)
    return float(start.year - patient.birth_year) if start is not None and patient.birth_year is not None else None


def _at_baseline(patient: PatientRecord, field: str) -> Any:
    start = patient_start(patient)
    before = [visit for visit in patient.visits if start is not None and visit.on <= start]
    for visit in sorted(before, key=lambda each: each.on, reverse=True):
        if getattr(visit, field) is not None:
            return getattr(visit, field)
    return None


def _region(lesion: Lesion) -> str:
    spanned = dict.fromkeys(REGIONS[level[0]] for level in lesion.record.levels)
    return "-".join(spanned)


def _assessed(lesion: Lesion, instrument: str) -> Any:
    """The last assessment up to treatment."""
    before = [
        each
        for each in lesion.patient.assessments
        if (each.lesion_id, each.instrument) == (lesion.record.lesion_id, instrument)
        and lesion.start is not None
        and each.on <= lesion.start
    ]
    return max(before, key=lambda each: each.on, default=None)


def _sins(lesion: Lesion) -> str | None:
    found = _assessed(lesion, "sins")
    if found is None or found.total is None:
        return None
    return next((name for highest, name in SINS_CLASSES if found.total <= highest), None)


def _bilsky(lesion: Lesion) -> str | None:
    found = _assessed(lesion, "bilsky")
    if found is not None and found.grade is not None:
        return str(found.grade)
    if all(level.startswith("S") for level in lesion.record.levels):
        return "sacral: not graded"
    return lesion.facts.clinical.lesion.bilsky_escc


def _fractured(lesion: Lesion) -> str | None:
    """By the readings up to treatment, else by the facts."""
    start = lesion.start
    before = [
        reading.finding != "none"
        for reading in lesion.patient.fractures
        if reading.lesion_id == lesion.record.lesion_id and start is not None and reading.on <= start
    ]
    known = any(before) if before else lesion.facts.clinical.lesion.fracture
    return None if known is None else ("yes" if known else "no")


def _painful(lesion: Lesion) -> str | None:
    def scored(visit: VisitRecord) -> bool:
        return lesion.start is not None and visit.on <= lesion.start and visit.pain_vas is not None

    before = [visit for visit in visits_of(lesion.patient, lesion.record.lesion_id) if scored(visit)]
    return None if not before else ("yes" if before[-1].pain_vas else "no")


def _volume(lesion: Lesion, structure: str) -> float | None:
    """Of the plan of the index treatment; of the GTV, else as measured at baseline."""
    index = lesion.patient.index_treatment(lesion.record.lesion_id)
    plan = lesion.patient.plan(index.plan_id) if index is not None and index.plan_id is not None else None
    planned = plan.value(structure, "volume") if plan is not None else None
    if planned is None and structure == "GTV":
        return lesion.facts.measured.gtv_volume_cm3
    return planned


def _treated(lesion: Lesion) -> str | None:
    index = lesion.patient.index_treatment(lesion.record.lesion_id)
    if index is None:
        return None
    dose = f", {index.dose_gy:g} Gy" if index.dose_gy is not None else ""
    return f"{KINDS.get(index.kind, index.kind)}{dose}" + (
        f" in {index.fractions}" if index.fractions is not None else ""
    )
