"""Every endpoint in words, in the order of a report."""

from __future__ import annotations

from spondyl.followup.endpoints.ambulation import DEFINITION as AMBULATION
from spondyl.followup.endpoints.failure_pattern import DEFINITION as FAILURE_PATTERN
from spondyl.followup.endpoints.fracture import DEFINITION as FRACTURE
from spondyl.followup.endpoints.local_control import DEFINITION as LOCAL_CONTROL
from spondyl.followup.endpoints.neurology import DEFINITION as NEUROLOGY
from spondyl.followup.endpoints.observation import Definition
from spondyl.followup.endpoints.overall_survival import DEFINITION as OVERALL_SURVIVAL
from spondyl.followup.endpoints.pain_flare import DEFINITION as PAIN_FLARE
from spondyl.followup.endpoints.pain_response import DEFINITION as PAIN_RESPONSE
from spondyl.followup.endpoints.progression_free import DEFINITION as PROGRESSION_FREE
from spondyl.followup.endpoints.reintervention import DEFINITION as REINTERVENTION

DEFINITIONS: tuple[Definition, ...] = (
    LOCAL_CONTROL,
    FRACTURE,
    OVERALL_SURVIVAL,
    PROGRESSION_FREE,
    PAIN_RESPONSE,
    PAIN_FLARE,
    NEUROLOGY,
    AMBULATION,
    FAILURE_PATTERN,
    REINTERVENTION,
)
