"""What a recomputed plan's report shows, and its record."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from spondyl.app.delivery_facts import delivery_facts, delivery_warnings
from spondyl.app.delivery_view import delivery_of
from spondyl.app.plan_report import goal_row
from spondyl.app.recompute import Recomputed
from spondyl.app.recompute_agreement import CRITERIA, TOLERANCE_PERCENT, TOLERANCE_SOURCE, Agreement, SideBySide
from spondyl.app.report import Fact, ReportInputs, curves_of
from spondyl.app.report.inputs import Table
from spondyl.app.report.numbers import plain, three
from spondyl.core import DISCLAIMER, sha256_of
from spondyl.physics import BeamModel

ORGAN_ROLES = ("oar", "prv", "canal")


def recompute_record(made: Recomputed) -> dict[str, Any]:
    """`recompute.json`: what was computed, how it agrees, what is met."""
    plan = made.plan
    return {
        "disclaimer": DISCLAIMER,
        "case": made.case.name,
        "plan": plan.label,
        "fractions": plan.fractions,
        "prescription_gy": plan.prescription.dose_gy if plan.prescription else None,
        "machine": plan.machine,
        "calibration": calibration_text(made.model),
        "engine": made.dose.engine,
        "mu_per_fraction": round(sum(beam.mu for beam in plan.beams), 4) if plan.beams else None,
        "beams": [
            {
                "name": beam.name,
                "linac": beam.linac,
                "mu": round(beam.mu, 4),
                "control_points": len(beam.points),
                "arc": beam.is_arc,
            }
            for beam in plan.beams
        ],
        "agreement": made.agreement.record() if made.agreement else None,
        "verdicts": made.verdicts.record() if made.verdicts else None,
        "reference_verdicts": made.reference_verdicts.record() if made.reference_verdicts else None,
        "notes": list(made.notes),
    }


def recompute_report(made: Recomputed) -> ReportInputs:
    """Everything the report shows, in words and numbers."""
    plan = made.plan
    return ReportInputs(
        case=made.case,
        structures=made.structures,
        dose=made.dose,
        technique=f"recomputed: {plan.label}",
        protocol=made.rules.title if made.rules else "none given",
        prescription_gy=plan.prescription.dose_gy if plan.prescription else None,
        plan_facts=_plan_facts(made),
        made_facts=_made_facts(made),
        goals=tuple(goal_row(v) for v in made.verdicts.verdicts) if made.verdicts else (),
        curves=curves_of(made.dvhs),
        assumptions=(*made.notes, *(made.verdicts.notes if made.verdicts else ())),
        warnings=(*_disagreement(made.agreement), *made.case.warnings, *delivery_warnings(plan.beams)),
        citations=tuple(str(citation) for citation in made.citations),
        inputs_sha256=sha256_of({"case": made.case.folder}) if made.case.folder else {},
        timings_s=made.timings_s,
        version=version("spondyl"),
        tables=_tables(made),
        delivery=delivery_of(plan.beams, made.structures),
    )


def _disagreement(held: Agreement | None) -> tuple[str, ...]:
    if held is None or held.within:
        return ()
    found, (percent, mm) = held.gammas[-1], CRITERIA[-1]
    return (
        f"the doses do not agree: {found.passing_percent:.1f} % of points pass {plain(percent)} %/{plain(mm)} mm, "
        f"at least {plain(TOLERANCE_PERCENT)} % are asked",
    )


def _plan_facts(made: Recomputed) -> tuple[Fact, ...]:
    plan = made.plan
    asked = plan.prescription
    said = "not said"
    if asked is not None:
        to = f" to {asked.structure} {asked.coverage}".rstrip() if asked.structure else ""
        said = f"{plain(asked.dose_gy)} Gy in {plan.fractions} fractions{to}"
    mu = f"{three(sum(beam.mu for beam in plan.beams))} per fraction" if plan.beams else "of fluences"
    linacs = ", ".join(dict.fromkeys(beam.linac for beam in plan.beams))
    return (
        Fact("prescription", said),
        Fact("beams", f"{len(plan.beams) or len(plan.fields)}"),
        Fact("MU", mu),
        *delivery_facts(plan.beams),
        Fact("machine", f"{linacs}, beam {plan.machine}" if linacs else plan.machine),
    )


def _made_facts(made: Recomputed) -> tuple[Fact, ...]:
    grid = made.dose.grid
    spacing = " × ".join(plain(s) for s in grid.spacing_mm)
    return (
        Fact("dose engine", f"{made.dose.engine}, {made.dose.kind.replace('-', ' ')}"),
        Fact("dose grid", f"{spacing} mm, {' × '.join(str(n) for n in grid.shape[::-1])} voxels"),
        Fact("calibration", calibration_text(made.model)),
        Fact("fields computed", f"{len(made.plan.fields)}"),
        *(Fact(kind, path.name) for kind, path in made.files.items()),
    )


def calibration_text(model: BeamModel) -> str:
    """What a monitor unit is: "1 MU gives 1 cGy at 100 mm depth, 900 mm from source to surface, 100 × 100 mm"."""
    place = model.reference
    if place is None:
        return "not stated"
    return (
        f"1 MU gives {plain(100 * place.dose_gy_per_mu)} cGy at {place.depth_mm:g} mm depth in water, "
        f"{place.ssd_mm:g} mm from source to surface, {place.field_mm:g} × {place.field_mm:g} mm"
    )


def _tables(made: Recomputed) -> tuple[Table, ...]:
    if made.agreement is None:
        return ()
    judged = (_verdicts(made),) if made.verdicts and made.reference_verdicts else ()
    return (agreement_table(made.agreement), *judged, *metric_tables(made.agreement))


def agreement_table(held: Agreement) -> Table:
    """Gamma and dose differences, with what they are held against."""
    rows = [
        (f"gamma {g.criteria}", f"{g.passing_percent:.1f} %", f"{g.points} points" + _beyond(g.outside))
        for g in held.gammas
    ]
    rows += [
        ("mean difference, percent of the maximum", _percent(held.mean_percent), _count(held)),
        ("its standard deviation", f"{held.sd_percent:.2f} %", _count(held)),
        ("highest dose, recomputed", f"{three(held.max_gy[0])} Gy", f"reference {three(held.max_gy[1])} Gy"),
    ]
    percent, mm = CRITERIA[-1]
    verdict = "They agree" if held.within else "They do not agree"
    note = (
        f"{verdict}: at least {plain(TOLERANCE_PERCENT)} % of points are to pass {plain(percent)} %/{plain(mm)} mm "
        f"({TOLERANCE_SOURCE}). Differences are recomputed less reference, in voxels above half the maximum."
    )
    return Table("Agreement with the reference dose", ("", "value", "of"), tuple(rows), note)


def _beyond(outside: int) -> str:
    return f", {outside} beyond the recomputed grid" if outside else ""


def _count(held: Agreement) -> str:
    return f"{held.voxels} voxels"


def _percent(value: float | None) -> str:
    """To a hundredth: what is smaller is rounding."""
    if value is None:
        return "unknown"
    return "0.00 %" if abs(value) < 0.005 else f"{value:+.2f} %".replace("-", "−")


def metric_tables(held: Agreement) -> tuple[Table, ...]:
    """Metrics of both doses, a row a structure: of targets, and of organs, cord and margins; all others are in
    recompute.json."""
    targets = [row for row in held.rows if row.role == "target"]
    organs = [row for row in held.rows if row.role in ORGAN_ROLES]
    named = (("Targets", targets), ("Organs", organs))
    return tuple(_metric_table(f"{title}: recomputed, reference, difference", rows) for title, rows in named if rows)


def _metric_table(title: str, rows: list[SideBySide]) -> Table:
    metrics = tuple(dict.fromkeys(row.metric for row in rows))
    cells = {(row.structure, row.metric): _both(row) for row in rows}
    lines = tuple(
        (name, *(cells.get((name, m), "") for m in metrics)) for name in dict.fromkeys(r.structure for r in rows)
    )
    return Table(title, ("", *metrics), lines)


def _both(row: SideBySide) -> str:
    if row.recomputed is None and row.reference is None:
        return "unknown"
    return f"{three(row.recomputed)}, {three(row.reference)} {row.unit} ({_percent(row.difference_percent)})"


def _verdicts(made: Recomputed) -> Table:
    ours = made.verdicts.verdicts if made.verdicts else ()
    theirs = made.reference_verdicts.verdicts if made.reference_verdicts else ()
    rows = tuple(
        (
            f"{a.judged or a.structure} {a.metric} {a.op} {plain(a.limit)} {a.unit}",
            f"{three(a.value)}, {a.status}",
            f"{three(b.value)}, {b.status}",
        )
        for a, b in zip(ours, theirs, strict=True)
    )
    return Table("Verdicts of both doses", ("", "recomputed", "reference"), rows)
