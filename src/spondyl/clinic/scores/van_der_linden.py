"""Van der Linden's score of the Dutch bone metastasis trial: three items, 0 to 6; more points, longer survival."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.burden import any_organ
from spondyl.clinic.scores.instrument import Instrument, Item
from spondyl.clinic.scores.performance import kps_row
from spondyl.clinic.scores.primary import primary
from spondyl.clinic.scores.score import Band, Score
from spondyl.core.citations import Citation

KPS_ROWS = {"KPS 20-40": (20, 40), "KPS 50-70": (50, 70), "KPS 80-100": (80, 100)}
PRIMARY = {"breast": 3, "prostate": 2, "lung": 1, "other": 0}
STATUS = "confirmed_secondary"
VAN_DER_LINDEN = Instrument(
    "van_der_linden",
    "Van der Linden score",
    (
        Item("performance", dict(zip(KPS_ROWS, (0, 1, 2), strict=True)), STATUS),
        Item("primary tumour", PRIMARY, STATUS),
        Item("visceral metastases", {"present": 0, "absent": 1}, STATUS),
    ),
    (
        Band(0, 3, "A", "median survival 3 months"),
        Band(4, 5, "B", "median survival 9 months"),
        Band(6, 6, "C", "median survival 19 months"),
    ),
    Citation("Van der Linden 2005, Cancer 103:320-328", "10.1002/cncr.20756", "score table"),
    STATUS,
    (
        "KPS 0 and 10 are in no row of the table.",
        "Brain metastases are not counted as visceral.",
        "Survival of patients irradiated for painful spinal metastases in the trial, not this patient's.",
    ),
)


def van_der_linden(facts: Facts) -> Score:
    """Score the prognosis.

    >>> from spondyl.clinic.facts import read_facts
    >>> clinical = {"kps": 80, "systemic": {"visceral_metastases": 0}}
    >>> van_der_linden(read_facts({"histology": "breast carcinoma", "clinical": clinical})).band.meaning
    'median survival 19 months'
    """
    return VAN_DER_LINDEN.score(
        {
            "performance": kps_row(facts, KPS_ROWS),
            "primary tumour": primary(facts, "van_der_linden", PRIMARY),
            "visceral metastases": any_organ(facts, "absent", "present"),
        }
    )
