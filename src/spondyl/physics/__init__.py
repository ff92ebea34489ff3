"""Materials, CT calibration, cross sections, spectra, kernels, machines."""

from spondyl.physics.beam_model import (
    BeamModel,
    Contamination,
    HeadScatter,
    Horns,
    ReferenceCondition,
    bare_beam,
)
from spondyl.physics.cross_sections import (
    MassCoefficients,
    mass_attenuation,
    mass_coefficients,
    mass_energy_absorption,
    mass_energy_transfer,
)
from spondyl.physics.ct_calibration import CtCalibration, schneider_calibration
from spondyl.physics.kernels import PointKernel, mono_kernel, mono_kernels, poly_kernel, refuse_beyond_kernels
from spondyl.physics.machines import (
    Agreement,
    Fit,
    Linac,
    MeasuredBeam,
    MultileafCollimator,
    axis_dose,
    calibrated,
    compare,
    fit_machine,
    linac_names,
    load_linac,
    load_machine,
    machine_names,
    parse_linac,
    parse_machine,
    read_measured,
    tolerance_percent,
    write_machine,
)
from spondyl.physics.materials import MATERIALS, Material, built_in_materials, find_material
from spondyl.physics.medium import Medium, medium_from_ct, uniform_medium
from spondyl.physics.mixtures import fill_partly, mixture, place_of
from spondyl.physics.pencil_kernel import PencilKernel, pencil_kernel
from spondyl.physics.spectra import Spectrum, mohan_6mv, read_spectrum_csv

__all__ = [
    "MATERIALS", "Agreement", "BeamModel", "Contamination", "CtCalibration", "Fit", "HeadScatter", "Horns", "Linac",
    "MassCoefficients", "Material", "MeasuredBeam", "Medium", "MultileafCollimator", "PencilKernel", "PointKernel",
    "ReferenceCondition", "Spectrum", "axis_dose", "bare_beam", "built_in_materials", "calibrated", "compare",
    "fill_partly", "find_material", "fit_machine", "linac_names", "load_linac", "load_machine", "machine_names",
    "mass_attenuation", "mass_coefficients", "mass_energy_absorption", "mass_energy_transfer", "medium_from_ct",
    "mixture", "mohan_6mv", "mono_kernel", "mono_kernels", "parse_linac", "parse_machine", "pencil_kernel",
    "place_of", "poly_kernel", "read_measured", "read_spectrum_csv", "refuse_beyond_kernels",
    "schneider_calibration", "tolerance_percent", "uniform_medium", "write_machine",
]  # fmt: skip
