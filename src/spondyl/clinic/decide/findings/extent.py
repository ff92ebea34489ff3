"""How much disease there is: vertebrae, sites, other bones, organs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spondyl.clinic.decide.findings.finding import Finding, unknown, yes_or_no
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth, negate
from spondyl.clinic.facts import LEVELS
from spondyl.clinic.scores.burden import solitary, vertebrae_at_least

SYSTEMIC = "clinical.systemic."
MOST_SITES = 3
"""Separate sites that radiosurgery took in RTOG 0631 (Ryu 2014, Pract Radiat Oncol 4:76-81; paper 003, Fig 3)."""
MOST_AT_ONE_SITE = 2
"""Contiguous vertebrae of one such site."""
FEW = 5
"""Most metastases of an oligometastatic patient: the limit of SABR-COMET (Palma 2019, Lancet 393:2051-2058). No
paper here prints a number, so that this is our reading."""


def several_vertebrae(patient: Patient) -> Truth:
    """More than one involved vertebra."""
    count = patient.facts.involved_vertebrae
    if count is not None:
        return Truth(count > 1, _vertebrae(count))
    least = vertebrae_at_least(patient.facts)
    if least > 1:
        return Truth(True, f"at least {least} involved vertebrae")
    return unknown("number of involved vertebrae", *_count_needs(patient))


def single_vertebra(patient: Patient) -> Truth:
    """One involved vertebra in the whole spine."""
    return negate(several_vertebrae(patient))


def two_contiguous_levels(patient: Patient) -> Truth:
    """Two involved vertebrae that touch, and none elsewhere."""
    runs = _runs(patient)
    if runs is not None:
        return Truth([len(run) for run in runs] == [2], _told(runs))
    count = patient.facts.involved_vertebrae
    least = vertebrae_at_least(patient.facts)
    if (count is not None and count != 2) or least > 2:
        return Truth(False, f"{count if count is not None else f'at least {least}'} involved vertebrae")
    return unknown("involved levels", SYSTEMIC + "involved_levels")


def up_to_three_separate(patient: Patient) -> Truth:
    """At most three separate sites of at most two contiguous vertebrae each."""
    runs = _runs(patient)
    if runs is not None:
        fits = len(runs) <= MOST_SITES and all(len(run) <= MOST_AT_ONE_SITE for run in runs)
        return Truth(fits, _told(runs))
    count, least = patient.facts.involved_vertebrae, vertebrae_at_least(patient.facts)
    if count is not None and count <= MOST_AT_ONE_SITE:
        return Truth(True, _vertebrae(count))
    if least > MOST_SITES * MOST_AT_ONE_SITE:
        return Truth(False, f"at least {least} involved vertebrae")
    return unknown("involved levels", SYSTEMIC + "involved_levels")


def up_to_three_gross(patient: Patient) -> Truth:
    """One to three gross sites among scattered small ones; the counted vertebrae are taken as the gross ones."""
    count, least = patient.facts.involved_vertebrae, vertebrae_at_least(patient.facts)
    runs = _runs(patient)
    if runs is not None:
        return Truth(len(runs) <= MOST_SITES, _told(runs))
    if count is not None and count <= MOST_SITES:
        return Truth(True, _vertebrae(count))
    if least > MOST_SITES * MOST_AT_ONE_SITE:
        return Truth(False, f"at least {least} involved vertebrae")
    return unknown("involved levels", SYSTEMIC + "involved_levels")


def one_or_two_levels(patient: Patient) -> Truth:
    """The lesion to treat spans one or two segments."""
    levels = patient.facts.lesion_levels
    if not levels:
        return unknown("level", "level")
    return Truth(len(set(levels)) <= 2, ", ".join(levels))


def widespread_spinal(patient: Patient) -> Truth:
    """Diffuse by statement, or more sites than radiosurgery took (our reading of widespread)."""
    if patient.facts.clinical.systemic.diffuse_spinal:
        return Truth(True, "diffuse spinal metastases")
    few = up_to_three_separate(patient)
    if few.value is False:
        return negate(few)
    if few.value and patient.facts.clinical.systemic.diffuse_spinal is False:
        return negate(few)
    if few.value and patient.facts.involved_vertebrae is not None:
        return negate(few)
    return unknown("extent in the spine", SYSTEMIC + "diffuse_spinal", *few.needs)


def multiple_bone_metastases(patient: Patient) -> Truth:
    """More than one bone metastasis in the whole skeleton."""
    answer = solitary(patient.facts, "one", "several")
    if len(answer.options) == 1:
        return Truth("several" in answer.options, answer.said)
    return Truth(None, answer.undefined or "number of bone metastases unknown", answer.needs)


def few_metastases(patient: Patient) -> Truth:
    """Oligometastatic: no disseminated disease, and at most five sites; an organ counts as one site."""
    systemic = patient.facts.clinical.systemic
    if systemic.disseminated_or_uncontrollable:
        return Truth(False, "disseminated or uncontrollable disease")
    if systemic.diffuse_spinal:
        return Truth(False, "diffuse spinal metastases")
    counts = {
        SYSTEMIC + "other_spinal_metastases": patient.facts.involved_vertebrae,
        SYSTEMIC + "extraspinal_bone_metastases": systemic.extraspinal_bone_metastases,
        SYSTEMIC + "visceral_metastases": patient.facts.visceral_count,
        SYSTEMIC + "brain_metastases": systemic.brain_metastases,
    }
    known = sum(count for count in counts.values() if count is not None)
    least = known + (vertebrae_at_least(patient.facts) if patient.facts.involved_vertebrae is None else 0)
    if least > FEW:
        return Truth(False, f"at least {least} sites of metastasis")
    missing = tuple(path for path, count in counts.items() if count is None)
    if missing:
        return unknown("number of metastases", *missing)
    return Truth(True, f"{known} {'site' if known == 1 else 'sites'} of metastasis")


def no_organ_metastasis(patient: Patient) -> Truth:
    """No organ holds metastases."""
    count = patient.facts.visceral_count
    if count is None:
        return unknown("organ metastases", SYSTEMIC + "visceral_metastases")
    return Truth(count == 0, f"{count} organs with metastases" if count else "no organ with metastases")


def not_disseminated(patient: Patient) -> Truth:
    """Disease outside the spine can be controlled."""
    path = SYSTEMIC + "disseminated_or_uncontrollable"
    return negate(yes_or_no(patient, path, "disseminated or uncontrollable", "not disseminated"))


def _runs(patient: Patient) -> list[list[str]] | None:
    """Involved levels grouped into contiguous sites; None where not every involved level is named."""
    facts = patient.facts
    named: Iterable[str] | None = facts.clinical.systemic.involved_levels
    if named is None and facts.involved_vertebrae == len(set(facts.lesion_levels)):
        named = facts.lesion_levels
    if not named:
        return None
    runs: list[list[str]] = []
    for level in sorted(set(named), key=LEVELS.index):
        if runs and LEVELS.index(level) - LEVELS.index(runs[-1][-1]) == 1:
            runs[-1].append(level)
        else:
            runs.append([level])
    return runs


def _told(runs: list[list[str]]) -> str:
    return "involved: " + "; ".join("-".join((run[0], run[-1])) if len(run) > 1 else run[0] for run in runs)


def _vertebrae(count: int) -> str:
    return f"{count} involved {'vertebra' if count == 1 else 'vertebrae'}"


def _count_needs(patient: Patient) -> tuple[str, ...]:
    needs = [] if patient.facts.lesion_levels else ["level"]
    if patient.facts.clinical.systemic.other_spinal_metastases is None:
        needs.append(SYSTEMIC + "other_spinal_metastases")
    return tuple(needs)


EXTENT: Mapping[str, Finding] = {
    "several_vertebrae": several_vertebrae,
    "single_vertebra": single_vertebra,
    "two_contiguous_levels": two_contiguous_levels,
    "up_to_three_separate": up_to_three_separate,
    "up_to_three_gross": up_to_three_gross,
    "one_or_two_levels": one_or_two_levels,
    "widespread_spinal": widespread_spinal,
    "multiple_bone_metastases": multiple_bone_metastases,
    "few_metastases": few_metastases,
    "no_organ_metastasis": no_organ_metastasis,
    "not_disseminated": not_disseminated,
}
