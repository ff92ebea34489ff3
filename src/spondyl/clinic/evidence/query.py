"""Ask the evidence table."""

from __future__ import annotations

from collections.abc import Iterable

from spondyl.clinic.evidence.outcomes import Outcome
from spondyl.clinic.evidence.table import outcomes, papers
from spondyl.clinic.evidence.vocabulary import DESIGN_KINDS, ENDPOINT_KINDS, MODALITIES, NO_MODALITY
from spondyl.core.errors import EvidenceError, nearest


def evidence(
    *, modality: str = "", endpoint: str = "", paper: str = "", design: str = "", study: str = ""
) -> tuple[Outcome, ...]:
    """The published outcomes that fit all that is asked, in the order of the table.

    Parameters
    ----------
    modality
        A treatment's name as in the rules, or `none` for rows of no treatment.
    endpoint
        An endpoint kind (`local_control`) or a measure (`cement_leakage`).
    paper
        One of the five papers, by name (`risso-neto`) or number (`000`).
    design
        A kind of design: `review`, `series`, `randomised`.
    study
        A study's id (`bludau-2018`), its name (`Bludau`) or name and year.

    Raises
    ------
    EvidenceError
        If a name is unknown; the nearest known ones are told.
    """
    rows = outcomes()
    measures = {row.measure for row in rows}
    by_number = {p.number: p.paper for p in papers()}
    paper = by_number.get(paper, paper)
    _known("modality", modality, (*MODALITIES, NO_MODALITY))
    _known("endpoint", endpoint, (*ENDPOINT_KINDS, *sorted(measures)))
    _known("paper", paper, (*by_number.values(), *by_number))
    _known("design", design, DESIGN_KINDS)
    names = {name.casefold() for row in rows for name in _names(row)}
    if study and study.casefold() not in names:
        _known("study", study, sorted({name for row in rows for name in _names(row)}))
    return tuple(
        row
        for row in rows
        if modality in ("", row.modality)
        and endpoint in ("", row.endpoint_kind, row.measure)
        and paper in ("", row.paper)
        and design in ("", row.design_kind)
        and (not study or study.casefold() in {name.casefold() for name in _names(row)})
    )


def evidence_for(modality: str) -> tuple[Outcome, ...]:
    """The published outcomes of one treatment; empty where the five papers give none.

    Raises
    ------
    EvidenceError
        If the rules have no treatment of that name.
    """
    if not modality:
        raise EvidenceError("no modality was named; say which, for example kypho_iort")
    return evidence(modality=modality)


def _names(row: Outcome) -> tuple[str, ...]:
    return row.study_id, row.study, row.name


def _known(what: str, asked: str, known: Iterable[str]) -> None:
    listed = tuple(known)
    if not asked or asked in listed:
        return
    close = nearest(asked, listed)
    hint = f"did you mean {', '.join(close)}?" if close else f"known are {', '.join(listed[:40])}"
    raise EvidenceError(f"{what} {asked!r} is not in the evidence table; {hint}")
