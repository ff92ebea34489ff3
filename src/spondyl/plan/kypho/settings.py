"""What a user may choose for a needle plan."""

from __future__ import annotations

from dataclasses import dataclass

from spondyl.anatomy.access import CANNULA_MM
from spondyl.core.errors import PlanError, nearest
from spondyl.dose.kv.compute import find_kv_engine
from spondyl.dose.kv.setup import KvSettings
from spondyl.physics import find_material
from spondyl.physics.kv.source import MINIATURE
from spondyl.plan.kypho.overrides import check_cement, check_materials
from spondyl.plan.kypho.prescription import DEFAULT, parse_prescription

SOURCE_SIDES = ("best", "right", "left", "both")
ENGINE = "kv-hybrid"
CEMENT = "kyphon-hv-r-cement"
SHAFT_MATERIAL = "steel"
Point = tuple[float, float, float]


@dataclass(frozen=True)
class KyphoSettings:
    """What a user may choose.

    Parameters
    ----------
    side
        One of `SOURCE_SIDES`; "best" is the better pedicle, "both" a position through each.
    entry_mm, tip_mm
        A path of one's own, (x, y, z) in DICOM patient coordinates: the source then stands at `tip_mm`.
    prescription
        As `parse_prescription` reads it.
    source
        A calibrated source by name, or a calibration file.
    cement
        Material of the cement in the calculation after it; empty for none.
    engine
        One of `spondyl.dose.kv.compute.KV_ENGINE_NAMES`.
    histories
        Photons; the engine's own number where it is None.
    target_uncertainty
        Mean relative standard error 3 to 20 mm from the source at which refining stops; None: not before the end.
    seed
        Of the random numbers.
    sensitivity
        Whether errors of position, CT and calibration are gone through.
    materials
        Structure and material, in pairs: what these structures are made of, whatever the CT numbers say; later ones on
        top.
    shaft
        What the needle is made of behind its tip, while the dose is given; empty for tissue in its place.

    Raises
    ------
    PlanError
        If the side is unknown, only one of the two points is given, a structure gets two materials.
    MaterialError
        If a material is unknown, or the cement none.
    DoseError
        If there are no histories, or seed, target or engine are refused.
    """

    side: str = "best"
    entry_mm: Point | None = None
    tip_mm: Point | None = None
    prescription: str = DEFAULT
    source: str = MINIATURE
    cement: str = CEMENT
    engine: str = ENGINE
    cannula_mm: float = CANNULA_MM
    histories: int | None = None
    target_uncertainty: float | None = None
    seed: int = 1
    sensitivity: bool = False
    materials: tuple[tuple[str, str], ...] = ()
    shaft: str = SHAFT_MATERIAL

    def __post_init__(self) -> None:
        if self.side not in SOURCE_SIDES:
            near = ", ".join(nearest(self.side, SOURCE_SIDES) or SOURCE_SIDES)
            raise PlanError(f'source side "{self.side}" is unknown; nearest: {near}')
        if (self.entry_mm is None) != (self.tip_mm is None):
            given, missing = ("entry", "tip") if self.tip_mm is None else ("tip", "entry")
            raise PlanError(f"the needle's {given} is given, its {missing} is not; give both --entry-mm and --tip-mm")
        if self.entry_mm is not None and self.side != "best":
            raise PlanError(
                f"source side {self.side} and a path of one's own exclude each other; leave out --source-side, or the "
                "two points"
            )
        KvSettings(self.histories, self.seed, self.target_uncertainty)
        find_kv_engine(self.engine)
        parse_prescription(self.prescription)
        if self.cement:
            check_cement(self.cement)
        check_materials(self.materials)
        if self.shaft:
            find_material(self.shaft)
