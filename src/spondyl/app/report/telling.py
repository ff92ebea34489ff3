"""How volumes were made and what was cited, told without repeating."""

from __future__ import annotations

from collections.abc import Iterable

from spondyl.anatomy import Structure
from spondyl.app.report.inputs import ReportInputs
from spondyl.app.report.points import is_neural


def is_told(inputs: ReportInputs, structure: Structure) -> bool:
    """Whether a volume gets its own line: it was made from others here, or is a target or neural."""
    given = any(structure.made == own.made for own in inputs.case.structures.values())
    return bool(structure.made) and (not given or structure.role == "target" or is_neural(structure.name))


def told_volumes(inputs: ReportInputs) -> list[tuple[Structure, str]]:
    """Volumes with how they were made; steps shared with a volume told before are its name."""
    told: list[tuple[Structure, str]] = []
    for structure in inputs.structures.values():
        if is_told(inputs, structure):
            told.append((structure, how_made(structure, [s for s, _ in told])))
    return told


def how_made(structure: Structure, before: Iterable[Structure]) -> str:
    """The steps of `structure`, from the volume among `before` that it continues, if any."""
    steps = structure.made
    origin = max(
        (s for s in before if s.made and steps[: len(s.made)] == s.made and len(s.made) < len(steps)),
        key=lambda s: len(s.made),
        default=None,
    )
    if origin is None:
        return "; ".join(steps)
    return f"from {origin.name}: " + "; ".join(steps[len(origin.made) :])


def grouped(citations: Iterable[str]) -> tuple[str, ...]:
    """Citations of one work as one line, their places joined.

    >>> grouped(("Cox 2012, body. doi:10.1/x", "Ryu 2007. doi:10.1/y", "Cox 2012, pedicle. doi:10.1/x"))
    ('Cox 2012, body; pedicle. doi:10.1/x', 'Ryu 2007. doi:10.1/y')
    """
    by_work: dict[tuple[str, str], list[str]] = {}
    for citation in citations:
        text, _, doi = citation.partition(". doi:")
        by_work.setdefault((text.split(", ")[0], doi), []).append(text)
    return tuple(_joined(texts) + (f". doi:{doi}" if doi else "") for (_, doi), texts in by_work.items())


def _joined(texts: list[str]) -> str:
    different = list(dict.fromkeys(texts))
    parts = [text.split(", ") for text in different]
    shared = 0
    while len({tuple(p[: shared + 1]) for p in parts}) == 1 and all(len(p) > shared + 1 for p in parts):
        shared += 1
    if shared == 0 or len(different) == 1:
        return "; ".join(different)
    return ", ".join(parts[0][:shared]) + ", " + "; ".join(", ".join(p[shared:]) for p in parts)
