"""One row of a framework: when it holds, and what it says of which modalities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.rules import Effect
from spondyl.clinic.decide.truth import Truth
from spondyl.core.citations import Citation, note


@dataclass(frozen=True)
class Row:
    """One row, asked of a patient already.

    Parameters
    ----------
    number
        Its place in the published table.
    truth
        Whether its conditions hold.
    text
        What the row says, in words.
    says
        The effect on each modality that the row speaks of.
    """

    number: str
    truth: Truth
    text: str
    says: Mapping[str, Effect]


def reasons(
    framework: str, citation: Citation, rows: tuple[Row, ...], remark: str = ""
) -> Iterator[tuple[str, Reason]]:
    """A reason for each modality that a row speaks of. A row that does not hold says nothing."""
    note(citation)
    for row in rows:
        if row.truth.value is False:
            continue
        for modality, effect in row.says.items():
            yield modality, Reason(
                f"{framework} {row.number}", effect, row.truth, row.text, str(citation), framework=framework,
                remark=remark,
            )  # fmt: skip
