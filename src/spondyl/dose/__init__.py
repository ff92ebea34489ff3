"""Dose engines: one a file under engines/, compiled kernels beside them."""

from spondyl.dose.apertures import Aperture, BinaryAperture, CircularAperture, LeafAperture, leaf_fluence
from spondyl.dose.circles import circle_fluence
from spondyl.dose.compute import ENGINE_NAMES, ENGINES, Engine, compute_dose, find_engine
from spondyl.dose.dose import Dose
from spondyl.dose.fields import Field, aimed_field, gantry_axes
from spondyl.dose.fluence import FluenceMap, incident_fluence
from spondyl.dose.influence import Influence, beamlet_influence

__all__ = [
    "ENGINES",
    "ENGINE_NAMES",
    "Aperture",
    "BinaryAperture",
    "CircularAperture",
    "Dose",
    "Engine",
    "Field",
    "FluenceMap",
    "compute_dose",
    "find_engine",
    "Influence",
    "LeafAperture",
    "aimed_field",
    "beamlet_influence",
    "circle_fluence",
    "gantry_axes",
    "incident_fluence",
    "leaf_fluence",
]
