"""Facts that can both be true and seldom are: said, never refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spondyl.clinic.facts import Epidural, Facts, below_conus, lower_limb_powers
from spondyl.clinic.histology import read_histology
from spondyl.clinic.scores.performance import ecog_of_kps

GRADES_APART = 2
POINTS_APART = 10
FEMALE_ONLY = frozenset(("uterus", "cervix", "ovary", "vulva"))
MALE_ONLY = frozenset(("prostate", "testis", "penis"))
ALBUMIN_IN_G_PER_L_FROM = 10.0
CALCIUM_IN_MMOL_PER_L_BELOW = 4.0
PLATELETS_IN_THOUSANDS_BELOW = 1000.0
"""Where a blood value looks like one in another unit: no patient comes near (our reading, asked and not refused)."""


def flags(facts: Facts) -> tuple[str, ...]:
    """What looks wrong and is not refused, one sentence each.

    >>> from spondyl.clinic.facts import read_facts
    >>> flags(read_facts({"clinical": {"kps": 90, "ecog": 2}}))[0]
    'clinical.kps 90 is ECOG 0 by the crosswalk, and clinical.ecog is 2: two or more grades apart; check both'
    """
    return tuple(message for check in _CHECKS for message in check(facts))


def _performance(facts: Facts) -> Iterator[str]:
    kps, ecog = facts.clinical.kps, facts.clinical.ecog
    if kps is not None and ecog is not None and abs(ecog_of_kps(kps) - ecog) >= GRADES_APART:
        yield (
            f"clinical.kps {kps} is ECOG {ecog_of_kps(kps)} by the crosswalk, and clinical.ecog is {ecog}: two or more "
            "grades apart; check both"
        )
    if kps == 0 or ecog == 5:
        yield "clinical.kps 0 or ecog 5 means that the patient has died; check it"
    if facts.clinical.neurology.ambulation == "not ambulatory" and kps is not None and kps >= 80:
        yield f"clinical.kps is {kps}, normal activity, and the patient does not walk; check both"


def _histology(facts: Facts) -> Iterator[str]:
    if facts.histology is None:
        return
    reading = read_histology(facts.histology)
    if reading.found is None:
        yield f"histology: {reading.why}; scores take it as unknown"
        return
    key, sex, primary = reading.found.key, facts.clinical.sex, facts.clinical.primary
    if (sex == "male" and key in FEMALE_ONLY) or (sex == "female" and key in MALE_ONLY):
        yield f"clinical.sex is {sex}, and the primary tumour is {reading.found.name}; check both"
    if primary.hormone_dependent is not None and key not in ("breast", "prostate"):
        yield f"clinical.primary.hormone_dependent is stated, and is used for breast and prostate only, not {key}"
    if primary.molecularly_targeted is not None and not key.startswith("lung"):
        yield f"clinical.primary.molecularly_targeted is stated, and is used for lung only, not {key}"


def _collapse(facts: Facts) -> Iterator[str]:
    lesion = facts.clinical.lesion
    if lesion.collapse_percent and lesion.fracture is False:
        yield (
            f"clinical.lesion.collapse_percent is {lesion.collapse_percent:g}, and fracture is false; a collapse "
            "without fracture is unusual"
        )
    if lesion.collapse_percent == 50:
        yield "clinical.lesion.collapse_percent is exactly 50, which SINS does not define; measure again"
    share = facts.measured.gtv_fraction_of_vertebral_body
    stated = lesion.body_involvement_percent
    if share is not None and stated is not None and abs(100 * share - stated) > POINTS_APART:
        yield (
            f"clinical.lesion.body_involvement_percent is {stated:g}, and measured.gtv_fraction_of_vertebral_body is "
            f"{share:g}; more than {POINTS_APART} points apart"
        )


def _canal(facts: Facts) -> Iterator[str]:
    lesion, epidural = facts.clinical.lesion, facts.clinical.lesion.epidural
    by_level = below_conus(Epidural(), facts.lesion_levels)
    where = ", ".join(facts.lesion_levels)
    if by_level and epidural.at_cauda_equina is False:
        yield f"clinical.lesion.epidural.at_cauda_equina is false at {where}, where the cord has ended; check it"
    if below_conus(epidural, facts.lesion_levels) and lesion.bilsky_escc in ("1c", "2", "3"):
        yield (
            f"clinical.lesion.bilsky_escc {lesion.bilsky_escc} is told by the cord, and there is none at {where}; "
            "state epidural.canal_compromise_percent"
        )
    measured = facts.measured.gtv_epidural_volume_cm3
    if measured and (lesion.bilsky_escc == "0" or epidural.tumour_in_epidural_space is False):
        yield f"measured.gtv_epidural_volume_cm3 is {measured:g}, and no epidural tumour is stated; check both"
    layers = lesion.wbb.layers
    if layers is not None and "D" not in layers and epidural.tumour_in_epidural_space:
        yield "clinical.lesion.wbb.layers lacks D, extradural, and there is tumour in the epidural space; check both"


def _nerves(facts: Facts) -> Iterator[str]:
    neurology = facts.clinical.neurology
    powers = lower_limb_powers(facts)
    if neurology.frankel in ("C", "D") and powers and min(powers) == 5:
        yield f"clinical.neurology.frankel {neurology.frankel} means weakness, and every power is 5/5; check both"
    if neurology.frankel == "E" and powers and min(powers) == 4:
        yield "clinical.neurology.frankel E means normal power, and 4/5 is stated; check both"
    if neurology.frankel == "E" and neurology.sphincter not in (None, "normal"):
        yield f"clinical.neurology.frankel E means normal, and the sphincter is {neurology.sphincter}; check both"
    if facts.ambulatory is False and powers and min(powers) >= 4:
        yield "the patient does not walk with a power of 4/5 or more: pain, instability or another cause?"


def _time(facts: Facts) -> Iterator[str]:
    clinical = facts.clinical
    if clinical.age_years is not None and clinical.age_years < 18:
        yield f"clinical.age_years is {clinical.age_years:g}: every instrument here was made for adults"
    months = clinical.primary.months_diagnosis_to_metastasis
    if months is not None and clinical.age_years is not None and months > 12 * clinical.age_years:
        yield f"clinical.primary.months_diagnosis_to_metastasis is {months:g}, longer than the patient's life; check it"


def _units(facts: Facts) -> Iterator[str]:
    blood = facts.clinical.laboratory
    if blood.albumin_g_per_dl is not None and blood.albumin_g_per_dl >= ALBUMIN_IN_G_PER_L_FROM:
        yield f"clinical.laboratory.albumin_g_per_dl is {blood.albumin_g_per_dl:g}: is it in g/L? divide by 10"
    if blood.calcium_mg_per_dl is not None and blood.calcium_mg_per_dl < CALCIUM_IN_MMOL_PER_L_BELOW:
        yield f"clinical.laboratory.calcium_mg_per_dl is {blood.calcium_mg_per_dl:g}: is it in mmol/L? times 4.008"
    if blood.platelets_per_ul is not None and blood.platelets_per_ul < PLATELETS_IN_THOUSANDS_BELOW:
        yield f"clinical.laboratory.platelets_per_ul is {blood.platelets_per_ul:g}: is it in thousands? times 1000"


_CHECKS: tuple[Callable[[Facts], Iterator[str]], ...] = (
    _performance,
    _histology,
    _collapse,
    _canal,
    _nerves,
    _time,
    _units,
)
