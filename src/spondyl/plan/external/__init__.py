"""Beams of a linac: control points, the fields that they make, and whether and how fast they can be delivered."""

from spondyl.plan.external.beams import Beam, ControlPoint, turn_deg
from spondyl.plan.external.complexity import leaf_travel_mm, modulation_complexity_score
from spondyl.plan.external.delivery import DeliveryTime, check_deliverable, delivery_time_s
from spondyl.plan.external.fields import beam_fields, segment_fields
from spondyl.plan.external.helix import helical_time_s

__all__ = [
    "Beam", "ControlPoint", "DeliveryTime", "beam_fields", "check_deliverable", "delivery_time_s",
    "helical_time_s", "leaf_travel_mm", "modulation_complexity_score", "segment_fields", "turn_deg",
]  # fmt: skip
