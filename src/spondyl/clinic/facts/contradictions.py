"""Facts that cannot both be true. Each check reads known facts only: an unknown contradicts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spondyl.clinic.facts.facts import Facts

LOWER_LIMB = ("hip", "knee", "ankle", "foot", "toe", "leg", "lower", "quadriceps", "iliopsoas")
"""Words by which a movement in `motor_power_mrc` is known to be one of the legs."""


def lower_limb_powers(facts: Facts) -> tuple[int, ...]:
    """Every stated power of the legs, by movement or as the weakest."""
    neurology = facts.clinical.neurology
    by_movement = neurology.motor_power_mrc or {}
    stated = [p for name, p in by_movement.items() if any(word in name.casefold() for word in LOWER_LIMB)]
    weakest = neurology.lower_limb_power_mrc
    return tuple(stated) if weakest is None else (*stated, weakest)


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
    missing = [level for level in (levels or ()) if involved is not None and level not in involved]
    if missing:
        yield (
            f"clinical.lesion.levels has {', '.join(missing)}, which clinical.systemic.involved_levels does not; "
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
    if epidural.at_cauda_equina and (epidural.cord_compressed or epidural.cord_abutted):
        yield "clinical.lesion.epidural.at_cauda_equina is true: there is no cord to touch there; correct one"
    stated = facts.clinical.lesion.bilsky_escc
    implied = {"0": (False, False), "1a": (True, False), "1b": (True, False), "1c": (True, False)}
    implied |= {"2": (True, True), "3": (True, True)}
    if stated is not None and not epidural.at_cauda_equina:
        for name, value, expected in (
            ("tumour_in_epidural_space", epidural.tumour_in_epidural_space, implied[stated][0]),
            ("cord_compressed", epidural.cord_compressed, implied[stated][1]),
        ):
            if value is not None and value != expected:
                yield (
                    f"clinical.lesion.bilsky_escc {stated} contradicts epidural.{name} {str(value).lower()}; "
                    "correct one"
                )
        if stated in ("2", "3") and epidural.csf_visible is not None and epidural.csf_visible != (stated == "2"):
            yield (
                f"clinical.lesion.bilsky_escc {stated} contradicts epidural.csf_visible "
                f"{str(epidural.csf_visible).lower()}; correct one"
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


def _here(facts: Facts) -> set[str]:
    level = facts.level
    return {*(facts.clinical.lesion.levels or ()), *((level,) if level else ())}


def _radiotherapy(facts: Facts) -> Iterator[str]:
    prior = facts.clinical.prior_radiotherapy
    here = _here(facts)
    for course in prior.courses or ():
        hit = here & set(course.levels or ())
        if prior.to_this_level is False and hit:
            yield (
                "clinical.prior_radiotherapy.to_this_level is false, and a course to "
                f"{', '.join(sorted(hit))} is listed; correct one"
            )


def _surgery(facts: Facts) -> Iterator[str]:
    prior = facts.clinical.prior_surgery
    here = _here(facts)
    for operation in prior.operations or ():
        hit = here & set(operation.levels or ())
        if prior.at_this_level is False and hit:
            yield (
                "clinical.prior_surgery.at_this_level is false, and an operation at "
                f"{', '.join(sorted(hit))} is listed; correct one"
            )


_CHECKS: tuple[Callable[[Facts], Iterator[str]], ...] = (
    _places,
    _walking,
    _power,
    _pain,
    _viscera,
    _vertebrae,
    _epidural,
    _sides,
    _fracture,
    _radiotherapy,
    _surgery,
)
