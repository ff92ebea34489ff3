"""What Tomita's and Tokuhashi's bands were published to choose: how far an operation should go, not whether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spondyl.clinic.decide.conditions import in_bands
from spondyl.clinic.decide.findings import FINDINGS
from spondyl.clinic.decide.frameworks.table import Row, reasons
from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.rules import Effect
from spondyl.clinic.decide.truth import all_of, negate
from spondyl.clinic.scores import Score
from spondyl.core.citations import Citation

TOMITA = Citation("Tomita 2001, Spine 26:298-306", "10.1097/00007632-200102010-00016", "surgical strategy")
TOKUHASHI = Citation("Tokuhashi 2005, Spine 30:2186-2191", "10.1097/01.brs.0000180401.06919.a5", "strategy")
REMARK = "a band of a cohort, not this patient's fate; accuracy has fallen as systemic treatment improved (R005)"
NO_VETO = "counts in a stable spine only"


@dataclass(frozen=True)
class Guidance:
    """A band, its words and its effects; `stable_only` effects do not hold where the spine is unstable."""

    band: str
    text: str
    says: Mapping[str, Effect]
    stable_only: Mapping[str, Effect]


TOMITA_BANDS = (
    Guidance("2-3", "wide or marginal excision, long-term local control", {"en_bloc": "supports"}, {}),
    Guidance("4-5", "marginal or intralesional excision", {"en_bloc": "cautions", "open_surgery": "informs"}, {}),
    Guidance(
        "6-7",
        "palliative decompression and stabilisation",
        {"en_bloc": "advises_against", "open_surgery": "informs"},
        {},
    ),
    Guidance(
        "8-10",
        "supportive care, no operation",
        {"en_bloc": "advises_against"},
        {"open_surgery": "advises_against"},
    ),
)
TOKUHASHI_BANDS = (
    Guidance(
        "0-8",
        "conservative or palliative treatment",
        {"en_bloc": "advises_against"},
        {"open_surgery": "cautions"},
    ),
    Guidance(
        "9-11",
        "palliative operation; excision for a single lesion without organ metastases",
        {"en_bloc": "cautions", "open_surgery": "informs"},
        {},
    ),
    Guidance("12-15", "excision", {"en_bloc": "supports"}, {}),
)


def tomita_guidance(patient: Patient) -> Iterator[tuple[str, Reason]]:
    """Surgical strategy by Tomita's score."""
    return reasons("Tomita", TOMITA, _rows(patient, patient.score("tomita"), TOMITA_BANDS), REMARK)


def tokuhashi_guidance(patient: Patient) -> Iterator[tuple[str, Reason]]:
    """Strategy by the revised Tokuhashi score."""
    return reasons("Tokuhashi", TOKUHASHI, _rows(patient, patient.score("tokuhashi_2005"), TOKUHASHI_BANDS), REMARK)


def _rows(patient: Patient, score: Score, table: tuple[Guidance, ...]) -> tuple[Row, ...]:
    stable = negate(FINDINGS["unstable"](patient))
    rows: list[Row] = []
    for of in table:
        truth = in_bands(score, frozenset((of.band,)))
        rows.append(Row(of.band, truth, of.text, of.says))
        if of.stable_only:
            rows.append(Row(of.band, all_of((truth, stable)), f"{of.text}; {NO_VETO}", of.stable_only))
    return tuple(rows)
