"""Ryu's dual grade: radiographic 0 to V and neurological a to e, with a rule of its own at the cauda equina."""

from __future__ import annotations

from dataclasses import replace

from spondyl.clinic.facts import (
    Facts,
    below_conus,
    frankel_possible,
    grades_possible,
    is_lower_limb,
    lower_limb_powers,
)
from spondyl.clinic.facts.epidural import GRADES
from spondyl.clinic.facts.motor import INTACT
from spondyl.clinic.scores.bilsky import missing_findings, without_cord
from spondyl.clinic.scores.instrument import Scale
from spondyl.clinic.scores.score import Answer, Band, Score, known, open_to, undefined
from spondyl.core.citations import Citation, note

CITATION = Citation("Ryu 2010, Cancer 116:2250-2257", "10.1002/cncr.24993", "dual grading")
STATUS = "confirmed_in_seed"
HALF_CANAL_PERCENT = 50.0
RADIOGRAPHIC = Scale(
    "ryu_radiographic",
    "Ryu radiographic grade",
    {
        "0": "bone only, no canal compromise",
        "I": "epidural fat involved, sac not displaced",
        "II": "sac compressed or displaced, CSF before the cord; at the cauda equina less than 50 % of the canal",
        "III": "tumour touches the cord without displacing it",
        "IV": "cord displaced or compressed, CSF visible; at the cauda equina more than 50 % of the canal",
        "V": "cord compressed, no CSF visible",
    },
    CITATION,
    STATUS,
)
NEUROLOGICAL = Scale(
    "ryu_neurological",
    "Ryu neurological grade",
    {
        "a": "no abnormality",
        "b": "minor: pain, radiculopathy, sensory change",
        "c": "functional paresis, power 4/5 or more",
        "d": "non-functional paresis, power 3/5 or less",
        "e": "paralysis or incontinence",
    },
    CITATION,
    STATUS,
)
OF_ESCC = dict(zip(GRADES, RADIOGRAPHIC.grades, strict=True))
"""Both gradings go by the same findings: bone only, fat, sac, cord touched, cord compressed with and without CSF."""
BANDS = (
    Band(0, 2, "a to c", "neurology preserved: radiosurgery considered"),
    Band(3, 4, "d to e", "neurological deficit: surgery considered"),
)
CAVEATS = (
    "Grade d is non-functional paresis; one printed table says functional.",
    "Displacement of the sac tells II from I: text and table of the source overlap in abutting and impinging.",
    "At the cauda equina only 0, I, II and IV are used; a canal compromised by exactly 50 % is not defined.",
    "A rapidly progressing deficit calls for surgery whatever the grade.",
)
NEUROLOGY = "clinical.neurology."


def ryu(facts: Facts) -> Score:
    """Both grades together, such as "II b"; the bands are what the neurological grade meant for treatment.

    >>> from spondyl.clinic.facts import read_facts
    >>> neurology = {"lower_limb_power_mrc": "2/5", "sphincter": "normal"}
    >>> facts = {"level": "T8", "clinical": {"neurology": neurology, "lesion": {"bilsky_escc": "3"}}}
    >>> ryu(read_facts(facts)).total
    'V d'
    """
    note(CITATION)
    image = RADIOGRAPHIC.item("radiographic", radiographic(facts))
    nerves = NEUROLOGICAL.item("neurological", neurological(facts))
    low, high = (f"{image.options[end]} {nerves.options[end]}" for end in (0, -1))
    bands = tuple(band for band in BANDS if band.low <= nerves.high and nerves.low <= band.high)
    return Score("ryu", "Ryu dual grade", (image, nerves), low, high, bands, CITATION, STATUS, CAVEATS)


def radiographic(facts: Facts) -> Answer:
    """The radiographic grade, from the findings on MR or from the ESCC grade that stands for them."""
    at_cauda = below_conus(facts.clinical.lesion.epidural, facts.lesion_levels)
    if at_cauda:
        return _cauda(facts)
    cord = _cord(facts)
    if at_cauda is False:
        return cord
    cauda = _cauda(facts)
    if cauda.options == cord.options and len(cord.options) == 1:
        return known(*cord.options, said=cord.said or cauda.said)
    options = {*cord.options, *cauda.options}
    path = "level" if not facts.lesion_levels else "clinical.lesion.epidural.at_cauda_equina"
    said = "" if not facts.lesion_levels else "cord or cauda equina at this level is not said"
    needs = tuple(dict.fromkeys((path, *cord.needs, *cauda.needs)))
    return open_to(*(grade for grade in RADIOGRAPHIC.grades if grade in options), needs=needs, said=said)


def _cord(facts: Facts) -> Answer:
    lesion = facts.clinical.lesion
    if lesion.bilsky_escc is not None:
        return known(OF_ESCC[lesion.bilsky_escc], f"from ESCC {lesion.bilsky_escc}, told by the same findings")
    grades = grades_possible(lesion.epidural)
    if len(grades) == 1:
        return known(OF_ESCC[grades[0]], "from the findings on MR")
    needs = ("clinical.lesion.bilsky_escc", *missing_findings(lesion.epidural, grades))
    return open_to(*(OF_ESCC[grade] for grade in grades), needs=needs)


def _cauda(facts: Facts) -> Answer:
    """The cauda rule: an epidural tumour is II below half of the canal and IV above; without one the grade is 0.

    A share of 0 % is tumour in the fat alone. Where the share is unknown, a sac that is not deformed leaves I and II.
    """
    lesion = facts.clinical.lesion
    share = lesion.epidural.canal_compromise_percent
    grades = grades_possible(without_cord(lesion.epidural))
    if lesion.bilsky_escc is not None:
        stated = lesion.bilsky_escc
        grades = (stated,) if stated in ("0", "1a") else tuple(grade for grade in GRADES if grade not in ("0", "1a"))
    at = f"cauda equina, {share:g} % of the canal" if share is not None else "cauda equina"
    if grades == ("0",):
        return known("0", "no epidural tumour")
    if share is None:
        return _cauda_without_share(grades, at)
    if share == HALF_CANAL_PERCENT:
        return undefined("II", "IV", why="exactly 50 % of the canal is in neither grade", said=at)
    if share > 0:
        return known("II" if share < HALF_CANAL_PERCENT else "IV", at)
    options = tuple(g for g, of in (("0", "0"), ("I", "1a")) if of in grades)
    if len(options) == 2:
        return open_to(*options, needs=("clinical.lesion.epidural.tumour_in_epidural_space",), said=at)
    if options:
        return known(options[0], at)
    return known("II", at)


def _cauda_without_share(grades: tuple[str, ...], at: str) -> Answer:
    options = ["0"] if "0" in grades else []
    options += ["I", "II"] if "1a" in grades else ["II"]
    options += ["IV"] if "1b" in grades else []
    needs = ["clinical.lesion.epidural.canal_compromise_percent"]
    needs += ["clinical.lesion.epidural.tumour_in_epidural_space"] if "0" in grades else []
    return open_to(*options, needs=tuple(needs), said=f"{at}, share of the canal not known")


def neurological(facts: Facts) -> Answer:
    """The neurological grade as stated, or by sphincter, power and symptoms."""
    neurology = facts.clinical.neurology
    if neurology.ryu_neurological_grade is not None:
        return known(neurology.ryu_neurological_grade, f"graded {neurology.ryu_neurological_grade}")
    if neurology.sphincter == "incontinent":
        return known("e", "incontinent")
    if "A" in (neurology.frankel, neurology.asia) or "B" in (neurology.frankel, neurology.asia):
        return known("e", "no motor power below the lesion")
    by_power = _by_power(facts)
    if neurology.sphincter == "normal":
        return _settle(by_power)
    if neurology.sphincter == "disturbed":
        why = by_power.undefined or "a disturbed sphincter without incontinence is in no row"
        return _settle(replace(by_power, options=by_power.options | {"e"}, undefined=why))
    return _settle(
        replace(by_power, options=by_power.options | {"e"}, needs=(*by_power.needs, NEUROLOGY + "sphincter"))
    )


def _settle(answer: Answer) -> Answer:
    """A grade that is known waits for nothing."""
    return replace(answer, needs=()) if len(answer.options) == 1 else answer


def _by_power(facts: Facts) -> Answer:
    """Grades by the weakest muscle that the lesion can weaken: the arms count where it lies in the neck or at T1."""
    legs, arms = lower_limb_powers(facts), _arm_powers(facts)
    if not facts.lesion_levels:
        if not arms:
            return _by_weakest(facts, legs, None)
        either = _by_weakest(facts, legs, arms), _by_weakest(facts, legs, ())
        needs = tuple(dict.fromkeys(("level", *either[0].needs, *either[1].needs)))
        return Answer(either[0].options | either[1].options, needs, said=either[0].said)
    reaches_arms = any(level.startswith("C") or level == "T1" for level in facts.lesion_levels)
    return _by_weakest(facts, legs, (arms or None) if reaches_arms else ())


def _by_weakest(facts: Facts, legs: tuple[int, ...], arms: tuple[int, ...] | None) -> Answer:
    """Grades by the powers that count; `arms` None where they count and none is stated, empty where they do not."""
    unexamined = () if legs else (NEUROLOGY + "lower_limb_power_mrc",)
    unexamined += (NEUROLOGY + "upper_limb_power_mrc",) if arms is None else ()
    powers = (*legs, *(arms or ()))
    normal = frankel_possible(facts) == INTACT
    if not powers:
        return Answer(frozenset("abc" if normal and arms == () else "abcde"), unexamined)
    weakest = min(powers)
    said = f"weakest muscle {weakest}/5"
    if weakest == 0:
        return undefined("d", "e", why="0/5 in a muscle: whether this is paralysis is not said", said=said)
    if weakest <= 3:
        found, worse = known("d", said), "e"
    elif weakest == 4:
        found, worse = _power_of_four(facts, legs, said), "de"
    else:
        found, worse = _by_symptoms(facts, said), "cde"
    if not unexamined:
        return found
    if normal and not legs and arms is not None:
        worse = worse.replace("d", "").replace("e", "")
    return replace(found, options=found.options | frozenset(worse), needs=(*found.needs, *unexamined))


def _power_of_four(facts: Facts, legs: tuple[int, ...], said: str) -> Answer:
    """Power 4/5 is functional; in the legs only if the patient walks, or could by the Frankel grade."""
    if not legs or min(legs) > 4 or facts.ambulatory or frankel_possible(facts) <= frozenset("DE"):
        return known("c", said)
    if facts.ambulatory is None:
        return open_to("c", "d", needs=(NEUROLOGY + "ambulation",), said=said)
    why = "power 4/5 in the legs is functional, and who does not walk is not"
    return undefined("c", "d", why=why, said=said)


def _by_symptoms(facts: Facts, said: str) -> Answer:
    """Full power: a without symptoms, b with any of them."""
    neurology, pain = facts.clinical.neurology, facts.clinical.pain
    symptoms = {
        "clinical.pain.present": pain.felt,
        NEUROLOGY + "radiculopathy": True if pain.radicular else neurology.radiculopathy,
        NEUROLOGY + "sensory_change": neurology.sensory_change,
        NEUROLOGY + "myelopathy": neurology.myelopathy,
    }
    if any(symptoms.values()):
        return known("b", "full power with symptoms")
    unknown = tuple(path for path, value in symptoms.items() if value is None)
    return open_to("a", "b", needs=unknown, said=said) if unknown else known("a", "full power without symptoms")


def _arm_powers(facts: Facts) -> tuple[int, ...]:
    neurology = facts.clinical.neurology
    stated = tuple(p for name, p in (neurology.motor_power_mrc or {}).items() if not is_lower_limb(name))
    weakest = neurology.upper_limb_power_mrc
    return stated if weakest is None else (*stated, weakest)
