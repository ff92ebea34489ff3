"""Everything that can be said of a patient from the facts: emergency first, scores, options, what is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spondyl.clinic.decide.findings import FINDINGS
from spondyl.clinic.decide.frameworks import FRAMEWORKS
from spondyl.clinic.decide.options import (
    WAYS_OF_OPERATING,
    Option,
    Reason,
    as_after_an_operation,
    as_way_of_operating,
    judge_option,
    reasons_of,
)
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.rules import rules
from spondyl.clinic.decide.truth import Truth
from spondyl.clinic.facts import Facts
from spondyl.clinic.scores import Score

GENERAL = ("mdt", "scoring")
"""Rules about how to decide, which are no treatment."""
DISCLAIMER = "Research and education, not a medical device."


@dataclass(frozen=True)
class Assessment:
    """Scores and options of one patient, nothing hidden."""

    facts: Facts
    emergency: Truth
    scores: dict[str, Score]
    options: dict[str, Option]
    general: tuple[Reason, ...]
    """What the papers say of deciding itself, where it holds here."""

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Every unknown fact that something waits for, with what waits."""
        waiting: dict[str, list[str]] = {}
        for score in self.scores.values():
            for path in score.needs:
                waiting.setdefault(path, []).append(score.name)
        for option in self.options.values():
            for path in option.needs:
                waiting.setdefault(path, []).append(option.modality)
        return {path: tuple(dict.fromkeys(names)) for path, names in waiting.items()}

    @property
    def disagreements(self) -> tuple[Option, ...]:
        """Options on which frameworks stand on both sides."""
        return tuple(option for option in self.options.values() if option.disagreement)

    def record(self) -> dict[str, Any]:
        """For data files; docs/reference/assessment.md says what each key means."""
        return {
            "emergency": {
                "value": self.emergency.value,
                "text": self.emergency.said,
                "needs": list(self.emergency.needs),
            },
            "disclaimer": DISCLAIMER,
            "case_id": self.facts.case_id,
            "scores": {key: score.record() for key, score in self.scores.items()},
            "options": {name: option.record() for name, option in self.options.items()},
            "general": [reason.record() for reason in self.general],
            "disagreements": [option.modality for option in self.disagreements],
            "unknown": {path: list(names) for path, names in self.needs.items()},
        }


def assess(facts: Facts) -> Assessment:
    """Score the patient and argue every option.

    Parameters
    ----------
    facts
        What is known; anything may be unknown.

    Returns
    -------
    Assessment
        Every score, and every modality of the rules with its verdict and reasons.
    """
    patient = Patient(facts)
    unstable = FINDINGS["unstable"](patient)
    asked: dict[str, list[Reason]] = {}
    for rule in rules():
        for modality, reason in reasons_of(rule, rule.condition(patient), unstable):
            asked.setdefault(modality, []).append(reason)
    for modality, reason in _framework_reasons(patient):
        asked.setdefault(modality, []).append(reason)
    options = {name: judge_option(name, of) for name, of in asked.items() if name not in GENERAL}
    for way in WAYS_OF_OPERATING:
        options[way] = as_way_of_operating(options[way], options["open_surgery"])
    operated = FINDINGS["operated_here"](patient)
    options["postop_srs"] = as_after_an_operation(options["postop_srs"], operated, options["open_surgery"])
    general = tuple(reason for name in GENERAL for reason in asked.get(name, []) if reason.truth.value)
    return Assessment(facts, FINDINGS["emergency"](patient), dict(patient.scores), options, general)


def _framework_reasons(patient: Patient) -> Iterator[tuple[str, Reason]]:
    for framework in FRAMEWORKS:
        yield from framework(patient)
