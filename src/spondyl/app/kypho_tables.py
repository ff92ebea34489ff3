"""The tables of a needle plan: key numbers, paths, sensitivity."""

from __future__ import annotations

from spondyl.anatomy.access import Access
from spondyl.anatomy.access_approach import BONE_HU
from spondyl.anatomy.access_search import CAUDAL_DEG, CONVERGENCE_DEG
from spondyl.anatomy.access_structures import CEMENTED
from spondyl.app.kypho_job import KyphoPlanned
from spondyl.app.report import Table
from spondyl.app.report.numbers import plain, position, three
from spondyl.plan.kypho.drawn import TISSUE
from spondyl.plan.kypho.results import KeyNumber
from spondyl.plan.kypho.robustness import HISTORIES


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


def numbers_table(planned: KyphoPlanned) -> Table:
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


def sensitivity_tables(planned: KyphoPlanned) -> tuple[Table, ...]:
    found = planned.result.sensitivity
    if found is None:
        return ()
    rows = tuple(
        (f"{r.metric}, {r.kind}", three(r.planned), f"{three(r.low)} ({r.low_at})", f"{three(r.high)} ({r.high_at})")
        for r in found.ranges()
    )
    note = (
        f"Dose to medium with {HISTORIES} photons, the same random numbers in every scenario, read as the verdicts "
        "are: the differences count; times are the plan's."
    )
    return (Table("Sensitivity", ("dose in Gy", "planned", "lowest", "highest"), rows, note),)


def paths_table(planned: KyphoPlanned) -> Table:
    made = planned.result
    used = [(f"{path.side}, planned", path) for path in made.plan.placement.paths]
    sides = {path.side for path in made.plan.placement.paths}
    other = [p for p in made.proposals if p.side not in sides]
    offered = [(f"{p.side}, proposed", p.access) for p in other if p.access is not None]
    columns = [*used, *offered]
    rows = tuple(zip(PATH_FACTS, *(_path_cells(path) for _, path in columns), strict=True))
    refused = "".join(f"{p.side.capitalize()} is refused: {p.refusal}. " for p in other if p.access is None)
    note = (
        "Patient's sides; DICOM patient coordinates and distances in mm. Angles in the vertebra's own axes: "
        "convergence towards the midline, caudal downwards. Distances to wall, canal and other bone (ribs and arches "
        f"behind the entry, above {BONE_HU:g} HU) are the axis's. Tried were convergence {CONVERGENCE_DEG[0]:g} to "
        f"{CONVERGENCE_DEG[-1]:g} and caudal {CAUDAL_DEG[0]:g} to {CAUDAL_DEG[-1]:g} degrees; {_bounds(planned)}. "
        "In the planes a needle is drawn as its projection."
    )
    return Table("Needle", ("path", *(name for name, _ in columns)), rows, refused + note)


def _bounds(planned: KyphoPlanned) -> str:
    """Whether the best directions lie within those tried."""
    found = [p for p in planned.result.proposals if p.access is not None]
    at = [f"{p.side} at {p.at_bound}" for p in found if p.at_bound]
    if not found:
        return "the path is the user's own"
    return "the best lie within" if not at else f"at the bound, where a better path may lie beyond: {', '.join(at)}"


PATH_FACTS = (
    "skin x, y, z", "entry x, y, z", "source x, y, z", "convergence, caudal", "skin to cortex, to pedicle",
    "cortex to source", "body to source", "to the pedicle's wall", "to the canal", "to other bone", "cannula",
)  # fmt: skip


def _path_cells(path: Access) -> tuple[str, ...]:
    """As many as there are `PATH_FACTS`."""
    return (
        "unknown" if path.skin_mm is None else _point(path.skin_mm),
        _point(path.entry_mm),
        _point(path.tip_mm),
        f"{three(path.convergence_deg)}°, {three(path.caudal_deg)}°",
        f"{three(path.skin_to_entry_mm)}, {three(path.skin_to_pedicle_mm)}",
        three(path.depth_from_entry_mm),
        three(path.depth_in_body_mm),
        "passes no pedicle" if path.wall_mm is None else three(path.wall_mm),
        three(path.canal_mm),
        "none near" if path.other_bone_mm is None else three(path.other_bone_mm),
        f"{plain(path.cannula_mm)} mm {'fits' if path.fits else 'does not fit'}",
    )


def _point(point_mm: tuple[float, float, float]) -> str:
    return ", ".join(position(v) for v in point_mm)
