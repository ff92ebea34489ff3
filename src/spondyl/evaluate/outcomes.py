"""What published models say of tumour control and vertebral fracture, each with its caveats.

HyTEC's logistic parameters for spine metastases were not found in an opened source: no probability is computed from
dose. What is confirmed is one point of that model, 40 Gy in 5 fractions for about 90 % local control at 2 years with
alpha/beta 6 Gy, so the plan's BED is compared with that point's.
"""

from __future__ import annotations

from dataclasses import dataclass

from spondyl.core import cite
from spondyl.evaluate.dvh import DVH

TUMOUR_ALPHA_BETA_GY = 6.0
REFERENCE_GY, REFERENCE_FRACTIONS, REFERENCE_CONTROL = 40.0, 5, 0.90
MINIMUM_GY, MINIMUM_FRACTIONS = 14.0, 1
CONTROL_CAVEATS = (
    "A comparison with one published point, not a probability: the model's parameters were not available.",
    "HyTEC's dose is the prescription to the target; D50% and D98% of the GTV stand in for it here.",
    "Histology, epidural disease and systemic treatment are not in the comparison.",
)
FRACTURE_CAVEATS = (
    "Score and rates were read in an abstract and a report of the paper, not in the paper itself.",
    "Derived from patients treated with spine SBRT at a few centres; dose per fraction is not in the score.",
)


@dataclass(frozen=True)
class TumourControl:
    """The GTV's BED with alpha/beta 6 Gy beside that of 40 Gy in 5 and of a minimum of 14 Gy in 1 fraction."""

    bed_median_gy: float
    bed_near_min_gy: float
    bed_min_gy: float
    reference_bed_gy: float
    reference_min_bed_gy: float
    caveats: tuple[str, ...] = CONTROL_CAVEATS

    @property
    def median_reaches(self) -> bool:
        """Whether half of the GTV gets at least the reference BED."""
        return self.bed_median_gy >= self.reference_bed_gy

    @property
    def near_min_reaches(self) -> bool:
        """Whether 98 % of the GTV gets at least the reference BED."""
        return self.bed_near_min_gy >= self.reference_bed_gy

    @property
    def min_reaches(self) -> bool:
        """Whether the GTV's minimum is at least the effect of 14 Gy in 1 fraction."""
        return self.bed_min_gy >= self.reference_min_bed_gy


@cite(
    "Soltys 2021 (HyTEC), as cited by Mitsuyoshi 2025",
    "10.1016/j.adro.2025.101760",
    "40 Gy in 5, alpha/beta 6",
)
def tumour_control(gtv: DVH, fractions: int) -> TumourControl:
    """Compare the GTV's BED with the published point.

    >>> round(_bed(40.0, 5), 1), round(_bed(14.0, 1), 1)
    (93.3, 46.7)
    """
    at = gtv.dose_to_hottest_gy
    return TumourControl(
        bed_median_gy=_bed(at(0.5 * gtv.covered_cm3), fractions),
        bed_near_min_gy=_bed(at(0.98 * gtv.covered_cm3), fractions),
        bed_min_gy=_bed(gtv.min_gy, fractions),
        reference_bed_gy=_bed(REFERENCE_GY, REFERENCE_FRACTIONS),
        reference_min_bed_gy=_bed(MINIMUM_GY, MINIMUM_FRACTIONS),
    )


def _bed(total_gy: float, fractions: int) -> float:
    return total_gy * (1.0 + total_gy / fractions / TUMOUR_ALPHA_BETA_GY)


@dataclass(frozen=True)
class FractureRisk:
    """Kowalchuk's score for vertebral compression fracture after spine SBRT.

    Parameters
    ----------
    low, high
        The total, 0 to 4; they differ where items are missing.
    missing
        Items nobody gave.
    bands
        The bands still possible, one where nothing decisive is missing: name, fracture rate and freedom from
        fracture at 2 years, in percent.
    """

    low: int
    high: int
    missing: tuple[str, ...]
    bands: tuple[tuple[str, float, float], ...]
    caveats: tuple[str, ...] = FRACTURE_CAVEATS


FRACTURE_BANDS: tuple[tuple[int, int, str, float, float], ...] = (
    (0, 1, "low", 6.7, 92.0),
    (2, 2, "intermediate", 17.0, 80.0),
    (3, 4, "high", 35.0, 56.0),
)
"""Lowest and highest total, band, fracture rate %, 2-year freedom from fracture % (Kowalchuk 2022)."""


@cite("Kowalchuk 2022, JAMA Oncol 8:412-419", "10.1001/jamaoncol.2021.7008", "prognostic score")
def fracture_risk(
    *, epidural: bool | None, lumbar: bool | None, gtv_cm3: float | None, sins: int | None
) -> FractureRisk:
    """One point each: epidural tumour extension, lumbar level, GTV above 10 cm3, SINS above 6.

    None is unknown: the total is then a range.

    >>> fracture_risk(epidural=True, lumbar=True, gtv_cm3=11.0, sins=None).bands
    (('high', 35.0, 56.0),)
    """
    items: dict[str, bool | None] = {
        "epidural extension": epidural,
        "lumbar level": lumbar,
        "GTV above 10 cm3": None if gtv_cm3 is None else gtv_cm3 > 10,
        "SINS above 6": None if sins is None else sins > 6,
    }
    low = sum(value is True for value in items.values())
    missing = tuple(name for name, value in items.items() if value is None)
    high = low + len(missing)
    bands = tuple(
        (name, rate, freedom) for first, last, name, rate, freedom in FRACTURE_BANDS if first <= high and last >= low
    )
    return FractureRisk(low, high, missing, bands)
