"""The whole way of a needle plan: case, eligibility, paths, dose, verdicts and key numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spondyl import evaluate, io
from spondyl.anatomy import Case, Structures
from spondyl.anatomy.access_case import needle_anatomy
from spondyl.anatomy.access_structures import METAL_FROM_MM, MOST_OF_BODY, SHAFT
from spondyl.app.eligibility import Eligibility, eligibility
from spondyl.app.kypho_extent import told_structures, unknown_numbers
from spondyl.app.stages import Stages
from spondyl.core import Citation, Progress, collecting, silent
from spondyl.core.errors import DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate import DVH, Verdicts, load_protocol
from spondyl.physics.kv import load_kv_source
from spondyl.plan.kypho.doses import Show
from spondyl.plan.kypho.drawn import TISSUE, key_structures
from spondyl.plan.kypho.limits import check_one_fraction
from spondyl.plan.kypho.plan import RBE_TOLD
from spondyl.plan.kypho.planner import KyphoResult, make_kypho_plan
from spondyl.plan.kypho.results import KeyNumber, key_numbers
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import Transport

PROTOCOL = "hytec-cord"
"""Limits of cord and thecal sac in one fraction."""


@dataclass(frozen=True)
class KyphoPlanned:
    """A finished needle plan.

    Parameters
    ----------
    structures
        As they are written.
    dose
        The patient's, to medium, in Gy as RTDOSE stores it: what is judged.
    numbers
        The key numbers in every reading.
    """

    case: Case
    eligibility: Eligibility
    result: KyphoResult
    structures: Structures
    dose: Dose
    dvhs: Mapping[str, DVH]
    verdicts: Verdicts
    numbers: tuple[KeyNumber, ...]
    assumptions: tuple[str, ...]
    citations: tuple[Citation, ...]
    timings_s: Mapping[str, float]


def plan_kypho(
    folder: str | Path,
    *,
    protocol: str | None = None,
    gtv: str = "",
    settings: KyphoSettings | None = None,
    override: str = "",
    show: Show = lambda plan, found: None,
    transport: Transport | None = None,
    progress: Progress = silent,
) -> KyphoPlanned:
    """From a case folder to a judged needle plan.

    Parameters
    ----------
    protocol
        Whose limits for one fraction are held and judged; `PROTOCOL` by default, for the case's own is for beams.
    override
        Why it is planned where the rules forbid it.
    show, progress
        Told each round of the dose, and how far the work is.
    transport
        What computes a source's dose; the engine of the settings by default.

    Raises
    ------
    SpondylError
        If the case lacks something, the technique is contraindicated, or no path is left.
    """
    chosen = settings or KyphoSettings()
    stage = Stages()
    with collecting() as cited:
        with stage("open case"):
            case = io.open_case(Path(folder))
            allowed = eligibility(case.facts, "kypho-iort", override)
            rules, source = load_protocol(protocol or PROTOCOL), load_kv_source(chosen.source)
            check_one_fraction(rules)
            anatomy = needle_anatomy(case, gtv)
        with stage("needle and dose"):
            made = make_kypho_plan(
                case, anatomy, rules, source, chosen, show=show, transport=transport, progress=progress
            )
        with stage("dose-volume histograms"):
            structures, said = told_structures(made)
            stored = io.as_stored(made.doses.patient)
            dvhs = _curves(stored, structures)
        with stage("verdicts"):
            name = f"{case.name} {made.plan.technique}"
            verdicts = evaluate.judge(stored, structures, rules, plan=name, dvhs=dvhs)
        with stage("key numbers"):
            level = anatomy.space.level
            numbers = (*_numbers(made, stored, structures, dvhs, level), *unknown_numbers(made, level))
    told = tuple(dict.fromkeys((*anatomy.assumptions, *_assumed(made), *said)))
    return KyphoPlanned(
        case, allowed, made, structures, stored, dvhs, verdicts, numbers, told, tuple(cited), stage.seconds
    )


def _curves(dose: Dose, structures: Structures) -> dict[str, DVH]:
    """DVHs of what lies on the dose grid, at least in part, a target wholly; not of body, needle and cement."""
    found: dict[str, DVH] = {}
    for name, structure in structures.items():
        try:
            if structure.role not in ("external", "other"):
                found[name] = evaluate.dvh(dose, structure)
        except DoseGridError:
            if structure.role == "target":
                raise
    return found


def _assumed(made: KyphoResult) -> tuple[str, ...]:
    placed = made.plan.sources[0]
    cement = (
        "after cement: the GTV in the vertebral body is cement, nearest to the source first, at most "
        f"{100 * MOST_OF_BODY:g} % of the body, and nothing beyond; the dose is given before it"
    )
    return (
        f"source: {placed.source.calibrated().about or placed.source.name}",
        f"{TISSUE} is the GTV without needle and applicator, where no tissue is",
        RBE_TOLD,
        _needle(made),
        *(() if made.doses.with_cement is None else (cement,)),
    )


def _needle(made: KyphoResult) -> str:
    """What stands where the needle is, as the medium tells it."""
    told = next((step for step in made.doses.patient.made if step.startswith(f'"{SHAFT}" is')), None)
    if told is None:
        return "the needle is not in the calculation: tissue stands in its place, and its wall is in the calibration"
    return (
        f"the needle is {told.partition(' is ')[2]}, from {METAL_FROM_MM:g} mm behind the source to the skin, massive; "
        "nearer to the source tissue stands in its place, its wall is in the calibration; after cement it is out"
    )


def _numbers(
    made: KyphoResult, stored: Dose, structures: Structures, dvhs: Mapping[str, DVH], level: str
) -> tuple[KeyNumber, ...]:
    doses = {
        "water": made.doses.water,
        "patient": stored,
        "patient_to_water": made.doses.patient_to_water,
        "with_cement": made.doses.with_cement,
    }
    return key_numbers(doses, key_structures(structures, level), dvhs)
