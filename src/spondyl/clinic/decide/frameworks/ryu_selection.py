"""Ryu's selection by neurological state and image: radiosurgery where function is kept, surgery where it is lost."""

from __future__ import annotations

from collections.abc import Iterator

from spondyl.clinic.decide.findings import FINDINGS
from spondyl.clinic.decide.frameworks.table import Row, reasons
from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import all_of, any_of, negate
from spondyl.core.citations import Citation

CITATION = Citation("Ryu 2015, Radiat Oncol J 33:1-11", "", "Treatment decision-making; Outcome 2.1 (paper 003)")
REMARK = "radiosensitivity made no difference in this author's experience, which NOMS counts the other way (X62)"
KEPT = "neurological grade a, b or c without rapid progression: radiosurgery can be the choice"
COMPRESSED = "function kept under high-grade compression: radiosurgery first, surgery for those who get worse"
LOST = "neurological grade d or e, or rapid progression: surgery first"
UNSTABLE = "no radiation stabilises a spine: stabilise first, by open surgery, screws or cement"


def ryu_selection(patient: Patient) -> Iterator[tuple[str, Reason]]:
    """What Ryu's dual grading says: the neurological state decides, not the image alone."""
    rapid = FINDINGS["rapid_deficit"](patient)
    lost = FINDINGS["overt_deficit"](patient)
    kept = all_of((negate(lost), negate(rapid)))
    compressed = all_of((kept, FINDINGS["high_grade_compression"](patient)))
    rows = (
        Row("a-c", kept, KEPT, {"srs_sbrt": "allows"}),
        Row("a-c with compression", compressed, COMPRESSED, {"srs_sbrt": "supports", "steroids": "supports"}),
        Row(
            "d-e or rapid",
            any_of((lost, rapid)),
            LOST,
            {"open_surgery": "supports", "srs_sbrt": "advises_against", "sib_sbrt": "advises_against"},
        ),
        Row(
            "unstable",
            FINDINGS["unstable"](patient),
            UNSTABLE,
            {
                "open_surgery": "supports",
                "percutaneous_screws": "supports",
                "pkp": "allows",
                "pvp": "allows",
                "srs_sbrt": "cautions",
                "sib_sbrt": "cautions",
                "cebrt": "cautions",
            },
        ),
    )
    return reasons("Ryu", CITATION, rows, REMARK)
