"""Dose engines: one a file under engines/, compiled kernels beside them."""

from spondyl.dose.dose import Dose
from spondyl.dose.fields import Field, gantry_axes

__all__ = ["Dose", "Field", "gantry_axes"]
