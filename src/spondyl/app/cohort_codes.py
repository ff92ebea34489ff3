"""Cells that say how a subject ended, and of which group: codes of events and causes, words that name none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

from spondyl.core.errors import CohortError, nearest
from spondyl.core.faults import shown

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
"""Cells that hold nothing, in any case."""
HAPPENED = {"1": 1, "true": 1, "yes": 1, "0": 0, "false": 0, "no": 0}
NO_CAUSE = frozenset({"censored", "censor", "censoring", "cens", "alive", "living", "event-free", "no event",
                      "lost", "lost to follow-up", *HAPPENED})  # fmt: skip
"""Words that name no cause, in any case: of people to whom nothing had happened, or of whom nothing more is known."""


def happened(cell: str) -> int:
    """0 or 1, of a table without causes."""
    text = cell.casefold().removesuffix(".0")
    if text not in HAPPENED:
        code = text.isdigit() and int(text) > 1
        hint = "; several causes need --cause CODE" if code else ""
        raise ValueError(f"is {shown(cell)}, expected 0 (censored) or 1 (event), or false or true{hint}")
    return HAPPENED[text]


def cause_reader(cause: str) -> Callable[[str], object]:
    """Reads a code: whole numbers, unless the cause asked for is a word; then any words."""
    words = not cause.strip().removesuffix(".0").isdigit()
    if words and _names_no_cause(cause):
        raise CohortError(f"--cause {cause} names no cause, expected the code of one; 0 is the code of censoring")

    def read(cell: str) -> str:
        text = cell.removesuffix(".0")
        if cell.casefold() in MISSING:
            raise ValueError(f"is {shown(cell)}, expected 0 (censored) or the code of a cause")
        if words and _names_no_cause(cell) and not text.isdigit():
            raise ValueError(f"is {shown(cell)}, which names no cause, expected 0 (censored) or the name of a cause")
        if words and not text.lstrip("+-").replace(".", "", 1).isdigit():
            return cell
        if not text.isdigit() or (words and int(text) != 0):
            kind = "the name of a cause" if words else "a whole number for each cause"
            raise ValueError(f"is {shown(cell)}, expected 0 (censored) or {kind}")
        return str(int(text))

    return read


def _names_no_cause(cell: str) -> bool:
    return " ".join(cell.casefold().replace("_", " ").split()) in NO_CAUSE


def label(cell: str) -> str:
    """A group."""
    if cell.casefold() in MISSING:
        raise ValueError(f"is {shown(cell)}, expected a group; complete it, or take the row out")
    return cell


def groups_of(labels: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Groups and notes: one number is one group however it is written, under its first spelling; texts stay apart."""
    spelled: dict[str | Decimal, dict[str, None]] = defaultdict(dict)
    keys = [Decimal(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else text for text in labels]
    for key, text in zip(keys, labels, strict=True):
        spelled[key][text] = None
    notes = [
        f"groups {', '.join(map(shown, texts))} are one number and count as one group"
        for texts in spelled.values()
        if len(texts) > 1
    ]
    alike: dict[str, list[str]] = defaultdict(list)
    for key in spelled:
        if isinstance(key, str):
            alike["".join(key.casefold().split())].append(key)
    notes += [
        f"groups {', '.join(map(shown, texts))} differ only in case or spaces and count as {len(texts)} groups"
        for texts in alike.values()
        if len(texts) > 1
    ]
    return tuple(next(iter(spelled[key])) for key in keys), tuple(notes)


def causes_of(path: Path, event: str, codes: Sequence[str], cause: str) -> tuple[str, ...]:
    """Codes that occur and the one asked for, numbers by value.

    That one need not occur yet if it is a number, or if nobody has had any event; among names it is taken for a slip.
    """
    found = {code for code in codes if code != "0"}
    asked = cause.strip()
    asked = str(int(asked.removesuffix(".0"))) if asked.removesuffix(".0").isdigit() else asked
    if asked == "0":
        raise CohortError("--cause 0 is the code of censoring, expected the code of a cause")
    if asked not in found and found and not asked.isdigit():
        near = ", ".join(nearest(asked, sorted(found)) or sorted(found))
        raise CohortError(f'{path}: cause "{cause}" does not occur in column {event}; did you mean {near}?')
    return tuple(sorted(found | {asked}, key=lambda c: (int(c) if c.isdigit() else 0, c)))


def cause_notes(event: str, causes: Sequence[str], codes: Sequence[str]) -> tuple[str, ...]:
    """What a code meant otherwise would change without an error."""
    found: list[str] = []
    for one in causes:
        if one not in codes:
            others = ", ".join(other for other in causes if other in codes) or "none but 0"
            found.append(f"no row holds {one} in column {event}, so its incidence is 0; codes there: {others}")
    if causes and "0" not in codes:
        found.append(f"no row holds 0 in column {event}, so nobody counts as censored; causes: {', '.join(causes)}")
    return tuple(found)
