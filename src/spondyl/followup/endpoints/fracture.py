"""Freedom from vertebral compression fracture: a new one, or an old one that progressed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import times_by_lesion
from spondyl.followup.endpoints.observation import (
    CENSORED,
    COMPETING,
    EVENT,
    Definition,
    Observation,
    TimeToEvent,
    Unknown,
    months_between,
)
from spondyl.followup.endpoints.readers import agreed
from spondyl.followup.records import FractureReading, LesionRecord, PatientRecord

DEFINITION = Definition(
    "fracture",
    "Vertebral compression fracture",
    "lesion",
    "A new fracture or collapse in the treated segment, or progression of one that was there before, against the "
    "images before treatment. Time runs from the first day of the index treatment to the first image that shows it, "
    "else to the last image on which the segment was looked at for fractures. Death without fracture competes.",
    (
        Citation("Mitsuyoshi 2025, Adv Radiat Oncol", "10.1016/j.adro.2025.101760", "endpoints and statistics"),
        Citation("Genant 1993, J Bone Miner Res 8:1137-1148", "10.1002/jbmr.5650080915", "grades"),
    ),
    "An image without a fracture reading says nothing about fractures. A lesion with no fracture reading after "
    "treatment is unknown and is counted as such, whether or not its patient died. Death after a reading competes at "
    "its date, taking no fracture for granted since that reading.",
    "One reader is enough; where several read the same vertebra on one day, more than half or a consensus decides, "
    "else the day is left out.",
)
_BROKEN = ("new", "progressed")


def fracture(patients: Iterable[PatientRecord]) -> TimeToEvent:
    """Time to fracture of every treated lesion; 2 is death without fracture."""
    return times_by_lesion(DEFINITION, patients, _rule)


def _rule(patient: PatientRecord, lesion: LesionRecord, start: date) -> Observation | Unknown:
    name, lesion_id = patient.pseudonym, lesion.lesion_id
    days = _days(each for each in patient.fractures if each.lesion_id == lesion_id and each.on > start)
    broken = next(((on, level) for on, level, is_broken in days if is_broken), None)
    if broken is not None:
        on, level = broken
        return Observation(name, lesion_id, months_between(start, on), EVENT, f"fracture of {level} on {on}")
    if not days:
        return Unknown(name, lesion_id, "no reading for fractures after treatment")
    if patient.death is not None:
        died = patient.death.on
        return Observation(name, lesion_id, months_between(start, died), COMPETING, f"death on {died} without fracture")
    last = days[-1][0]
    return Observation(name, lesion_id, months_between(start, last), CENSORED, f"no fracture up to {last}")


def _days(readings: Iterable[FractureReading]) -> list[tuple[date, str, bool]]:
    """(day, vertebra, broken) where the readers agree, by date."""
    grouped: dict[tuple[date, str], list[FractureReading]] = {}
    for each in readings:
        grouped.setdefault((each.on, each.level), []).append(each)
    found: list[tuple[date, str, bool]] = []
    for (on, level), read in sorted(grouped.items()):
        words = [(each.reader or "", "broken" if each.finding in _BROKEN else "whole") for each in read]
        word = agreed(words, readers=1)
        if word is not None:
            found.append((on, level, word == "broken"))
    return found
