"""A verb for every case of a folder: in parallel, here or on a cluster, resumable, a failure reported and not fatal."""

from spondyl.app.cohort_run.cases import VERBS, find_cases
from spondyl.app.cohort_run.cluster import on_cluster
from spondyl.app.cohort_run.here import on_this_machine
from spondyl.app.cohort_run.job import CaseJob, CaseResult, run_case
from spondyl.app.cohort_run.summary import summary_record, write_summary
from spondyl.app.cohort_run.targets import check_targets

__all__ = [
    "VERBS",
    "CaseJob",
    "CaseResult",
    "check_targets",
    "find_cases",
    "on_cluster",
    "on_this_machine",
    "run_case",
    "summary_record",
    "write_summary",
]
