"""Where results go: apart from the cases, and over nothing but earlier results of the same verb."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spondyl.app.cohort_run.job import CaseJob, check_replaceable
from spondyl.core.errors import CohortError


def check_targets(folder: Path, out: Path, jobs: Sequence[CaseJob]) -> None:
    """Refuse, before any case starts, an `out` where results would replace anything but results.

    Raises
    ------
    CohortError
        If `out` is `folder` or a case, or one lies in the other, links followed; or if the place of a case's result
        holds something else.
    """
    for source in (folder, *(Path(job.case) for job in jobs)):
        inner, outer = source.resolve(), out.resolve()
        if inner.is_relative_to(outer) or outer.is_relative_to(inner):
            how = "is" if inner == outer else "lies in" if outer.is_relative_to(inner) else "contains"
            raise CohortError(
                f"output {out} {how} {source}, where the cases are; choose a folder beside it with -o, "
                "so that no result replaces a case"
            )
    for job in jobs:
        check_replaceable(job)
