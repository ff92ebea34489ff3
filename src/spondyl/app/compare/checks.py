"""What can be refused before anything is planned: plans asked for that this case, or these rules, do not allow."""

from __future__ import annotations

from collections.abc import Sequence

from spondyl.anatomy import Case
from spondyl.anatomy.access_case import needle_anatomy
from spondyl.anatomy.access_search import need_access, propose_access
from spondyl.app.compare.makers import BEAMS, Asked
from spondyl.app.eligibility import MODALITIES, eligibility
from spondyl.app.kypho_job import PROTOCOL as KYPHO_PROTOCOL
from spondyl.core.errors import PlanError
from spondyl.evaluate import load_protocol
from spondyl.physics import load_machine
from spondyl.physics.kv import load_kv_source
from spondyl.plan import PlanSettings, check_protocol, default_protocol, draw_targets
from spondyl.plan.kypho.limits import check_one_fraction, neural_limits
from spondyl.plan.kypho.planner import NEURAL_WITHIN_MM
from spondyl.plan.kypho.settings import KyphoSettings


def check_plannable(case: Case, names: Sequence[str], asked: Asked) -> None:
    """Ask of every technique named, in seconds, whether it can be planned at all; rules of eligibility first.

    Raises
    ------
    PlanError
        If a technique is contraindicated and no reason to override is given, one is given where nothing needs it, or
        no needle path is left.
    SpondylError
        If the case, a protocol or a machine lacks what a technique needs.
    """
    ruled = [name for name in names if name in MODALITIES]
    if asked.override and not ruled:
        raise PlanError(
            f'--override "{asked.override}" is given, but none of {", ".join(names)} is asked about; it goes with '
            f"{', '.join(MODALITIES)}: leave it out"
        )
    for name in ruled:
        eligibility(case.facts, name, asked.override)
    for name in names:
        if name == "kypho-iort":
            _kypho_iort(case, asked)
        elif name in BEAMS:
            _beams(case, *BEAMS[name])


def _beams(case: Case, technique: str, protocol: str | None) -> None:
    chosen = protocol or default_protocol(technique) or case.facts.prescription
    if chosen is None:
        raise PlanError(
            f"case {case.name} names no prescription, so {technique} alone does not say what to plan; "
            f"name one with it, such as {technique}-30in5"
        )
    check_protocol(chosen)
    draw_targets(case, case.structures, technique)
    load_machine(PlanSettings().machine)


def _kypho_iort(case: Case, asked: Asked) -> None:
    settings, rules = KyphoSettings(), load_protocol(KYPHO_PROTOCOL)
    load_kv_source(settings.source)
    check_one_fraction(rules)
    anatomy = needle_anatomy(case, asked.gtv)
    neural_limits(rules, anatomy.structures, anatomy.aim_mm, NEURAL_WITHIN_MM)
    need_access(propose_access(anatomy.space, anatomy.aim_mm, settings.cannula_mm), settings.cannula_mm)
