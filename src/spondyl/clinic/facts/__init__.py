"""What is known of patient and lesion. A missing item is None: unknown stays unknown.

The models are closed: a key they do not know is refused with the nearest key they do, since a misspelt
fact would otherwise be an unknown one without anybody noticing.
"""

from spondyl.clinic.facts.base import LEVELS
from spondyl.clinic.facts.epidural import below_conus, grades_possible
from spondyl.clinic.facts.facts import CASE_FORMAT, Facts
from spondyl.clinic.facts.lesion import Epidural, Lesion, Neurology, Pain
from spondyl.clinic.facts.measured import Measured, ThreeHeights
from spondyl.clinic.facts.motor import frankel_possible, is_lower_limb, lower_limb_powers
from spondyl.clinic.facts.patient import Clinical, Systemic
from spondyl.clinic.facts.reading import keys, read_facts
from spondyl.clinic.facts.template import facts_template

__all__ = [
    "CASE_FORMAT",
    "LEVELS",
    "Clinical",
    "Epidural",
    "Facts",
    "Lesion",
    "Measured",
    "Neurology",
    "Pain",
    "Systemic",
    "ThreeHeights",
    "below_conus",
    "facts_template",
    "frankel_possible",
    "grades_possible",
    "is_lower_limb",
    "keys",
    "lower_limb_powers",
    "read_facts",
]
