"""Kowalchuk's score for vertebral compression fracture after spine SBRT: one point each, 0 to 4."""

from __future__ import annotations

from spondyl.clinic.scores.score import Band, Score, summed
from spondyl.core.citations import Citation, note

CITATION = Citation("Kowalchuk 2022, JAMA Oncol 8:412-419", "10.1001/jamaoncol.2021.7008", "prognostic score")
GTV_ABOVE_CM3 = 10.0
SINS_ABOVE = 6
BANDS = (
    Band(0, 1, "low", "6.7 % fractured, 92 % free of fracture at 2 years"),
    Band(2, 2, "intermediate", "17 % fractured, 80 % free of fracture at 2 years"),
    Band(3, 4, "high", "35 % fractured, 56 % free of fracture at 2 years"),
)
CAVEATS = (
    "Score and rates were read in an abstract and a report of the paper, not in the paper itself.",
    "Rates of the published cohort, not this patient's; dose per fraction is not in the score.",
)


def kowalchuk(*, epidural: bool | None, lumbar: bool | None, gtv_cm3: float | None, sins: int | None) -> Score:
    """Score a lesion; None is unknown and widens the range.

    Parameters
    ----------
    epidural
        Epidural tumour extension.
    lumbar
        Lumbar level.
    gtv_cm3
        Gross tumour volume.
    sins
        Spinal Instability Neoplastic Score.

    >>> score = kowalchuk(epidural=True, lumbar=True, gtv_cm3=11.0, sins=None)
    >>> score.low, score.high, [band.name for band in score.bands], score.missing
    (3, 4, ['high'], ('SINS above 6',))
    """
    note(CITATION)
    answers = {
        "epidural extension": epidural,
        "lumbar level": lumbar,
        "GTV above 10 cm3": None if gtv_cm3 is None else gtv_cm3 > GTV_ABOVE_CM3,
        "SINS above 6": None if sins is None else sins > SINS_ABOVE,
    }
    items = {name: None if answer is None else int(answer) for name, answer in answers.items()}
    return summed("Kowalchuk", items, dict.fromkeys(items, 1), BANDS, CITATION, CAVEATS)
