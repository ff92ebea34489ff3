"""One field from behind, or two that oppose each other, over the vertebra and its neighbours; dose to one point.

The involved vertebral bodies with the next one above and below are irradiated in two dimensions (Zhao, Liu and Wang
2023, section "Conventional EBRT"); that opposed fields give equal dose to the middle of the vertebral body and reach
`SIDE_MARGIN_MM` beyond the bone is our choice, not a guideline's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from spondyl.anatomy import sample_points
from spondyl.core import cite, trilinear
from spondyl.core.errors import PlanError
from spondyl.dose import Dose, compute_dose
from spondyl.physics import Linac, load_linac, load_machine, medium_from_ct
from spondyl.plan.external.beams import Beam
from spondyl.plan.external.fields import segment_fields
from spondyl.plan.external.shaping import open_aperture, seen_from, static_beam
from spondyl.plan.external.vertebrae import TARGET, Vertebrae, vertebrae, with_conventional_target
from spondyl.plan.job import Clock, Job, PlanResult, Technique
from spondyl.plan.log import PlanLog
from spondyl.plan.plan import Plan
from spondyl.plan.prescription import Prescription
from spondyl.plan.recompute import total_dose
from spondyl.plan.setup import dose_grid

SIDE_MARGIN_MM = 10.0
"""From the transverse processes to the field's edge: penumbra and set-up. Ours."""
POINT = "at the middle of the vertebral body"


@cite("Zhao, Liu and Wang 2023, Treatment progress of spinal metastatic cancer", "", "conventional EBRT")
def _plan(job: Job, technique: str, angles_deg: tuple[float, ...]) -> PlanResult:
    """Each field gives the point an equal share of the prescribed dose."""
    clock, asked = Clock(), job.prescription
    linac = load_linac(job.settings.linac)
    model = load_machine(linac.beam)
    bones = vertebrae(job.case, job.structures)
    unit = tuple(_beam(linac, model.sad_mm, bones, angle) for angle in angles_deg)
    fields = [segment_fields(beam, linac, model) for beam in unit]
    medium = medium_from_ct(job.case.ct, job.structures)
    grid = dose_grid(job.case, job.structures, [f for made in fields for f in made], job.settings.dose_beyond_mm)
    doses: list[Dose] = []
    for number, made in enumerate(fields, 1):
        doses.append(compute_dose(made, medium, model, engine=job.settings.engine, grid=grid))
        job.progress("dose by field", number / len(fields))
    at_point = [float(trilinear(dose.values, grid, np.asarray(bones.middle_mm))) for dose in doses]
    if min(at_point) <= 0:
        raise PlanError(
            "the fields give no dose to the middle of the vertebral body, expected it in the body; check vertebra, BODY"
        )
    mu = [asked.dose_per_fraction_gy / len(unit) / gray for gray in at_point]
    beams = tuple(beam.scaled(given) for beam, given in zip(unit, mu, strict=True))
    weighted = tuple(
        replace(f, fluence=f.fluence * given) for made, given in zip(fields, mu, strict=True) for f in made
    )
    total = sum(dose.values * np.float32(given) for dose, given in zip(doses, mu, strict=True))
    dose = total_dose(replace(doses[0], values=np.asarray(total, np.float32)), asked.fractions)
    given = Prescription(TARGET, asked.dose_gy, asked.fractions, POINT)
    plan = Plan(job.case.name, technique, job.rules.name, linac.beam, given, weighted, beams)
    clock.tick("final dose")
    return PlanResult(plan, dose, PlanLog((), (), {}, {}, timings_s=clock.seconds))


def _beam(linac: Linac, sad_mm: float, bones: Vertebrae, angle_deg: float) -> Beam:
    """1 MU through jaws as wide as the treated bone with its margin, as long as all three."""
    name = f"G{angle_deg:05.1f}"
    seen = [seen_from(sample_points(bone)[0], bones.middle_mm, angle_deg, sad_mm) for bone in bones.all]
    u, v = seen[1][0], np.concatenate([along for _, along in seen])
    jaws = (
        float(u.min()) - SIDE_MARGIN_MM, float(u.max()) + SIDE_MARGIN_MM, float(v.min()), float(v.max())
    )  # fmt: skip
    return static_beam(name, linac.name, bones.middle_mm, angle_deg, open_aperture(linac, jaws, f"beam {name}"))


POSTERIOR = Technique(
    "posterior",
    "conventional radiotherapy, one open field from behind",
    partial(_plan, technique="posterior", angles_deg=(180.0,)),
    "conventional-8in1",
    with_conventional_target,
)
OPPOSED = Technique(
    "opposed",
    "conventional radiotherapy, two opposed open fields",
    partial(_plan, technique="opposed", angles_deg=(0.0, 180.0)),
    "conventional-8in1",
    with_conventional_target,
)
