"""Dose engines: one a file under engines/, compiled kernels beside them."""

from spondyl.dose.dose import Dose
from spondyl.dose.fields import Field, gantry_axes
from spondyl.dose.fluence import FluenceMap, incident_fluence

__all__ = ["Dose", "Field", "FluenceMap", "gantry_axes", "incident_fluence"]
