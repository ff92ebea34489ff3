"""DVH, metrics, protocols and verdicts, indices, radiobiology, gamma: is this dose a good one?"""

from spondyl.evaluate.conversion import eqd2_gy, isoeffective_gy
from spondyl.evaluate.dvh import DVH, dvh, dvhs, is_drawn, meets
from spondyl.evaluate.judge import judge
from spondyl.evaluate.metrics import Metric, MetricValue, metric, parse_metric
from spondyl.evaluate.names import resolve
from spondyl.evaluate.protocols import (
    Goal,
    Prescription,
    Protocol,
    load_protocol,
    protocol_names,
    read_protocol,
)
from spondyl.evaluate.radiobiology import PriorCourse, bed, cumulative_eqd2, eqd2
from spondyl.evaluate.tables import bounds_text, metric_records, write_dvh_csv, write_verdicts
from spondyl.evaluate.verdicts import Verdict, Verdicts

__all__ = [
    "DVH", "Goal", "Metric", "MetricValue", "Prescription", "PriorCourse", "Protocol", "Verdict", "Verdicts",
    "bed", "bounds_text", "cumulative_eqd2", "dvh", "dvhs", "eqd2", "eqd2_gy", "is_drawn", "isoeffective_gy",
    "judge", "load_protocol", "meets", "metric", "metric_records", "parse_metric", "protocol_names",
    "read_protocol", "resolve", "write_dvh_csv", "write_verdicts",
]  # fmt: skip
