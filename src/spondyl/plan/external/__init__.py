"""Beams of a linac: control points, the fields that they make, and whether and how fast they can be delivered."""

from spondyl.plan.external.beams import Beam, ControlPoint, turn_deg
from spondyl.plan.external.fields import segment_fields

__all__ = ["Beam", "ControlPoint", "segment_fields", "turn_deg"]
