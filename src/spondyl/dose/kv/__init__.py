"""Dose of kilovoltage photons: Monte Carlo and hybrid engines behind one door, `compute`."""

from spondyl.dose.kv.compute import (
    KV_ENGINE_NAMES,
    KV_ENGINES,
    KV_UNIT,
    KvEngine,
    compute_kv_dose,
    compute_kv_result,
    find_kv_engine,
    kv_doses,
    refuse_source_in_air,
)
from spondyl.dose.kv.setup import KvPointSource, KvResult, KvSettings

__all__ = [
    "KV_ENGINES", "KV_ENGINE_NAMES", "KV_UNIT", "KvEngine", "KvPointSource", "KvResult", "KvSettings",
    "compute_kv_dose", "compute_kv_result", "find_kv_engine", "kv_doses", "refuse_source_in_air",
]  # fmt: skip
