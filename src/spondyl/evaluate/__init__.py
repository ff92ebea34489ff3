"""DVH, metrics, protocols and verdicts, indices, radiobiology, gamma: is this dose a good one?"""

from spondyl.evaluate.conversion import eqd2_gy, isoeffective_gy, physical_gy
from spondyl.evaluate.dvh import DVH, check_frame, dvh, dvhs, is_drawn, meets, overlap_mm
from spondyl.evaluate.falloff import FallOff, fall_off, partial_cord
from spondyl.evaluate.gamma import Gamma, gamma
from spondyl.evaluate.indices import Indices, indices
from spondyl.evaluate.interpolation import dose_at
from spondyl.evaluate.isodose import isodose_volume_cm3
from spondyl.evaluate.judge import judge
from spondyl.evaluate.metrics import Metric, MetricValue, metric, parse_metric
from spondyl.evaluate.names import resolve
from spondyl.evaluate.outcomes import TumourControl, tumour_control
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
    "DVH", "FallOff", "Gamma", "Goal", "Indices", "Metric", "MetricValue",
    "Prescription", "PriorCourse", "Protocol", "TumourControl", "Verdict", "Verdicts", "bed",
    "bounds_text", "check_frame", "cumulative_eqd2", "dose_at", "dvh", "dvhs", "eqd2", "eqd2_gy", "fall_off",
    "gamma", "indices", "is_drawn", "isodose_volume_cm3", "isoeffective_gy", "judge",
    "load_protocol", "meets", "overlap_mm", "metric", "metric_records", "parse_metric", "partial_cord",
    "protocol_names", "read_protocol", "resolve", "tumour_control", "write_dvh_csv",
    "write_verdicts",
]  # fmt: skip
__all__ += ["physical_gy"]
