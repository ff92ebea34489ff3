"""What SINS says of treatment: stability decides whether radiation alone can help."""

from __future__ import annotations

from collections.abc import Iterator

from spondyl.clinic.decide.findings import FINDINGS
from spondyl.clinic.decide.frameworks.table import Row, reasons
from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import all_of, negate
from spondyl.core.citations import Citation

CITATION = Citation(
    "Fisher 2010, Spine 35:E1221-E1229",
    "10.1097/BRS.0b013e3181e16ae2",
    "bands of SINS; what they mean for treatment: paper 001, Treatment decision making",
)


def sins_guidance(patient: Patient) -> Iterator[tuple[str, Reason]]:
    """Guidance by the band of SINS."""
    unstable = FINDINGS["unstable"](patient)
    potentially = FINDINGS["potentially_unstable"](patient)
    between = all_of((potentially, negate(unstable)))
    rows = (
        Row("0-6", negate(potentially), "stable: more pain relief is expected from radiotherapy", {"cebrt": "informs"}),
        Row(
            "7-12",
            between,
            "potentially unstable: a surgical opinion is warranted before radiation alone",
            {"open_surgery": "informs", "cebrt": "cautions", "srs_sbrt": "cautions", "sib_sbrt": "cautions"},
        ),
        Row(
            "13-18",
            unstable,
            "unstable: a surgical opinion is warranted, an operation often needed; radiation alone fails more often",
            {
                "open_surgery": "supports",
                "percutaneous_screws": "supports",
                "orthosis_halo": "informs",
                "cebrt": "cautions",
                "srs_sbrt": "cautions",
                "sib_sbrt": "cautions",
            },
        ),
    )
    return reasons("SINS", CITATION, rows)
