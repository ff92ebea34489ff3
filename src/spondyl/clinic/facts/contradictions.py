"""Facts that cannot both be true. Each check reads known facts only: an unknown contradicts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from spondyl.clinic.facts.epidural import FINDINGS, GRADES, LAST_WITH_CORD, below_conus, grades_possible
from spondyl.clinic.facts.lesion import Epidural
from spondyl.clinic.facts.motor import frankel_possible, lower_limb_powers
from spondyl.clinic.histology import read_histology

if TYPE_CHECKING:
    from spondyl.clinic.facts.facts import Facts


def contradictions(facts: Facts) -> tuple[str, ...]:
    """What contradicts itself, one sentence each; empty where nothing does."""
    return tuple(message for check in _CHECKS for message in check(facts))


def _places(facts: Facts) -> Iterator[str]:
    levels = facts.clinical.lesion.levels
    yield from _same("level", facts.stated_level, "measured.level", facts.measured.level)
    yield from _same(
        "histology", facts.stated_histology, "clinical.primary_histology", facts.clinical.primary_histology
    )
    if levels and facts.level not in (None, *levels):
        yield f'level "{facts.level}" is not among clinical.lesion.levels ({", ".join(levels)}); correct one'
    involved = facts.clinical.systemic.involved_levels
    if involved is None:
        return
    if not involved:
        yield "clinical.systemic.involved_levels is empty, and this lesion's vertebra is one; list it"
    missing = [level for level in facts.lesion_levels if involved and level not in involved]
    if missing:
        yield (
            f"this lesion is at {', '.join(missing)}, which clinical.systemic.involved_levels does not have; "
            "list every involved level there"
        )


def _same(name: str, value: str | None, other_name: str, other: str | None) -> Iterator[str]:
    if value is not None and other is not None and value.strip().casefold() != other.strip().casefold():
        yield f'{name} "{value}" contradicts {other_name} "{other}"; correct or remove one'


def _walking(facts: Facts) -> Iterator[str]:
    neurology = facts.clinical.neurology
    walks = facts.ambulatory
    if neurology.ambulatory is not None and neurology.ambulation is not None:
        said = neurology.ambulation != "not ambulatory"
        if said != neurology.ambulatory:
            yield (
                f"clinical.neurology.ambulatory is {neurology.ambulatory} and ambulation is "
                f'"{neurology.ambulation}"; correct one'
            )
    powers = lower_limb_powers(facts)
    if walks and powers and max(powers) == 0:
        yield (
            "clinical.neurology says the patient walks (ambulatory) with a power of 0/5 in the legs; "
            "nobody can: correct one"
        )
    if walks and neurology.frankel in ("A", "B", "C"):
        yield (
            f"clinical.neurology says the patient walks, and frankel {neurology.frankel} means that they cannot; "
            "correct one"
        )
    if walks is False and neurology.frankel == "D":
        yield "clinical.neurology says the patient does not walk, and frankel D means that they can; correct one"


def _power(facts: Facts) -> Iterator[str]:
    neurology = facts.clinical.neurology
    powers = lower_limb_powers(facts)
    weakest = neurology.lower_limb_power_mrc
    if weakest is not None and powers and min(powers) < weakest:
        yield (
            f"clinical.neurology.lower_limb_power_mrc is {weakest}, the weakest, and motor_power_mrc has "
            f"{min(powers)}; correct one"
        )
    if neurology.frankel == "E" and powers and min(powers) <= 3:
        yield (
            f"clinical.neurology.frankel E means normal motor power, and a power of {min(powers)}/5 is stated; "
            "correct one"
        )
    if neurology.frankel in ("A", "B") and powers and max(powers) > 0:
        yield (
            f"clinical.neurology.frankel {neurology.frankel} means no motor power, and {max(powers)}/5 is stated; "
            "correct one"
        )
    grade = neurology.ryu_neurological_grade
    if grade in ("a", "b", "c") and powers and min(powers) <= 3:
        yield (
            f"clinical.neurology.ryu_neurological_grade {grade} means power of 4/5 or more, and {min(powers)}/5 is "
            "stated; correct one"
        )
    if grade in ("a", "b", "c", "d") and neurology.sphincter == "incontinent":
        yield (
            f"clinical.neurology.ryu_neurological_grade {grade} is stated with incontinence, which is grade e; "
            "correct one"
        )


def _pain(facts: Facts) -> Iterator[str]:
    pain = facts.clinical.pain
    if pain.present is False:
        if pain.mechanical or pain.radicular or pain.severe or pain.refractory:
            yield "clinical.pain.present is false, and a kind of pain is stated; correct one"
        if pain.vas_0_10:
            yield f"clinical.pain.present is false, and vas_0_10 is {pain.vas_0_10:g}; correct one"


def _viscera(facts: Facts) -> Iterator[str]:
    systemic = facts.clinical.systemic
    named = {site.organ.casefold() for site in systemic.visceral or ()}
    count = systemic.visceral_metastases
    if count is not None and systemic.visceral is not None and count != len(named):
        yield (
            f"clinical.systemic.visceral_metastases is {count}, and clinical.systemic.visceral names "
            f"{len(named)} ({', '.join(sorted(named)) or 'none'}); correct one"
        )


def _vertebrae(facts: Facts) -> Iterator[str]:
    systemic = facts.clinical.systemic
    levels = facts.clinical.lesion.levels
    if systemic.involved_levels is None or systemic.other_spinal_metastases is None or not levels:
        return
    others = len(set(systemic.involved_levels) - set(levels))
    if others != systemic.other_spinal_metastases:
        yield (
            f"clinical.systemic.other_spinal_metastases is {systemic.other_spinal_metastases}, and involved_levels "
            f"has {others} beside this lesion's; correct one"
        )


def _epidural(facts: Facts) -> Iterator[str]:
    """Each finding implies those before it: tumour there, sac deformed, cord compressed."""
    epidural = facts.clinical.lesion.epidural
    chain = (
        ("tumour_in_epidural_space", epidural.tumour_in_epidural_space),
        ("thecal_sac_deformed", epidural.thecal_sac_deformed),
        ("cord_compressed", epidural.cord_compressed),
    )
    for index, (later_name, later) in enumerate(chain):
        for earlier_name, earlier in chain[:index]:
            if later and earlier is False:
                yield f"clinical.lesion.epidural.{later_name} is true, and {earlier_name} is false; correct one"
    for name, value in chain[:2]:
        if epidural.cord_abutted and value is False:
            yield f"clinical.lesion.epidural.cord_abutted is true, and {name} is false; correct one"
    share = epidural.canal_compromise_percent
    if share is not None:
        if share > 0 and epidural.tumour_in_epidural_space is False:
            yield (
                f"clinical.lesion.epidural.canal_compromise_percent is {share:g}, and tumour_in_epidural_space is "
                "false; correct one"
            )
        if share > 50 and epidural.thecal_sac_deformed is False:
            yield (
                f"clinical.lesion.epidural.canal_compromise_percent is {share:g}, and thecal_sac_deformed is false; "
                "correct one"
            )
    if epidural.at_cauda_equina and (epidural.cord_compressed or epidural.cord_abutted):
        yield "clinical.lesion.epidural.at_cauda_equina is true: there is no cord to touch there; correct one"
    if epidural.at_cauda_equina and below_conus(Epidural(), facts.lesion_levels) is False:
        yield (
            f"clinical.lesion.epidural.at_cauda_equina is true, and {', '.join(facts.lesion_levels)} lies at the cord "
            f"(which reaches below {LAST_WITH_CORD}); correct one"
        )


def _grade(facts: Facts) -> Iterator[str]:
    """A stated ESCC grade against the findings that it stands for."""
    lesion = facts.clinical.lesion
    stated, epidural = lesion.bilsky_escc, lesion.epidural
    if stated is None or stated in grades_possible(epidural):
        return
    for name, meant in zip(FINDINGS, GRADES[stated], strict=True):
        value = getattr(epidural, name)
        cord = name == "csf_visible" or (name in ("cord_abutted", "cord_compressed") and not value)
        if value is None or meant is None or value == meant:
            continue
        if not (cord and below_conus(epidural, facts.lesion_levels) is not False):
            yield f"clinical.lesion.bilsky_escc {stated} contradicts epidural.{name} {str(value).lower()}; correct one"
    share = epidural.canal_compromise_percent
    if share and (stated == "0" or (stated == "1a" and share > 50)):
        yield (
            f"clinical.lesion.bilsky_escc {stated} contradicts epidural.canal_compromise_percent {share:g}; correct one"
        )


def _palsy(facts: Facts) -> Iterator[str]:
    """ASIA grade against Frankel's, walking and power, where the checks above have not spoken."""
    neurology = facts.clinical.neurology
    if neurology.asia is None or frankel_possible(facts):
        return
    said = [f"frankel {neurology.frankel}"] if neurology.frankel else []
    if facts.ambulatory is not None:
        said.append("the patient walks" if facts.ambulatory else "the patient does not walk")
    powers = lower_limb_powers(facts)
    if powers:
        said.append(f"power of the legs {min(powers)}/5 to {max(powers)}/5")
    yield f"clinical.neurology.asia {neurology.asia} contradicts {' or '.join(said)}; correct one"


def _diffuse(facts: Facts) -> Iterator[str]:
    if facts.clinical.systemic.diffuse_spinal and facts.involved_vertebrae == 1:
        yield (
            "clinical.systemic.diffuse_spinal is true, and one vertebra is involved by involved_levels or "
            "other_spinal_metastases; correct one"
        )


def _hormones(facts: Facts) -> Iterator[str]:
    """A text that says castration-resistant or triple negative against the key that says the opposite."""
    stated = facts.clinical.primary.hormone_dependent
    read = read_histology(facts.histology) if facts.histology else None
    if read is not None and None not in (stated, read.hormone_dependent) and stated != read.hormone_dependent:
        yield (
            f'clinical.primary.hormone_dependent is {str(stated).lower()}, and histology "{read.text}" says the '
            "opposite; correct one"
        )


def _sides(facts: Facts) -> Iterator[str]:
    lesion = facts.clinical.lesion
    both = (lesion.posterolateral_left, lesion.posterolateral_right)
    if lesion.posterolateral_involvement is None or None in both:
        return
    by_side = ("none", "unilateral", "bilateral")[sum(bool(side) for side in both)]
    if by_side != lesion.posterolateral_involvement:
        yield (
            f'clinical.lesion.posterolateral_involvement is "{lesion.posterolateral_involvement}", and by side it is '
            f'"{by_side}"; correct one'
        )


def _fracture(facts: Facts) -> Iterator[str]:
    lesion = facts.clinical.lesion
    if lesion.fracture is False and (lesion.fracture_recent or lesion.fracture_displaced):
        yield "clinical.lesion.fracture is false, and a recent or displaced fracture is stated; correct one"


def _radiotherapy(facts: Facts) -> Iterator[str]:
    prior = facts.clinical.prior_radiotherapy
    courses = [course.levels for course in prior.courses or ()]
    return _denied(facts, prior.to_this_level, courses, "prior_radiotherapy.to_this_level", "a course to")


def _surgery(facts: Facts) -> Iterator[str]:
    prior = facts.clinical.prior_surgery
    operations = [operation.levels for operation in prior.operations or ()]
    return _denied(facts, prior.at_this_level, operations, "prior_surgery.at_this_level", "an operation at")


def _denied(
    facts: Facts, here: bool | None, treated: Sequence[Sequence[str] | None], path: str, treatment: str
) -> Iterator[str]:
    """Earlier treatment of the lesion's levels that is listed, and said not to have been."""
    lesion = set(facts.lesion_levels)
    for levels in treated:
        hit = lesion & set(levels or ())
        if here is False and hit:
            yield f"clinical.{path} is false, and {treatment} {', '.join(sorted(hit))} is listed; correct one"


_CHECKS: tuple[Callable[[Facts], Iterator[str]], ...] = (
    _places,
    _walking,
    _power,
    _pain,
    _viscera,
    _vertebrae,
    _epidural,
    _grade,
    _palsy,
    _diffuse,
    _hormones,
    _sides,
    _fracture,
    _radiotherapy,
    _surgery,
)
