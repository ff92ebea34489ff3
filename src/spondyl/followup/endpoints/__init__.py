"""Endpoints of a cohort, each one file with its definition, its source and what happens to what is not known."""

from spondyl.followup.endpoints.ambulation import ambulation
from spondyl.followup.endpoints.catalogue import DEFINITIONS
from spondyl.followup.endpoints.course import lesion_start, patient_start, reinterventions, visits_of
from spondyl.followup.endpoints.failure_pattern import FailurePattern, failure_pattern, pattern_of
from spondyl.followup.endpoints.fracture import fracture
from spondyl.followup.endpoints.local_control import local_control, undetermined
from spondyl.followup.endpoints.neurology import neurology
from spondyl.followup.endpoints.observation import (
    CENSORED,
    COMPETING,
    DAYS_PER_MONTH,
    EVENT,
    Answer,
    Answers,
    Definition,
    Observation,
    TimeToEvent,
    Unknown,
    months_between,
)
from spondyl.followup.endpoints.overall_survival import overall_survival
from spondyl.followup.endpoints.pain_flare import pain_flare
from spondyl.followup.endpoints.pain_response import RESPONSES, nearest_visit, pain_response, response
from spondyl.followup.endpoints.progression_free import progression_free_survival
from spondyl.followup.endpoints.readers import Examination, examinations
from spondyl.followup.endpoints.reintervention import reintervention

__all__ = [
    "CENSORED",
    "COMPETING",
    "DAYS_PER_MONTH",
    "DEFINITIONS",
    "EVENT",
    "RESPONSES",
    "Answer",
    "Answers",
    "Definition",
    "Examination",
    "FailurePattern",
    "Observation",
    "TimeToEvent",
    "Unknown",
    "ambulation",
    "examinations",
    "failure_pattern",
    "fracture",
    "lesion_start",
    "local_control",
    "months_between",
    "nearest_visit",
    "neurology",
    "overall_survival",
    "pain_flare",
    "pain_response",
    "pattern_of",
    "patient_start",
    "progression_free_survival",
    "reintervention",
    "reinterventions",
    "response",
    "undetermined",
    "visits_of",
]
