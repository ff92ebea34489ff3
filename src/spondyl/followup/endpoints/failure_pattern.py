"""Patterns of failure: in-field, marginal or distant, from the failure's contour and the dose it had been given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from spondyl.anatomy import Structure
from spondyl.core.citations import Citation
from spondyl.core.errors import DoseError
from spondyl.dose import Dose
from spondyl.evaluate import dvh, metric
from spondyl.followup.endpoints.course import answers_by_lesion
from spondyl.followup.endpoints.local_control import counted
from spondyl.followup.endpoints.observation import Answer, Answers, Definition, Unknown
from spondyl.followup.records import LesionRecord, PatientRecord

IN_FIELD_PERCENT, MARGINAL_PERCENT = 95.0, 20.0
"""Lee 1999, Dawson 2000: shares of the failure's volume inside the isodose."""
CATEGORIES = (("no failure",), ("in-field", "marginal", "distant"))
"""Of lesions that failed, the three patterns."""

DEFINITION = Definition(
    "failure_pattern",
    "Pattern of failure",
    "lesion",
    "Share of the failure's volume inside the prescription isodose: in-field from 95 %, marginal from 20 %, distant "
    "below. In words of the spine: inside the target volume; in the steep fall of dose around it; elsewhere.",
    (
        Citation("Lee 1999, Int J Radiat Oncol Biol Phys 43:79-88", "10.1016/S0360-3016(98)00266-1", "95 % and 20 %"),
        Citation("Dawson 2000, Int J Radiat Oncol Biol Phys 46:1117-1126", "10.1016/S0360-3016(99)00550-7", "methods"),
        Citation("Ryu 2015, Radiat Oncol J 33:1", "10.3857/roj.2015.33.1.1", "patterns of failure after radiosurgery"),
    ),
    "A progression without a failure contour, hence without a share, is unknown and is counted as such. Where part of "
    "the failure lies off the dose grid, the share has bounds, and the pattern is told only where both bounds give it.",
    "The isodose is that of the prescription (100 %); Lee and Dawson took 95 % of it, which the function takes too.",
)


@dataclass(frozen=True)
class FailurePattern:
    """A failure in the dose that had been given.

    Parameters
    ----------
    category
        "in-field", "marginal" or "distant"; None where the share's bounds lie in two of them.
    share_percent
        Share of the failure's volume inside the isodose, None where part of it lies off the dose grid.
    low_percent, high_percent
        What the share is at least and at most.
    isodose_gy
        The isodose.
    d95_gy
        Dose that 95 % of the failure's volume received, None where it is not known.
    volume_cm3
        Of the failure.
    """

    category: str | None
    share_percent: float | None
    low_percent: float
    high_percent: float
    isodose_gy: float
    d95_gy: float | None
    volume_cm3: float


def pattern_of(
    failure: Structure, dose: Dose, prescription_gy: float, isodose_percent: float = 100.0
) -> FailurePattern:
    """The pattern of one failure.

    Parameters
    ----------
    failure
        The failure's contour or mask, registered to the dose's patient coordinates.
    dose
        Of the index treatment, in Gy.
    prescription_gy
        Prescribed total dose.
    isodose_percent
        Isodose in percent of the prescription.

    Raises
    ------
    DoseError
        If the prescription or the isodose is not positive.
    StructureError, DoseGridError
        As `spondyl.evaluate.dvh` raises them: an empty failure, another frame of reference, none of it on the grid.
    """
    if prescription_gy <= 0 or isodose_percent <= 0:
        raise DoseError(
            f"prescription {prescription_gy:g} Gy and isodose {isodose_percent:g} %: expected both positive"
        )
    DEFINITION.cite()
    isodose_gy = prescription_gy * isodose_percent / 100
    curve = dvh(dose, failure)
    share = metric(curve, f"V{isodose_gy:.10g}Gy")
    low, high = pattern(share.low), pattern(share.high)
    return FailurePattern(
        low if low == high else None, share.value, share.low, share.high, isodose_gy, metric(curve, "D95%").value,
        curve.total_cm3,
    )  # fmt: skip


def pattern(share_percent: float) -> str:
    """The word for a share of the failure's volume inside the isodose.

    >>> pattern(95.0), pattern(94.9), pattern(20.0), pattern(19.9)
    ('in-field', 'marginal', 'marginal', 'distant')
    """
    if share_percent >= IN_FIELD_PERCENT:
        return "in-field"
    return "marginal" if share_percent >= MARGINAL_PERCENT else "distant"


def failure_pattern(patients: Iterable[PatientRecord]) -> Answers:
    """Pattern of the first failure of every treated lesion, from the shares that were recorded with the images."""
    return answers_by_lesion(DEFINITION, CATEGORIES, patients, _rule)


def _rule(patient: PatientRecord, lesion: LesionRecord, start: date) -> Answer | Unknown:
    name, lesion_id = patient.pseudonym, lesion.lesion_id
    every = counted(patient, lesion_id, start)
    failed = next((each for each in every if each.state == "progression"), None)
    if failed is None:
        seen = [each.on for each in every if each.state == "controlled"]
        if not seen:
            return Unknown(name, lesion_id, "no image that the readers agree on")
        return Answer(name, lesion_id, "no failure", f"controlled on {seen[-1]}")
    shares = [
        each.failure_in_prescription_percent
        for each in patient.imaging
        if (each.lesion_id, each.on) == (lesion_id, failed.on) and each.failure_in_prescription_percent is not None
    ]
    words = {pattern(share) for share in shares}
    if len(words) != 1:
        told = "no failure contour" if not words else "readers' contours give different patterns"
        return Unknown(name, lesion_id, f"progression on {failed.on}: {told}")
    return Answer(name, lesion_id, words.pop(), f"{shares[0]:g} % inside the prescription isodose on {failed.on}")
