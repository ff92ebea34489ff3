"""Which folders of a folder are cases of a verb, and which are left out and why."""

from __future__ import annotations

from pathlib import Path

from spondyl.core.errors import CohortError

VERBS = {"evaluate": ("dose.dcm", "dose.nii.gz", "dose.nii"), "plan": ("case.yaml",)}
"""Verbs that run over a cohort, and the files of which one makes a folder a case of theirs."""


def find_cases(verb: str, folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the cases right below `folder`, by name, and what is left out, in words.

    Raises
    ------
    CohortError
        If `folder` is none, or holds no case.
    """
    if not folder.is_dir():
        raise CohortError(f"{folder} is no folder, expected one with a folder for each case in it")
    marks = VERBS[verb]
    below = sorted(p for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")
    cases = tuple(p for p in below if any((p / name).is_file() for name in marks))
    wanted = " or ".join(marks)
    if not cases:
        one = any((folder / name).is_file() for name in marks)
        hint = f"; it is one case itself: spondyl {verb} {folder}" if one else ""
        raise CohortError(f"{folder} holds no folder with {wanted}, expected one for each case{hint}")
    return cases, tuple(f"{p.name} holds no {wanted}" for p in below if p not in cases)
