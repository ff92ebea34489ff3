"""Cases on a Dask cluster: the same job, sent to workers that see the same folders."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from spondyl.app.cohort_run.job import CaseJob, CaseResult, run_case
from spondyl.core.errors import CohortError

CONNECT_WITHIN_S = 10


def on_cluster(jobs: Sequence[CaseJob], address: str) -> Iterator[CaseResult]:
    """Yield results as they come from the cluster at `address`.

    A case whose worker dies goes to another one; after the scheduler's allowed failures (three) it is a failed case.

    Raises
    ------
    CohortError
        Without the extra `cluster`, without a scheduler there or a worker, or with workers of another spondyl.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT_WITHIN_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CohortError(
            f"no scheduler answers at {address} within {CONNECT_WITHIN_S} s ({error}); "
            "start one with `dask scheduler`, and give its address, for example tcp://10.0.0.1:8786"
        ) from error
    with client:
        _check_workers(client, address)
        names = {client.submit(run_case, job, key=f"spondyl-{job.verb}-{job.out}-{n}", pure=False): job.name
                 for n, job in enumerate(jobs)}  # fmt: skip
        for done in distributed.as_completed(names, loop=client.loop):
            if done.status == "finished":
                yield done.result()
            else:
                yield CaseResult(names[done], None, False, 0.0, "", f"lost with its workers: {done.exception()}")


def _check_workers(client: Any, address: str) -> None:
    try:
        found: dict[str, str] = client.run(_version_here)
    except Exception as error:
        raise CohortError(
            f"workers of {address} cannot run spondyl: {error!r}; install spondyl in their environment"
        ) from error
    if not found:
        raise CohortError(f"the scheduler at {address} has no worker; start some with `dask worker {address}`")
    ours = version("spondyl")
    other = {worker: theirs for worker, theirs in found.items() if theirs != ours}
    if other:
        told = ", ".join(f"{worker} has {theirs}" for worker, theirs in other.items())
        raise CohortError(f"spondyl is {ours} here, but {told}; install the same everywhere")


def _version_here() -> str:
    return version("spondyl")


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("distributed", "dask"):
            raise
        raise CohortError(
            "--scheduler needs Dask, which is not installed; install the extra: pip install 'spondyl[cluster]'"
        ) from error
