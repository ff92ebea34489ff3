"""Everything that is recorded of one patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from spondyl.followup.records.base import Day, Name, Record, Text, code
from spondyl.followup.records.event import AdverseEventRecord, DeathRecord, SystemicProgression
from spondyl.followup.records.faults import TABLES, in_order, patient_faults
from spondyl.followup.records.lesion import AssessmentRecord, LesionRecord
from spondyl.followup.records.plan import PlanRecord
from spondyl.followup.records.treatment import LOCAL, TreatmentRecord
from spondyl.followup.records.visit import FractureReading, ImagingReading, VisitRecord

SEXES = ("female", "male", "other")


class PatientRecord(Record):
    """One patient under a pseudonym. Records of one kind stand in the order of their dates."""

    pseudonym: Name
    """Unique in the cohort; never a name, a date of birth or a hospital number."""
    sex: Annotated[Literal["female", "male", "other"], code(*SEXES)] | None = None
    """Sex."""
    birth_year: Annotated[int, Field(ge=1880, le=2100)] | None = None
    """Year of birth; no day, which could tell who it is."""
    primary_histology: Text | None = None
    """Histology of the primary tumour, in words."""
    screened_on: Day | None = None
    """Assessed for eligibility."""
    enrolled_on: Day | None = None
    """None where the patient was never enrolled."""
    excluded_reason: Text | None = None
    """Why the patient was not enrolled, or is left out of the analysis."""
    arm: Text | None = None
    """Arm of a trial that has several."""
    withdrawn_on: Day | None = None
    """Consent withdrawn: no visit is due any more."""
    last_contact_on: Day | None = None
    """Last day on which the patient was known to be alive."""
    lesions: Annotated[tuple[LesionRecord, ...], Field(strict=False)] = ()
    assessments: Annotated[tuple[AssessmentRecord, ...], Field(strict=False)] = ()
    plans: Annotated[tuple[PlanRecord, ...], Field(strict=False)] = ()
    treatments: Annotated[tuple[TreatmentRecord, ...], Field(strict=False)] = ()
    visits: Annotated[tuple[VisitRecord, ...], Field(strict=False)] = ()
    imaging: Annotated[tuple[ImagingReading, ...], Field(strict=False)] = ()
    fractures: Annotated[tuple[FractureReading, ...], Field(strict=False)] = ()
    adverse_events: Annotated[tuple[AdverseEventRecord, ...], Field(strict=False)] = ()
    systemic_progressions: Annotated[tuple[SystemicProgression, ...], Field(strict=False)] = ()
    death: DeathRecord | None = None

    @field_validator(*TABLES)
    @classmethod
    def _sorted(cls, records: tuple[Record, ...], info: ValidationInfo) -> tuple[Record, ...]:
        return in_order(str(info.field_name), records)

    @model_validator(mode="after")
    def _agree(self) -> PatientRecord:
        faults = patient_faults(self)
        if faults:
            raise ValueError("; ".join(str(fault) for fault in faults))
        return self

    def lesion(self, lesion_id: str) -> LesionRecord:
        """The lesion of that name.

        Raises
        ------
        KeyError
            If the patient has none of that name.
        """
        for lesion in self.lesions:
            if lesion.lesion_id == lesion_id:
                return lesion
        raise KeyError(lesion_id)

    def treatments_of(self, lesion_id: str) -> tuple[TreatmentRecord, ...]:
        """Local treatments of a lesion in the order of their first days."""
        here = (each for each in self.treatments if each.lesion_id == lesion_id and each.kind in LOCAL)
        return tuple(sorted(here, key=lambda each: (each.started_on, each.treatment_id)))

    def index_treatment(self, lesion_id: str) -> TreatmentRecord | None:
        """The treatment that is followed up: the one so called, else the first radiotherapy, else the first.

        Its `started_on` is time zero of the lesion. None where the lesion was not treated.
        """
        every = self.treatments_of(lesion_id)
        named = [each for each in every if each.intent == "index"]
        radiotherapy = [each for each in every if each.irradiates and each.intent != "reintervention"]
        return next(iter((*named, *radiotherapy, *every)), None)

    def plan(self, plan_id: str) -> PlanRecord | None:
        """The plan of that name, None where there is none."""
        return next((plan for plan in self.plans if plan.plan_id == plan_id), None)

    def known_alive_on(self) -> date | None:
        """The last day of which anything is recorded that shows the patient alive; None where nothing does."""
        return max(self._days_alive(), default=None)

    def _days_alive(self) -> Iterator[date]:
        yield from (day for day in (self.screened_on, self.enrolled_on, self.last_contact_on, self.withdrawn_on) if day)
        yield from (each.ended_on or each.started_on for each in self.treatments)
        for table in (self.visits, self.imaging, self.fractures, self.assessments, self.systemic_progressions):
            yield from (each.on for each in table)
        yield from (each.resolved_on or each.on for each in self.adverse_events)
