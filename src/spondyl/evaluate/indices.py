"""How tightly the dose fits the target: conformity, gradient, homogeneity, spill."""

from __future__ import annotations

from dataclasses import dataclass

from spondyl.anatomy import Cap, Structure
from spondyl.core import cite
from spondyl.core.errors import DoseError
from spondyl.dose import Dose
from spondyl.evaluate.dvh import DVH, dvh
from spondyl.evaluate.isodose import isodose_volume_cm3

SPILL_LEVEL = 1.05  # RTOG 0915: tissue outside the PTV above 105 % of the prescription


@dataclass(frozen=True)
class Indices:
    """Dose indices of one target; None where an isodose leaves the dose grid.

    Parameters
    ----------
    target, prescription_gy
        What they speak of.
    target_cm3, prescription_isodose_cm3, half_isodose_cm3, covered_cm3
        Target, volumes of the 100 % and 50 % isodose of the prescription, and the target inside the 100 % isodose.
    paddick_conformity
        ``covered^2 / (target * isodose)``, 1 at best.
    rtog_conformity
        ``isodose / target``.
    gradient_index
        ``half isodose / isodose``.
    r50
        ``half isodose / target``.
    homogeneity
        ``(D2% - D98%) / D50%`` of the target; wide by intent where a boost is given.
    spill_percent
        Tissue outside the target above 105 % of the prescription, in % of the target's volume.
    """

    target: str
    prescription_gy: float
    target_cm3: float
    covered_cm3: float
    prescription_isodose_cm3: float | None
    half_isodose_cm3: float | None
    paddick_conformity: float | None
    rtog_conformity: float | None
    gradient_index: float | None
    r50: float | None
    homogeneity: float
    spill_percent: float | None


def indices(
    dose: Dose,
    target: Structure,
    prescription_gy: float,
    *,
    cap: Cap = "half-slice",
    curve: DVH | None = None,
) -> Indices:
    """All indices of a target.

    Parameters
    ----------
    dose
        Total dose in Gy.
    target
        The planning target, PTV or PTV_Eval.
    prescription_gy
        The dose that was prescribed to it.
    curve
        Its DVH, where it is made already.

    Raises
    ------
    DoseError
        If the prescription is not positive.
    DoseGridError
        If the dose grid does not cover the target.
    """
    if not prescription_gy > 0:
        raise DoseError(f"prescription is {prescription_gy} Gy, expected a positive dose; give the prescribed dose")
    shape = curve or dvh(dose, target, cap=cap)
    full = isodose_volume_cm3(dose, prescription_gy)
    half = isodose_volume_cm3(dose, prescription_gy / 2)
    hot = isodose_volume_cm3(dose, prescription_gy * SPILL_LEVEL)
    covered = shape.volume_at_least_cm3(prescription_gy)
    return Indices(
        target=target.name,
        prescription_gy=prescription_gy,
        target_cm3=shape.total_cm3,
        covered_cm3=covered,
        prescription_isodose_cm3=full,
        half_isodose_cm3=half,
        paddick_conformity=paddick_conformity(shape.total_cm3, full, covered),
        rtog_conformity=rtog_conformity(shape.total_cm3, full),
        gradient_index=gradient_index(full, half),
        r50=r50(shape.total_cm3, half),
        homogeneity=homogeneity(shape),
        spill_percent=_spill_percent(shape, hot, prescription_gy),
    )


@cite(
    "Paddick 2000, J Neurosurg 93 Suppl 3:219-222",
    "10.3171/jns.2000.93.supplement_3.0219",
    "conformity index",
)
def paddick_conformity(target_cm3: float, isodose_cm3: float | None, covered_cm3: float) -> float | None:
    """``covered^2 / (target * isodose)``; 0 where the prescription is reached nowhere."""
    if isodose_cm3 is None:
        return None
    return covered_cm3**2 / (target_cm3 * isodose_cm3) if isodose_cm3 > 0 else 0.0


@cite("Shaw 1993, Int J Radiat Oncol Biol Phys 27:1231-1239", "10.1016/0360-3016(93)90548-A", "RTOG conformity")
def rtog_conformity(target_cm3: float, isodose_cm3: float | None) -> float | None:
    """``isodose / target``."""
    return None if isodose_cm3 is None else isodose_cm3 / target_cm3


@cite("Paddick and Lippitz 2006, J Neurosurg 105 Suppl:194-201", "10.3171/sup.2006.105.7.194", "gradient index")
def gradient_index(isodose_cm3: float | None, half_cm3: float | None) -> float | None:
    """``half isodose / isodose``; None also where the prescription is reached nowhere."""
    return None if not isodose_cm3 or half_cm3 is None else half_cm3 / isodose_cm3


@cite(
    "RTOG 0915 protocol (Videtic 2015, Int J Radiat Oncol Biol Phys 93:757-764)",
    "10.1016/j.ijrobp.2015.07.2260",
    "R50%",
)
def r50(target_cm3: float, half_cm3: float | None) -> float | None:
    """``half isodose / target``."""
    return None if half_cm3 is None else half_cm3 / target_cm3


@cite("ICRU Report 83, 2010, J ICRU 10(1)", "10.1093/jicru/10.1.Report83", "eq. 3.6, homogeneity index")
def homogeneity(curve: DVH) -> float:
    """``(D2% - D98%) / D50%``."""
    d2, d50, d98 = (curve.dose_to_hottest_gy(share * curve.covered_cm3) for share in (0.02, 0.5, 0.98))
    return (d2 - d98) / d50 if d50 > 0 else 0.0


def _spill_percent(curve: DVH, hot_cm3: float | None, prescription_gy: float) -> float | None:
    if hot_cm3 is None:
        return None
    outside = hot_cm3 - curve.volume_at_least_cm3(prescription_gy * SPILL_LEVEL)
    return 100 * max(0.0, outside) / curve.total_cm3
