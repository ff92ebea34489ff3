"""Kilovoltage: photon tables, spectra, sources, CT to materials; no transport."""

from spondyl.physics.kv.calibration_file import read_calibration
from spondyl.physics.kv.ct_materials import blended_composition, check_ct, disturbed_ct, kv_calibration
from spondyl.physics.kv.filtration import Layer, filtered
from spondyl.physics.kv.kv_medium import kv_medium_from_ct
from spondyl.physics.kv.source import (
    KvSource,
    PlacedSource,
    kv_source_names,
    load_kv_source,
    point_source,
    voxel_centres,
)
from spondyl.physics.kv.source_output import PolarAnisotropy, SourceOutput
from spondyl.physics.kv.spectrum import KvSpectrum, bundled_kv_spectrum, kv_spectrum, read_kv_spectrum
from spondyl.physics.kv.tables import PhotonTables, photon_tables
from spondyl.physics.kv.water_response import mean_energy_kev, water_gy_per_photon

__all__ = [
    "KvSource", "KvSpectrum", "Layer", "PhotonTables", "PlacedSource", "PolarAnisotropy", "SourceOutput",
    "blended_composition", "bundled_kv_spectrum", "check_ct", "disturbed_ct", "filtered", "kv_calibration",
    "kv_medium_from_ct", "kv_source_names", "kv_spectrum", "load_kv_source", "mean_energy_kev", "photon_tables",
    "point_source", "read_calibration", "read_kv_spectrum", "voxel_centres", "water_gy_per_photon",
]  # fmt: skip
