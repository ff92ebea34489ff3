"""From a finished needle plan to what its report shows."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from spondyl.anatomy.access import Access
from spondyl.anatomy.access_search import CAUDAL_DEG, CONVERGENCE_DEG
from spondyl.anatomy.access_structures import CEMENTED, SHAFT_MM
from spondyl.app.kypho_job import TISSUE, KyphoPlanned
from spondyl.app.kypho_noise import noise_warnings
from spondyl.app.plan_report import goal_row
from spondyl.app.report import Fact, ReportInputs, Segment, Table, curves_of
from spondyl.app.report.numbers import plain, position, three
from spondyl.core import sha256_of
from spondyl.dose import Dose
from spondyl.evaluate import load_protocol
from spondyl.plan.kypho.results import KeyNumber
from spondyl.plan.kypho.robustness import HISTORIES

TECHNIQUE_NAME = "Kypho-IORT, 50 kV through the needle"
DVH_TO = 5.0
"""The DVH's axis ends at this many times the prescribed dose: at the source it is a hundred times that."""
SHOWN = ("GTV", "SpinalCord", "ThecalSac", "SpinalCanal", "Skin")
LONG_MINUTES = 10.0
"""Ours: five times what the review of the technique gives for 8 Gy at 8 mm (paper 000)."""
COUNTED_FROM = 0.05
"""Mean uncertainty is told of voxels above this share of the prescribed dose."""


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
        tables=(_numbers_table(planned), _paths_table(planned), *_sensitivity_tables(planned)),
        dvh_to_gy=DVH_TO * plan.prescription.dose_gy,
    )


def _behind(path: Access) -> tuple[float, float, float]:
    """Where the shaft that is drawn begins."""
    x, y, z = np.asarray(path.entry_mm) - SHAFT_MM * path.direction
    return float(x), float(y), float(z)


def warnings(planned: KyphoPlanned) -> tuple[str, ...]:
    """What is said before all else."""
    doses = planned.result.doses
    told = (
        *_noise(planned),
        *planned.case.warnings,
        *planned.eligibility.warnings(),
        *planned.result.notes,
        *shortfalls(planned),
    )
    if not doses.interrupted:
        return told
    return (
        *told,
        f"interrupted after round {doses.rounds}: the dose is that round's, with a mean standard "
        f"error of {uncertainty_text(planned)}",
    )


def _noise(planned: KyphoPlanned) -> tuple[str, ...]:
    """What is said of too few photons."""
    dose = planned.result.doses.patient
    judged = dict.fromkeys(v.judged for v in planned.verdicts.verdicts if v.judged in planned.structures)
    mean = mean_uncertainty(dose, planned.result.plan.prescription.dose_gy)
    return noise_warnings(dose, mean, [planned.structures[name] for name in judged])


def shortfalls(planned: KyphoPlanned) -> tuple[str, ...]:
    """What the finished plan does not do, or asks too much of: target, limits, time, earlier radiotherapy."""
    plan = planned.result.plan
    told: list[str] = []
    lowest = next(n.patient for n in planned.numbers if (n.structure, n.metric) == (TISSUE, "D98%"))
    if lowest is not None and lowest < plan.prescription.dose_gy:
        told.append(
            f"{TISSUE} D98% is {three(lowest)} Gy, less than the {plain(plan.prescription.dose_gy)} Gy prescribed"
        )
    for verdict in planned.verdicts.of("fail", "mandatory"):
        if verdict.value:
            met = plan.minutes * verdict.limit / verdict.value
            name = f"{verdict.judged or verdict.structure} {verdict.metric}"
            told.append(
                f"{name} is {three(verdict.value)} Gy of {plain(verdict.limit)} Gy allowed; {met:.2f} of "
                f"{plan.minutes:.2f} min would meet it"
            )
    if plan.minutes > LONG_MINUTES:
        told.append(
            f"irradiation takes {plan.minutes:.0f} min, where about 2 min are usual: choose another prescription"
        )
    prior = planned.case.facts.clinical.prior_radiotherapy
    if prior.to_this_level or prior.to_cord:
        told.append(f"earlier radiotherapy here is stated, and {plan.protocol} is judged without its dose")
    return tuple(told)


def mean_uncertainty(dose: Dose, prescribed_gy: float) -> float | None:
    """Mean relative standard error of the voxels above `COUNTED_FROM` of the prescribed dose; None where unknown."""
    if dose.relative_uncertainty is None:
        return None
    counted = dose.values >= COUNTED_FROM * prescribed_gy
    return float(np.mean(dose.relative_uncertainty[counted])) if counted.any() else None


def uncertainty_text(planned: KyphoPlanned) -> str:
    """ "0.8 % above 0.4 Gy"."""
    asked = planned.result.plan.prescription.dose_gy
    found = mean_uncertainty(planned.result.doses.patient, asked)
    return f"{three(None if found is None else 100 * found)} % above {plain(COUNTED_FROM * asked)} Gy"


def number_columns(planned: KyphoPlanned) -> tuple[str, ...]:
    """Heads of the key numbers' columns; "after cement" only where that was calculated."""
    return NUMBER_COLUMNS if planned.result.doses.with_cement is not None else NUMBER_COLUMNS[:-1]


def number_rows(planned: KyphoPlanned) -> tuple[tuple[str, ...], ...]:
    """The key numbers as cells, as many in a row as there are columns."""
    count = len(number_columns(planned))
    return tuple(_number_cells(row)[:count] for row in planned.numbers)


def _number_cells(row: KeyNumber) -> tuple[str, ...]:
    return (
        f"{row.structure} {row.metric}",
        three(row.water),
        three(row.patient),
        three(row.ratio) if row.ratio is not None else "",
        three(row.patient_to_water),
        three(row.ratio_to_water) if row.ratio_to_water is not None else "",
        three(row.with_cement),
    )


NUMBER_COLUMNS = (
    "dose in Gy", "water", "patient, to medium", "over water", "patient, to water", "over water", "after cement"
)  # fmt: skip


def _numbers_table(planned: KyphoPlanned) -> Table:
    note = (
        "Water: depth dose of the calibration, as if all were water, the conventional reading. Patient: photons "
        "followed through the CT; the dose to the tissue itself is judged, that to water in its place tells how much "
        f"of the difference is bone absorbing more. {_cement(planned)}{TISSUE} "
        "leaves out needle and applicator."
    )
    return Table("Key numbers", number_columns(planned), number_rows(planned), note)


def _cement(planned: KyphoPlanned) -> str:
    """The sentence about the last column; empty where there is none."""
    dose = planned.result.doses.with_cement
    if dose is None:
        return ""
    cement = next((step.split(" is ")[-1] for step in dose.made if step.startswith(f'"{CEMENTED}" is')), "cement")
    return f"After cement: as if {cement} stood there. "


def _sensitivity_tables(planned: KyphoPlanned) -> tuple[Table, ...]:
    found = planned.result.sensitivity
    if found is None:
        return ()
    rows = tuple(
        (f"{r.metric}, {r.kind}", three(r.planned), f"{three(r.low)} ({r.low_at})", f"{three(r.high)} ({r.high_at})")
        for r in found.ranges()
    )
    note = (
        f"Dose to medium with {HISTORIES} photons, the same random numbers in every scenario, at points 1 mm apart: "
        "the differences count; times are the plan's."
    )
    return (Table("Sensitivity", ("dose in Gy", "planned", "lowest", "highest"), rows, note),)


PATH_COLUMNS = (
    "path", "entry x, y, z", "source x, y, z", "convergence", "caudal", "in the body", "from the cortex", "to the wall",
    "to the canal", "cannula",
)  # fmt: skip


def _paths_table(planned: KyphoPlanned) -> Table:
    made = planned.result
    used = [_path_cells(path, "planned") for path in made.plan.placement.paths]
    sides = {path.side for path in made.plan.placement.paths}
    other = [p for p in made.proposals if p.side not in sides]
    offered = [_path_cells(p.access, "proposed") for p in other if p.access is not None]
    refused = [(f"{p.side}, refused: {p.refusal}", *[""] * (len(PATH_COLUMNS) - 1)) for p in other if p.access is None]
    note = (
        "Patient's sides; DICOM patient coordinates and distances in mm. Angles in the vertebra's own axes: "
        "convergence towards the midline, caudal downwards. Distances to wall and canal are the axis's. Tried were "
        f"convergence {CONVERGENCE_DEG[0]:g} to {CONVERGENCE_DEG[-1]:g} and caudal {CAUDAL_DEG[0]:g} to "
        f"{CAUDAL_DEG[-1]:g} degrees. In the planes a needle is drawn as its projection."
    )
    return Table("Needle", PATH_COLUMNS, (*used, *offered, *refused), note)


def _path_cells(path: Access, what: str) -> tuple[str, ...]:
    return (
        f"{path.side}, {what}",
        ", ".join(position(v) for v in path.entry_mm),
        ", ".join(position(v) for v in path.tip_mm),
        f"{three(path.convergence_deg)}°",
        f"{three(path.caudal_deg)}°",
        three(path.depth_in_body_mm),
        three(path.depth_from_entry_mm),
        "passes no pedicle" if path.wall_mm is None else three(path.wall_mm),
        three(path.canal_mm),
        f"{plain(path.cannula_mm)} mm {'fits' if path.fits else 'does not fit'}",
    )


def _plan_facts(planned: KyphoPlanned) -> tuple[Fact, ...]:
    plan = planned.result.plan
    source = plan.sources[0].source.name
    each = " and ".join(
        f"{three(s.minutes)} min {path.side}" for s, path in zip(plan.sources, plan.placement.paths, strict=True)
    )
    return (
        Fact("prescription", plan.prescription.words),
        Fact("irradiation", f"{three(plan.minutes)} min" + (f" ({each})" if len(plan.sources) > 1 else "")),
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
