"""The evidence table as shipped: read once, joined with studies and annotations, checked."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from spondyl.clinic.evidence.outcomes import Annotation, Outcome
from spondyl.clinic.evidence.values import parse_months, parse_value
from spondyl.clinic.evidence.vocabulary import COHORTS, MODALITIES, NO_MODALITY
from spondyl.core.errors import EvidenceError

Row = Mapping[str, str]
CORRECTABLE = frozenset({"year", "value", "unit", "timepoint", "modality", "of"})


class Paper(BaseModel):
    """One of the five papers."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    paper: str
    authors: str
    title: str
    year: int | None
    number: str


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("spondyl") / "data" / "evidence" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def papers() -> tuple[Paper, ...]:
    """The five papers that the rows come from."""
    return tuple(Paper.model_validate({**row, "year": row["year"] or None}) for row in _rows("papers.csv"))


@cache
def outcomes() -> tuple[Outcome, ...]:
    """All published outcomes, corrected, each with its annotations.

    Raises
    ------
    EvidenceError
        If a row does not fit its type, or a study, paper, modality or cohort that it names is unknown.
    """
    studies = {row["study_id"]: row for row in _rows("studies.csv")}
    notes = _annotations()
    found = tuple(_outcome(row, studies, notes.get(row["id"], ())) for row in _rows("outcomes.csv"))
    _check(found, notes)
    return found


def _annotations() -> dict[str, tuple[Annotation, ...]]:
    by_outcome: dict[str, list[Annotation]] = {}
    for row in _rows("annotations.csv"):
        fields = {key: value for key, value in row.items() if key != "outcomes"}
        try:
            annotation = Annotation.model_validate(fields)
        except ValidationError as error:
            raise EvidenceError(f"annotation {row['id']}: {error}") from error
        if annotation.field and annotation.field not in CORRECTABLE:
            raise EvidenceError(f"annotation {row['id']} corrects {annotation.field}, expected one of {CORRECTABLE}")
        for outcome in row["outcomes"].split():
            by_outcome.setdefault(outcome, []).append(annotation)
    return {outcome: tuple(listed) for outcome, listed in by_outcome.items()}


def _outcome(row: Row, studies: Mapping[str, Row], notes: tuple[Annotation, ...]) -> Outcome:
    used = {**row, **{note.field: note.used for note in notes if note.field and note.status != "note"}}
    study = studies.get(row["study_id"])
    if study is None:
        raise EvidenceError(f"outcome {row['id']}: study {row['study_id']!r} is not in studies.csv; add it there")
    interval = None
    if row["interval_kind"]:
        interval = {
            "low": row["interval_low"],
            "high": row["interval_high"] or None,
            "kind": row["interval_kind"],
        }
    record: dict[str, Any] = {
        **{k: used[k] for k in ("id", "study_id", "design", "design_kind", "modality", "endpoint", "endpoint_kind")},
        **{k: used[k] for k in ("measure", "estimate", "timepoint", "unit", "paper", "place")},
        **{k: study[k] for k in ("study", "cohort", "reference")},
        **{k: used[k] or None for k in ("year", "n_patients", "n_lesions", "counted")},
        "complement": used["complement"] == "yes",
        "of": _number_counted(used),
        "months": parse_months(used["timepoint"]),
        "value": parse_value(used["value"], used["unit"]),
        "printed": f"{row['value']} {row['unit']}".strip(),
        "interval": interval,
        "notes": notes,
    }
    try:
        return Outcome.model_validate(record)
    except ValidationError as error:
        raise EvidenceError(f"outcome {row['id']} of the evidence table: {error}") from error


def _number_counted(row: Row) -> str | None:
    """The denominator: a number, or that of the row's patients or lesions."""
    of = row["of"]
    return row[f"n_{of}"] or None if of in ("patients", "lesions") else of or None


def _check(found: tuple[Outcome, ...], notes: Mapping[str, tuple[Annotation, ...]]) -> None:
    known = {outcome.id for outcome in found}
    twice = [name for name, times in Counter(outcome.id for outcome in found).items() if times > 1]
    lost = sorted(set(notes) - known)
    if twice or lost:
        raise EvidenceError(f"evidence table: ids twice {twice}, annotations without a row {lost}")
    named = {paper.paper for paper in papers()}
    for outcome in found:
        if outcome.modality not in (*MODALITIES, NO_MODALITY):
            raise EvidenceError(f"outcome {outcome.id}: modality {outcome.modality!r} is no name of the rules")
        if outcome.paper not in named:
            raise EvidenceError(f"outcome {outcome.id}: paper {outcome.paper!r} is not in papers.csv")
        if outcome.cohort and outcome.cohort not in COHORTS:
            raise EvidenceError(f"outcome {outcome.id}: cohort {outcome.cohort!r} is not described")
