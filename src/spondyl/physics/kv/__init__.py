"""Kilovoltage: photon tables, spectra, sources, CT to materials; no transport."""

from spondyl.physics.kv.ct_materials import blended_composition, check_ct, disturbed_ct, kv_calibration
from spondyl.physics.kv.kv_medium import kv_medium_from_ct

__all__ = ["blended_composition", "check_ct", "disturbed_ct", "kv_calibration", "kv_medium_from_ct"]
