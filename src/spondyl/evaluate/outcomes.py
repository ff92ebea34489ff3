"""What published models say of tumour control, with their caveats (vertebral fracture: `clinic.scores.kowalchuk`).

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
