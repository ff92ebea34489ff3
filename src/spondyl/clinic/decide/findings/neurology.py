"""Findings of pain and of the nerves."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.compression import high_grade_compression
from spondyl.clinic.decide.findings.finding import Finding, unknown, yes_or_no
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth, all_of, any_of
from spondyl.clinic.facts import lower_limb_powers

PAIN, NEUROLOGY = "clinical.pain.", "clinical.neurology."
LOST = frozenset("de")
"""Ryu's neurological grades d (not functional) and e (paralysed or incontinent)."""


def painful(patient: Patient) -> Truth:
    """Pain at the lesion."""
    felt = patient.facts.clinical.pain.felt
    if felt is None:
        return unknown("pain", PAIN + "present")
    return Truth(felt, "pain" if felt else "no pain")


def rapid_deficit(patient: Patient) -> Truth:
    """Motor deficit that is getting worse rapidly."""
    return _progression(patient, frozenset(("rapid",)))


def progressive_deficit(patient: Patient) -> Truth:
    """Motor deficit that is getting worse, slowly or rapidly."""
    return _progression(patient, frozenset(("slow", "rapid")))


def paralysis_threatens(patient: Patient) -> Truth:
    """Irradiation would be an emergency because paralysis threatens: the deficit is getting worse rapidly.

    The trial (paper 004) prints no criterion; this is our reading. Only a stated progression denies it.
    """
    progression = patient.facts.clinical.neurology.deficit_progression
    if progression is None:
        return unknown("deficit progression", NEUROLOGY + "deficit_progression")
    return Truth(progression == "rapid", f"deficit progression: {progression}")


def _progression(patient: Patient, wanted: frozenset[str]) -> Truth:
    progression = patient.facts.clinical.neurology.deficit_progression
    if progression is not None:
        return Truth(progression in wanted, f"deficit progression: {progression}")
    if _no_motor_deficit(patient):
        return Truth(False, "no motor deficit")
    return unknown("speed of deficit", NEUROLOGY + "deficit_progression")


def _no_motor_deficit(patient: Patient) -> bool:
    """Normal power by Frankel, by Ryu's grade, or by every power of the legs with a normal sphincter."""
    neurology = patient.facts.clinical.neurology
    powers = lower_limb_powers(patient.facts)
    by_power = bool(powers) and min(powers) == 5 and neurology.sphincter == "normal"
    return neurology.frankel == "E" or neurology.ryu_neurological_grade in ("a", "b") or by_power


def overt_deficit(patient: Patient) -> Truth:
    """Function lost: Ryu's neurological grade d or e, or what means the same."""
    neurology = patient.facts.clinical.neurology
    if neurology.sphincter == "incontinent":
        return Truth(True, "incontinent")
    if neurology.frankel in ("A", "B", "C"):
        return Truth(True, f"Frankel {neurology.frankel}")
    powers = lower_limb_powers(patient.facts)
    if powers and min(powers) <= 3:
        return Truth(True, f"power {min(powers)}/5 in the legs")
    grades = frozenset(patient.score("ryu").item("neurological").options)
    if grades <= LOST or not grades & LOST:
        return Truth(grades <= LOST, f"neurological grade {' or '.join(sorted(grades))}")
    if neurology.frankel == "E" and neurology.sphincter in (None, "normal"):
        return Truth(False, "Frankel E")
    needs = tuple(path for path in patient.score("ryu").item("neurological").needs if path != "level")
    return Truth(None, "neurological state not settled", needs or (NEUROLOGY + "ryu_neurological_grade",))


def emergency(patient: Patient) -> Truth:
    """Rapidly progressing deficit; or lost function or a disturbed sphincter under compression, speed unknown."""
    rapid = rapid_deficit(patient)
    if rapid.value:
        return Truth(True, f"EMERGENCY: {rapid.said}; surgical and radiotherapy opinion today")
    if patient.facts.clinical.neurology.deficit_progression is not None:
        return rapid
    deficit = any_of((overt_deficit(patient), _sphincter_disturbed(patient)))
    suspected = all_of((deficit, high_grade_compression(patient)))
    if suspected.value:
        return Truth(True, f"EMERGENCY until the contrary is known: {suspected.said}; speed of deficit unknown")
    if rapid.value is False and deficit.value and suspected.value is None:
        return unknown("speed of deficit", NEUROLOGY + "deficit_progression")
    return rapid


def _sphincter_disturbed(patient: Patient) -> Truth:
    sphincter = patient.facts.clinical.neurology.sphincter
    if sphincter is None:
        return unknown("sphincter", NEUROLOGY + "sphincter")
    return Truth(sphincter != "normal", f"sphincter {sphincter}")


def root_compression(patient: Patient) -> Truth:
    """Signs or symptoms of a nerve root."""
    return any_of(
        (
            yes_or_no(patient, NEUROLOGY + "radiculopathy", "radiculopathy", "no radiculopathy"),
            yes_or_no(patient, PAIN + "radicular", "radicular pain", "no radicular pain"),
        )
    )


def root_or_cord_symptoms(patient: Patient) -> Truth:
    """Any symptom or sign of root or cord."""
    parts = (
        root_compression(patient),
        yes_or_no(patient, NEUROLOGY + "myelopathy", "myelopathy", "no myelopathy"),
        yes_or_no(patient, NEUROLOGY + "sensory_change", "sensory change", "no sensory change"),
        overt_deficit(patient),
    )
    return any_of(parts)


def symptoms_mixed(patient: Patient) -> Truth:
    """Two or more of pain, deficit, osteoporosis and major comorbidity (paper 003 names these as mixing)."""
    parts = (
        painful(patient),
        root_or_cord_symptoms(patient),
        yes_or_no(patient, "clinical.comorbidity.osteoporosis", "osteoporosis", "no osteoporosis"),
        yes_or_no(patient, "clinical.comorbidity.major_comorbidities", "comorbidities", "no major comorbidities"),
    )
    held = [part for part in parts if part.value]
    waiting = [part for part in parts if part.value is None]
    if len(held) >= 2:
        return Truth(True, "; ".join(part.said for part in held))
    if len(held) + len(waiting) < 2:
        return Truth(False, "symptoms of one kind at most")
    return Truth(None, "symptoms not fully known", tuple(path for part in waiting for path in part.needs))


NEURO: Mapping[str, Finding] = {
    "painful": painful,
    "rapid_deficit": rapid_deficit,
    "progressive_deficit": progressive_deficit,
    "paralysis_threatens": paralysis_threatens,
    "overt_deficit": overt_deficit,
    "emergency": emergency,
    "root_compression": root_compression,
    "root_or_cord_symptoms": root_or_cord_symptoms,
    "symptoms_mixed": symptoms_mixed,
}
