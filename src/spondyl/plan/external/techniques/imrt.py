"""Fixed fields with fluence, not yet sequenced into leaf positions."""

from __future__ import annotations

from spondyl.physics import load_machine
from spondyl.plan.correction import Delivered
from spondyl.plan.imrt import fluence_fields
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.matvec import Floats
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.setup import Setup, set_up, start_fluence


def fluence_setup(job: Job, machine: str) -> Setup:
    """The problem of a job in beamlets of fixed fields."""
    settings = job.settings
    return set_up(
        job.case, job.structures, job.wishlist, job.prescription, load_machine(machine), settings.fields,
        job.progress, settings.dose_beyond_mm,
    )  # fmt: skip


def _prepare(job: Job) -> Prepared:
    setup = fluence_setup(job, job.settings.machine)

    def deliver(x: Floats) -> Delivered:
        return Delivered(fluence_fields(setup.arrangement, x / job.prescription.fractions))

    return Prepared(setup, start_fluence(setup, job.prescription), deliver)


def _plan(job: Job) -> PlanResult:
    return optimised(job, "imrt", job.settings.machine, _prepare)


IMRT = Technique("imrt", "fixed-field IMRT, simultaneous integrated boost", _plan)
