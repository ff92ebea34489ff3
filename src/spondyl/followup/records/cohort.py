"""Patients that are reported together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from spondyl.followup.records.base import Record, Text
from spondyl.followup.records.faults import duplicate_patients
from spondyl.followup.records.lesion import LesionRecord
from spondyl.followup.records.patient import PatientRecord


class Cohort(Record):
    """A named set of patients, in the order of their pseudonyms where a store or folder gave them."""

    name: Text
    patients: Annotated[tuple[PatientRecord, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Cohort:
        faults = duplicate_patients(self.patients)
        if faults:
            raise ValueError("; ".join(str(fault) for fault in faults))
        return self

    def lesions(self) -> Iterator[tuple[PatientRecord, LesionRecord]]:
        """Every lesion with its patient."""
        for patient in self.patients:
            for lesion in patient.lesions:
                yield patient, lesion
