"""Limits of one fractionation read in another: equal EQD2 by the linear-quadratic model."""

from __future__ import annotations

import math
from dataclasses import replace

from spondyl.core import cite
from spondyl.core.errors import ProtocolError
from spondyl.evaluate.metrics import Metric

ALPHA_BETA_GY: dict[str, tuple[float, str]] = {
    "GTV": (6.0, "spine metastases, HyTEC (Soltys 2021) as cited by Mitsuyoshi 2025"),
    "CTV": (6.0, "spine metastases, HyTEC (Soltys 2021) as cited by Mitsuyoshi 2025"),
    "PTV": (6.0, "spine metastases, HyTEC (Soltys 2021) as cited by Mitsuyoshi 2025"),
    "PTV_Eval": (6.0, "spine metastases, HyTEC (Soltys 2021) as cited by Mitsuyoshi 2025"),
    "SpinalCord": (2.0, "spinal cord, HyTEC (Sahgal 2021)"),
    "SpinalCord_PRV02": (2.0, "spinal cord, HyTEC (Sahgal 2021)"),
    "SpinalCord_Partial": (2.0, "spinal cord, HyTEC (Sahgal 2021)"),
    "ThecalSac": (2.0, "thecal sac, HyTEC (Sahgal 2021)"),
    "CaudaEquina": (2.0, "taken as the thecal sac, HyTEC (Sahgal 2021)"),
}
LATE_ALPHA_BETA = (3.0, "late-responding organ by convention, unconfirmed")


def alpha_beta_for(structure: str) -> tuple[float, str]:
    """Alpha/beta in Gy of a protocol structure, and where it comes from."""
    return ALPHA_BETA_GY.get(structure, LATE_ALPHA_BETA)


@cite("Fowler 1989, Br J Radiol 62:679-694", "10.1259/0007-1285-62-740-679", "linear-quadratic model, EQD2")
def eqd2_gy(total_gy: float, fractions: int, alpha_beta_gy: float) -> float:
    """Dose in 2 Gy fractions with the same effect: ``D (D/n + a/b) / (2 + a/b)``.

    >>> round(eqd2_gy(25.3, 5, 2.0), 1), round(eqd2_gy(14.0, 1, 2.0), 1)
    (44.7, 56.0)
    """
    return total_gy * (total_gy / fractions + alpha_beta_gy) / (2.0 + alpha_beta_gy)


def physical_gy(eqd2: float, fractions: int, alpha_beta_gy: float) -> float:
    """Total dose in `fractions` whose EQD2 is `eqd2`: the positive root of ``D^2/n + a/b D = EQD2 (2 + a/b)``."""
    half = fractions * alpha_beta_gy / 2.0
    return -half + math.sqrt(half * half + fractions * eqd2 * (2.0 + alpha_beta_gy))


def isoeffective_gy(total_gy: float, fractions: int, new_fractions: int, alpha_beta_gy: float) -> float:
    """The total dose in `new_fractions` with the effect of `total_gy` in `fractions`.

    >>> round(isoeffective_gy(14.0, 1, 2, 2.0), 1)
    19.3
    """
    return physical_gy(eqd2_gy(total_gy, fractions, alpha_beta_gy), new_fractions, alpha_beta_gy)


def convert_limit(
    asked: Metric, limit: float, fractions: int, new_fractions: int, alpha_beta_gy: float
) -> tuple[Metric, float]:
    """A metric and its limit for another number of fractions.

    A dose limit becomes the isoeffective dose; a volume limit keeps its volume, and its dose is converted.

    Raises
    ------
    ProtocolError
        For a mean dose, which converts only voxel by voxel.
    """
    if asked.kind == "Dmean":
        raise ProtocolError("a mean dose has no EQD2 of its own: it converts only voxel by voxel; leave it out")
    if asked.kind == "volume":
        return asked, limit
    if asked.unit == "Gy":
        return asked, isoeffective_gy(limit, fractions, new_fractions, alpha_beta_gy)
    threshold_gy = isoeffective_gy(asked.argument, fractions, new_fractions, alpha_beta_gy)
    return replace(asked, argument=threshold_gy), limit
