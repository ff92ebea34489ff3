"""From a finished needle plan to what its report shows."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from spondyl.anatomy.access import Access
from spondyl.anatomy.access_structures import SHAFT_MM
from spondyl.app.kypho_job import KyphoPlanned
from spondyl.app.kypho_tables import numbers_table, paths_table, sensitivity_tables
from spondyl.app.kypho_warnings import minutes_text, uncertainty_text, warnings
from spondyl.app.plan_report import goal_row
from spondyl.app.report import Fact, ReportInputs, Segment, curves_of
from spondyl.app.report.numbers import plain, three
from spondyl.core import sha256_of
from spondyl.evaluate import load_protocol

TECHNIQUE_NAME = "Kypho-IORT, 50 kV through the needle"
DVH_TO = 5.0
"""The DVH's axis ends at this many times the prescribed dose: at the source it is a hundred times that."""
SHOWN = ("GTV", "SpinalCord", "ThecalSac", "SpinalCanal", "Skin")


def kypho_report_inputs(planned: KyphoPlanned) -> ReportInputs:
    """Everything the report shows, in words and numbers."""
    plan, case = planned.result.plan, planned.case
    rules = load_protocol(plan.protocol)
    shown = [name for name in SHOWN if name in planned.structures]
    needles = [name for name in planned.structures if name.startswith("Needle")]
    return ReportInputs(
        case=case,
        structures=planned.structures,
        dose=planned.dose,
        technique=TECHNIQUE_NAME,
        protocol=rules.title,
        prescription_gy=plan.prescription.dose_gy,
        plan_facts=_plan_facts(planned),
        made_facts=_made_facts(planned),
        goals=tuple(goal_row(v) for v in planned.verdicts.verdicts),
        curves=curves_of(planned.dvhs),
        assumptions=tuple(dict.fromkeys((*planned.assumptions, *planned.verdicts.notes, *rules.notes))),
        warnings=warnings(planned),
        citations=tuple(str(citation) for citation in planned.citations),
        inputs_sha256=sha256_of({"case": case.folder}) if case.folder else {},
        timings_s=planned.timings_s,
        version=version("spondyl"),
        chosen_structures=(*shown, *needles),
        segments=tuple(
            Segment(name, _behind(path), path.tip_mm) for name, path in zip(needles, plan.placement.paths, strict=True)
        ),
        tables=(numbers_table(planned), paths_table(planned), *sensitivity_tables(planned)),
        dvh_to_gy=DVH_TO * plan.prescription.dose_gy,
    )


def _behind(path: Access) -> tuple[float, float, float]:
    """Where the shaft that is drawn begins."""
    x, y, z = np.asarray(path.entry_mm) - SHAFT_MM * path.direction
    return float(x), float(y), float(z)


def _plan_facts(planned: KyphoPlanned) -> tuple[Fact, ...]:
    plan = planned.result.plan
    source = plan.sources[0].source.name
    each = " and ".join(
        f"{three(s.minutes)} min {path.side}" for s, path in zip(plan.sources, plan.placement.paths, strict=True)
    )
    return (
        Fact("prescription", plan.prescription.words),
        Fact("irradiation", minutes_text(plan) + (f" ({each})" if len(plan.sources) > 1 else "")),
        Fact("source", source),
        Fact("eligibility", planned.eligibility.verdict),
    )


def _made_facts(planned: KyphoPlanned) -> tuple[Fact, ...]:
    doses, grid = planned.result.doses, planned.dose.grid
    spacing = " × ".join(plain(s) for s in grid.spacing_mm)
    override = planned.eligibility.override
    return (
        Fact("dose engine", f"{planned.dose.engine}, {planned.dose.kind.replace('-', ' ')}"),
        Fact("dose grid", f"{spacing} mm, {' × '.join(str(n) for n in grid.shape[::-1])} voxels"),
        Fact(
            "uncertainty",
            f"{uncertainty_text(planned)}, one standard error, mean; {doses.rounds} rounds",
        ),
        *((Fact("override", override),) if override else ()),
        *(Fact("how", step) for step in planned.dose.made),
    )
