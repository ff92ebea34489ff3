"""The table of 11 studies of Kypho-IORT, put together again from the rows, and how they were found."""

from __future__ import annotations

from dataclasses import dataclass

from spondyl.clinic.evidence.outcomes import Outcome
from spondyl.clinic.evidence.query import evidence
from spondyl.clinic.evidence.values import Number
from spondyl.core.errors import EvidenceError

PAPER = "risso-neto"
MODALITY = "kypho_iort"
REVIEW = "kypho-iort-review"


@dataclass(frozen=True)
class ReviewedStudy:
    """A line of the table: what its rows say of it."""

    study: str
    year: int
    year_printed: int
    design: str
    patients: int | None
    vertebrae: int | None
    results: tuple[str, ...]
    remarks: tuple[str, ...]
    reference: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Screening:
    """What the review found, excluded and kept."""

    found: int
    excluded: int
    included: int
    remark: str


def kypho_iort_studies() -> tuple[ReviewedStudy, ...]:
    """The studies of the Kypho-IORT review, by year as corrected, then in its order."""
    rows = evidence(paper=PAPER)
    reviewed = {row.study_id for row in rows if row.modality == MODALITY} - {REVIEW}
    by_study: dict[str, list[Outcome]] = {}
    for row in rows:
        if row.study_id in reviewed:
            by_study.setdefault(row.study_id, []).append(row)
    return tuple(sorted((_study(rows) for rows in by_study.values()), key=lambda study: study.year))


def _study(rows: list[Outcome]) -> ReviewedStudy:
    first = rows[0]
    if first.year is None:
        raise EvidenceError(f"outcome {first.id} of {first.study_id} has no year; add it to the table")
    printed = next((note.printed for note in first.notes if note.field == "year"), str(first.year))
    return ReviewedStudy(
        study=first.study,
        year=first.year,
        year_printed=int(printed),
        design=first.design,
        patients=first.n_patients,
        vertebrae=first.n_lesions,
        results=tuple(_result(row) for row in rows),
        remarks=tuple(dict.fromkeys(str(note) for row in rows for note in row.notes)),
        reference=first.reference,
        rows=tuple(row.id for row in rows),
    )


def _result(row: Outcome) -> str:
    when = f", {row.timepoint}" if row.timepoint else ""
    spread = f" ({row.interval.low:g}-{row.interval.high:g})" if row.interval and row.interval.high is not None else ""
    return f"{row.endpoint}{when}: {row.text}{spread}"


def screening() -> Screening:
    """The review's search: records found, excluded and included, which must add up and match the table.

    Raises
    ------
    EvidenceError
        If found less excluded is not included, or the table has another number of studies.
    """
    rows = evidence(paper=PAPER, study=REVIEW)
    count = {row.measure: int(row.value.number) for row in rows if isinstance(row.value, Number)}
    found, excluded, included = (count[name] for name in ("records_found", "records_excluded", "studies_included"))
    studies = len(kypho_iort_studies())
    if found - excluded != included or studies != included:
        raise EvidenceError(
            f"screening: {found} found less {excluded} excluded is not {included} included, or not the {studies} "
            "studies of the table; check the rows of the review"
        )
    remark = next(note.why for note in rows[0].notes if note.seed_error == "X39")
    return Screening(found, excluded, included, remark)
