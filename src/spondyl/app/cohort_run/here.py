"""Cases in parallel on this machine: each in a process of its own, started by a thread that waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from spondyl.app.cohort_run.job import CaseJob, CaseResult, run_case


def on_this_machine(jobs: Sequence[CaseJob], workers: int) -> Iterator[CaseResult]:
    """Yield results as they come, `workers` cases at a time; stopping the loop starts no further case."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting = [pool.submit(run_case, job) for job in jobs]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            for one in waiting:
                one.cancel()
