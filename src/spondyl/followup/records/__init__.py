"""What is recorded of treated patients over time: closed models that know no database.

Dates are days; None is unknown. Single records refuse what cannot be; `patient_faults` tells everything that
contradicts itself between the records of one patient.
"""

from spondyl.followup.records.base import OTHER_CASE, Record, levels_of
from spondyl.followup.records.cohort import Cohort
from spondyl.followup.records.event import AdverseEventRecord, DeathRecord, SystemicProgression
from spondyl.followup.records.faults import KEYS, TABLES, Fault, described, duplicate_patients, in_order, patient_faults
from spondyl.followup.records.lesion import AssessmentRecord, LesionRecord, instruments
from spondyl.followup.records.patient import PatientRecord
from spondyl.followup.records.plan import PlanMetric, PlanRecord, PlanVerdict
from spondyl.followup.records.treatment import KINDS, LOCAL, RADIOTHERAPY, TreatmentRecord
from spondyl.followup.records.visit import FractureReading, ImagingReading, VisitRecord

__all__ = [
    "KEYS",
    "KINDS",
    "LOCAL",
    "OTHER_CASE",
    "RADIOTHERAPY",
    "TABLES",
    "AdverseEventRecord",
    "AssessmentRecord",
    "Cohort",
    "DeathRecord",
    "Fault",
    "FractureReading",
    "ImagingReading",
    "LesionRecord",
    "PatientRecord",
    "PlanMetric",
    "PlanRecord",
    "PlanVerdict",
    "Record",
    "SystemicProgression",
    "TreatmentRecord",
    "VisitRecord",
    "described",
    "duplicate_patients",
    "in_order",
    "instruments",
    "levels_of",
    "patient_faults",
]
