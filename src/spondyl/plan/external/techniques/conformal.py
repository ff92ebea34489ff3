"""3D conformal: static beams whose leaves follow the vertebra and its neighbours, with optimised weights, no wedges."""

from __future__ import annotations

from spondyl.physics import Linac
from spondyl.plan.external.beams import Beam
from spondyl.plan.external.vertebrae import TARGET, with_conventional_target
from spondyl.plan.external.weighted import conformal_beam, weighted_plan
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.setup import Scene

GANTRY_DEG = (0.0, 120.0, 180.0, 240.0)
"""From behind, from both sides behind, and from the front, whose weight evens out the fall from back to front. Ours."""
MLC_MARGIN_MM = 7.0
"""From the PTV to the leaves: the penumbra's 95 % lies so far inside a field's edge. Ours."""


def _beams(scene: Scene, linac: Linac) -> list[Beam]:
    return [conformal_beam(scene, linac, angle, MLC_MARGIN_MM) for angle in GANTRY_DEG]


def _plan(job: Job) -> PlanResult:
    """The protocol's PTV is the vertebra and its neighbours."""
    return weighted_plan(job, "conformal", _beams, TARGET)


CONFORMAL = Technique(
    "conformal", "3D conformal, four static beams without wedges", _plan, "conventional-8in1", with_conventional_target
)
