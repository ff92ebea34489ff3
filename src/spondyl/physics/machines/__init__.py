"""Treatment machines: data files, what a clinic measures, and the fit from one to the other."""

from spondyl.physics.machines.agreement import Agreement, compare, tolerance_percent
from spondyl.physics.machines.axis_dose import axis_dose
from spondyl.physics.machines.fit import Fit, calibrated, fit_machine
from spondyl.physics.machines.linac import Linac, MultileafCollimator
from spondyl.physics.machines.linac_file import linac_names, load_linac, parse_linac
from spondyl.physics.machines.machine_file import load_machine, machine_names, parse_machine, write_machine
from spondyl.physics.machines.measured import MeasuredBeam, read_measured

__all__ = [
    "Agreement", "Fit", "Linac", "MeasuredBeam", "MultileafCollimator", "axis_dose", "calibrated", "compare",
    "fit_machine", "linac_names", "load_linac", "load_machine", "machine_names", "parse_linac", "parse_machine",
    "read_measured", "tolerance_percent", "write_machine",
]  # fmt: skip
