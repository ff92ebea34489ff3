"""Numbers that describe a plan beside its limits: fit, fall-off, partial cord, biological dose, fracture score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from spondyl.anatomy import Structure, Volumes
from spondyl.clinic.facts import Facts
from spondyl.clinic.scores import kowalchuk, sins, sins_above
from spondyl.core.errors import StructureError
from spondyl.dose import Dose
from spondyl.evaluate import DVH, fall_off, indices, metric, partial_cord, tumour_control
from spondyl.plan import Prescription


@dataclass(frozen=True)
class Index:
    """One number: `value` None where it is unknown, `remark` saying why or what to hold against it."""

    name: str
    value: float | None
    unit: str
    source: str
    remark: str = ""

    @property
    def text(self) -> str:
        """For people: three significant digits, unit, remark."""
        number = "unknown" if self.value is None else f"{self.value:.3g} {self.unit}".strip()
        return f"{number} ({self.remark})" if self.remark else number

    def record(self) -> dict[str, Any]:
        """For `indices.json`."""
        return asdict(self)


def plan_indices(
    dose: Dose, volumes: Volumes, prescription: Prescription, dvhs: Mapping[str, DVH], facts: Facts
) -> tuple[Index, ...]:
    """Every index that the plan's structures allow."""
    target = volumes.structures[prescription.structure]
    found = dose_indices(dose, target, _neural(volumes), prescription.dose_gy, prescription.fractions, dvhs)
    return (*found, *_fracture(volumes, facts))


def dose_indices(
    dose: Dose,
    target: Structure,
    neural: Structure | None,
    prescription_gy: float,
    fractions: int,
    dvhs: Mapping[str, DVH],
) -> tuple[Index, ...]:
    """The indices that need dose and structures only; `neural` is the cord or thecal sac beside the target."""
    found = list(_fit(dose, target, prescription_gy, dvhs.get(target.name)))
    if neural is not None:
        found += _towards_cord(dose, target, neural, prescription_gy)
    if "GTV" in dvhs:
        found += _tumour(dvhs["GTV"], fractions)
    return tuple(found)


def _fit(dose: Dose, target: Structure, prescription_gy: float, curve: DVH | None) -> Iterator[Index]:
    of = indices(dose, target, prescription_gy, curve=curve)
    name = target.name
    yield Index(
        f"Paddick conformity of {name}", of.paddick_conformity, "", "Paddick 2000, J Neurosurg 93:219", "1 at best"
    )
    yield Index(f"Gradient index of {name}", of.gradient_index, "", "Paddick and Lippitz 2006, J Neurosurg 105:194")
    yield Index(f"R50 of {name}", of.r50, "", "RTOG 0915")
    yield Index(f"Conformity of {name}", of.rtog_conformity, "", "RTOG: Shaw 1993, IJROBP 27:1231")
    yield Index(f"Homogeneity of {name}", of.homogeneity, "", "ICRU 83", "wide by intent: the boost")


def _neural(volumes: Volumes) -> Structure | None:
    """Cord at the target's level, or what SpinalCord_Partial was taken from in its place."""
    partial = volumes.structures.get("SpinalCord_Partial")
    return None if partial is None or partial.is_empty else partial


def _towards_cord(dose: Dose, target: Structure, cord: Structure, prescription_gy: float) -> Iterator[Index]:
    source = "Ryu 2007, Cancer 109:628"
    try:
        found = fall_off(dose, target, cord, prescription_gy)
        over = "" if found.median_mm is None else f"median of the planes {found.median_mm:.1f} mm"
        yield Index("90 % to 50 % isodose towards the cord", found.nearest_mm, "mm", source, over)
        curve = partial_cord(dose, cord, target)
    except StructureError as error:
        yield Index("90 % to 50 % isodose towards the cord", None, "mm", source, str(error))
        return
    made = "; ".join(step for step in cord.made if "above to" in step)
    for wanted in ("V10Gy", "V10Gy_cc"):
        value = metric(curve, wanted)
        yield Index(f"Partial cord {wanted}", value.value, value.unit, source, made)


def _tumour(gtv: DVH, fractions: int) -> Iterator[Index]:
    control = tumour_control(gtv, fractions)
    source = "HyTEC: Soltys 2021, one published point"
    held = f"40 Gy in 5 is {control.reference_bed_gy:.1f} Gy; a comparison, not a probability"
    yield Index("BED6 of GTV D50%", control.bed_median_gy, "Gy", source, held)
    yield Index("BED6 of GTV D98%", control.bed_near_min_gy, "Gy", source, held)


def _fracture(volumes: Volumes, facts: Facts) -> Iterator[Index]:
    """Kowalchuk's score with the volumes as drawn; SINS from the facts where its range lies on one side of 6."""
    epidural, stability, level = volumes.measures.get("gtv_epidural_volume_cm3"), sins(facts), facts.level
    settled = len(sins_above(facts).options) == 1
    score = kowalchuk(
        epidural=None if epidural is None else epidural > 0.03,
        lumbar=None if level is None else level.upper().startswith("L"),
        gtv_cm3=volumes.measures.get("gtv_volume_cm3"),
        sins=int(stability.low) if settled else None,
    )
    bands = " or ".join(f"{band.name} ({band.meaning})" for band in score.bands)
    shown = f"{stability.low}" if stability.total is not None else f"{stability.low} to {stability.high}"
    missing = f"; {', '.join(score.missing)}: not known" if score.missing else ""
    remark = f"{score.low} to {score.high} of 4: {bands}; SINS {shown}{missing}; its cohort's rates, not this patient's"
    if score.total is not None:
        remark = f"of 4: {bands}; SINS {shown}; its cohort's rates, not this patient's"
    total = None if score.total is None else float(score.total)
    yield Index("Vertebral fracture score", total, "points", score.citation.text, remark)
