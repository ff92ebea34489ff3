"""Local control by SPINO, from what two readers agree on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import reinterventions, times_by_lesion
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
from spondyl.followup.endpoints.readers import READERS, UNDETERMINED, Examination, examinations
from spondyl.followup.records import LesionRecord, PatientRecord

DEFINITION = Definition(
    "local_control",
    "Local control",
    "lesion",
    "Absence of progression within the treated segment on serial images. Time runs from the first day of the index "
    "treatment to the day of the first image that both readers call progression (with a disagreement: a third reader "
    "gives the majority, or a consensus decides), else to the last image that they call controlled.",
    (
        Citation("Thibault 2015, Lancet Oncol 16:e595-e603 (SPINO)", "10.1016/S1470-2045(15)00166-7", "local control"),
        Citation("Mitsuyoshi 2025, Adv Radiat Oncol", "10.1016/j.adro.2025.101760", "endpoints"),
    ),
    "An image with one reader only, an open disagreement or the word indeterminate is undetermined: it is neither "
    "control nor progression and ends nothing. A lesion without any determined image is unknown and is counted as "
    "such, whether or not its patient died. Death without progression censors at the last determined image; as a "
    "competing event it counts at its date.",
    "The day of progression is not moved back to an earlier undetermined image. Images after another local treatment "
    "of the same lesion tell of both treatments and do not count.",
)


def local_control(
    patients: Iterable[PatientRecord], *, readers: int = READERS, death_competes: bool = False
) -> TimeToEvent:
    """Time to local progression of every treated lesion.

    Parameters
    ----------
    readers
        Readers that an image needs to count.
    death_competes
        Whether death without progression is a competing event (2), as a cumulative incidence wants it, in place of
        a censored time (0), as Kaplan-Meier wants it.
    """

    def rule(patient: PatientRecord, lesion: LesionRecord, start: date) -> Observation | Unknown:
        return lesion_control(patient, lesion.lesion_id, start, readers, death_competes)

    return times_by_lesion(DEFINITION, patients, rule)


def lesion_control(
    patient: PatientRecord, lesion_id: str, start: date, readers: int = READERS, death_competes: bool = False
) -> Observation | Unknown:
    """Time to local progression of one lesion."""
    name, every = patient.pseudonym, counted(patient, lesion_id, start, readers)
    progressed = next((each for each in every if each.state == "progression"), None)
    if progressed is not None:
        why = f"progression on {progressed.on} ({progressed.why}){_later(every, progressed)}"
        return Observation(name, lesion_id, months_between(start, progressed.on), EVENT, why)
    controlled = [each for each in every if each.state == "controlled"]
    if not controlled:
        told = f"; {len(every)} undetermined" if every else ""
        return Unknown(name, lesion_id, f"no image that the readers agree on{told}")
    if death_competes and patient.death is not None:
        why = f"death on {patient.death.on} without progression"
        return Observation(name, lesion_id, months_between(start, patient.death.on), COMPETING, why)
    last = controlled[-1]
    return Observation(name, lesion_id, months_between(start, last.on), CENSORED, f"controlled on {last.on}")


def counted(patient: PatientRecord, lesion_id: str, start: date, readers: int = READERS) -> list[Examination]:
    """Images of a lesion that tell of its index treatment alone."""
    again = reinterventions(patient, lesion_id)
    end = again[0].started_on if again else None
    return [each for each in examinations(patient, lesion_id, start, readers) if end is None or each.on <= end]


def undetermined(patients: Iterable[PatientRecord], *, readers: int = READERS) -> int:
    """How many images of treated lesions count for nothing because the readers do not agree, or there is only one."""
    total = 0
    for patient in patients:
        for lesion in patient.lesions:
            index = patient.index_treatment(lesion.lesion_id)
            every = counted(patient, lesion.lesion_id, index.started_on, readers) if index else []
            total += sum(each.state == UNDETERMINED for each in every)
    return total


def _later(every: list[Examination], progressed: Examination) -> str:
    calm = [each for each in every if each.on > progressed.on and each.state == "controlled"]
    return f"; controlled again on {calm[0].on} without further treatment: pseudoprogression?" if calm else ""
