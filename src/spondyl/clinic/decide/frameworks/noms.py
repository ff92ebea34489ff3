"""NOMS as a decision table: neurologic, oncologic, mechanical, systemic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spondyl.clinic.decide.findings import FINDINGS
from spondyl.clinic.decide.frameworks.table import Row, reasons
from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.rules import Effect
from spondyl.clinic.decide.truth import Truth, all_of, any_of, negate
from spondyl.core.citations import Citation

CITATION = Citation("Laufer 2013, Oncologist 18:744-751", "10.1634/theoncologist.2012-0293", "NOMS framework")
REMARK = (
    "unconfirmed: the framework's principles are confirmed, the exact rows of its table are not; ESCC 1c counts as low "
    "grade, which its authors call debated; SINS 7 to 12 counts as not unstable here and warrants a surgical opinion"
)
NOT_PLACED = (
    "NOMS does not place this histology: it is on neither list of radiosensitivity, and no row of the table holds"
)
STABILISE: Mapping[str, Effect] = {"percutaneous_screws": "supports", "open_surgery": "supports"}
SCREWS: Mapping[str, Effect] = {"percutaneous_screws": "supports"}
CEBRT: Mapping[str, Effect] = {"cebrt": "supports"}
SRS: Mapping[str, Effect] = {"srs_sbrt": "supports", "cebrt": "cautions"}
DECOMPRESS: Mapping[str, Effect] = {
    "separation_surgery": "supports",
    "open_surgery": "supports",
    "postop_srs": "supports",
    "srs_sbrt": "advises_against",
    "sib_sbrt": "advises_against",
    "cebrt": "cautions",
}
"""Radiosurgery comes after the decompression, not in its place."""
CEBRT_FOR_UNFIT: Mapping[str, Effect] = {
    "cebrt": "supports",
    "srs_sbrt": "advises_against",
    "sib_sbrt": "advises_against",
    "separation_surgery": "cautions",
}


@dataclass(frozen=True)
class NomsRow:
    """One row: its conditions (`fit` None where fitness does not matter), its outcome, its effects."""

    number: str
    high_grade: bool
    sensitive: bool
    unstable: bool
    fit: bool | None
    outcome: str
    says: Mapping[str, Effect]

    @property
    def text(self) -> str:
        """The row in words."""
        words = [
            "high-grade compression" if self.high_grade else "low-grade or no compression",
            "radiosensitive" if self.sensitive else "radioresistant or irradiated before",
            "unstable" if self.unstable else "not unstable",
        ]
        if self.fit is not None:
            words.append("fit for surgery" if self.fit else "unfit for surgery")
        return f"{', '.join(words)}: {self.outcome}"


ROWS = (
    NomsRow("1", False, True, False, None, "conventional radiotherapy", CEBRT),
    NomsRow("2", False, True, True, None, "stabilise, then conventional radiotherapy", {**STABILISE, **CEBRT}),
    NomsRow("3", False, False, False, None, "radiosurgery", SRS),
    NomsRow("4", False, False, True, None, "stabilise, then radiosurgery", {**STABILISE, **SRS}),
    NomsRow("5", True, True, False, None, "conventional radiotherapy", CEBRT),
    NomsRow("6", True, True, True, None, "stabilise, then conventional radiotherapy", {**STABILISE, **CEBRT}),
    NomsRow("7", True, False, False, True, "decompress and stabilise, then radiosurgery", DECOMPRESS),
    NomsRow("8", True, False, False, False, "conventional radiotherapy", CEBRT_FOR_UNFIT),
    NomsRow(
        "9", True, False, True, True, "decompress and stabilise, then radiosurgery", {**STABILISE, **DECOMPRESS}
    ),
    NomsRow(
        "10", True, False, True, False, "stabilise, then conventional radiotherapy", {**SCREWS, **CEBRT_FOR_UNFIT}
    ),
)  # fmt: skip


def noms(patient: Patient) -> Iterator[tuple[str, Reason]]:
    """What NOMS says. Earlier radiotherapy at the level counts as radioresistant, as the framework has it."""
    irradiated = FINDINGS["prior_radiotherapy_here"](patient)
    asked = {
        "high_grade": FINDINGS["high_grade_compression"](patient),
        "sensitive": all_of((FINDINGS["radiosensitive"](patient), negate(irradiated))),
        "resistant": any_of((FINDINGS["radioresistant"](patient), irradiated)),
        "unstable": FINDINGS["unstable"](patient),
        "fit": FINDINGS["fit_for_surgery"](patient),
    }
    rows = [Row(row.number, all_of(_conditions(row, asked)), row.text, row.says) for row in ROWS]
    outside = all_of((FINDINGS["radiosensitivity_not_listed"](patient), negate(irradiated)))
    rows.append(Row("without a row", outside, NOT_PLACED, {"cebrt": "informs", "srs_sbrt": "informs"}))
    return reasons("NOMS", CITATION, tuple(rows), REMARK)


def _conditions(row: NomsRow, asked: Mapping[str, Truth]) -> Iterator[Truth]:
    yield asked["high_grade"] if row.high_grade else negate(asked["high_grade"])
    yield asked["sensitive"] if row.sensitive else asked["resistant"]
    yield asked["unstable"] if row.unstable else negate(asked["unstable"])
    if row.fit is not None:
        yield asked["fit"] if row.fit else negate(asked["fit"])
