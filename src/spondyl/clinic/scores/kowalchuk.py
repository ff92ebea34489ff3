"""Kowalchuk's score for vertebral compression fracture after spine SBRT: one point each, 0 to 4."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import NO_YES, Instrument, Item
from spondyl.clinic.scores.score import Answer, Band, Score, known, open_to, undefined
from spondyl.clinic.scores.sins import sins as sins_score
from spondyl.core.citations import Citation

GTV_ABOVE_CM3 = 10.0
SINS_ABOVE = 6
KOWALCHUK = Instrument(
    "kowalchuk",
    "Kowalchuk's fracture score",
    (
        Item("epidural extension", NO_YES),
        Item("lumbar level", NO_YES),
        Item("GTV above 10 cm3", NO_YES),
        Item("SINS above 6", NO_YES),
    ),
    (
        Band(0, 1, "low", "6.7 % fractured, 92 % free of fracture at 2 years"),
        Band(2, 2, "intermediate", "17 % fractured, 80 % free of fracture at 2 years"),
        Band(3, 4, "high", "35 % fractured, 56 % free of fracture at 2 years"),
    ),
    Citation("Kowalchuk 2022, JAMA Oncol 8:412-419", "10.1001/jamaoncol.2021.7008", "prognostic score"),
    caveats=(
        "Score and rates were read in an abstract and a report of the paper, not in the paper itself.",
        "Rates of the published cohort, not this patient's; dose per fraction is not in the score.",
    ),
)
BANDS = KOWALCHUK.bands


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
    return KOWALCHUK.score(
        {
            "epidural extension": _yes(epidural, "clinical.lesion.epidural.tumour_in_epidural_space"),
            "lumbar level": _yes(lumbar, "level"),
            "GTV above 10 cm3": _yes(None if gtv_cm3 is None else gtv_cm3 > GTV_ABOVE_CM3, "measured.gtv_volume_cm3"),
            "SINS above 6": _yes(None if sins is None else sins > SINS_ABOVE, "SINS"),
        }
    )


def kowalchuk_of(facts: Facts) -> Score:
    """Score the lesion that the facts describe; SINS counts where its whole range lies on one side of 6."""
    lesion = facts.clinical.lesion
    epidural = lesion.epidural.tumour_in_epidural_space
    if epidural is None and lesion.bilsky_escc is not None:
        epidural = lesion.bilsky_escc != "0"
    measured = facts.measured.gtv_epidural_volume_cm3
    if epidural is None and measured is not None:
        epidural = measured > 0
    gtv = facts.measured.gtv_volume_cm3
    return KOWALCHUK.score(
        {
            "epidural extension": _yes(epidural, "clinical.lesion.bilsky_escc"),
            "lumbar level": _lumbar(facts),
            "GTV above 10 cm3": _yes(None if gtv is None else gtv > GTV_ABOVE_CM3, "measured.gtv_volume_cm3"),
            "SINS above 6": sins_above(facts),
        }
    )


def sins_above(facts: Facts) -> Answer:
    """Whether SINS is above 6, as far as its range tells."""
    stability = sins_score(facts)
    low, high = int(stability.low), int(stability.high)
    said = f"SINS {low}" if low == high else f"SINS {low} to {high}"
    if low > SINS_ABOVE or high <= SINS_ABOVE:
        return known("yes" if low > SINS_ABOVE else "no", said)
    return Answer(frozenset(("no", "yes")), stability.needs, "; ".join(stability.undefined), said)


def _lumbar(facts: Facts) -> Answer:
    levels = facts.lesion_levels
    lumbar = {level.startswith("L") for level in levels}
    if len(lumbar) > 1:
        why = "a lesion that reaches beyond the lumbar spine: which level counts is not said"
        return undefined("no", "yes", why=why, said=", ".join(levels))
    return _yes(lumbar.pop() if lumbar else None, "level")


def _yes(answer: bool | None, path: str) -> Answer:
    return open_to("no", "yes", needs=(path,)) if answer is None else known("yes" if answer else "no")
