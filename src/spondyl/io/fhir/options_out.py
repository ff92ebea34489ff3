"""Options as FHIR: a proposal where one may be chosen, a documented finding where it may not, never an order.

Recommended and possible options are ServiceRequests of status draft and intent proposal. An option that is advised
against, contraindicated, or waits for facts is no request of any kind: it is a DetectedIssue, so that a receiver which
reads requests only cannot mistake it for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spondyl.clinic.decide import Assessment, Option, Reason
from spondyl.core import DISCLAIMER
from spondyl.io.fhir.vocabulary import NOTICES, OPTION, OPTIONS, REASON, RULES, VERDICT, VERDICTS, absent, concept

PROPOSED = frozenset(("recommended", "possible"))
SPOKEN = {True: "for", False: "against"}


def emergency_observation(assessment: Assessment) -> dict[str, Any]:
    """Whether this is an emergency: said first, unknown where it cannot be told."""
    truth = assessment.emergency
    value: dict[str, Any] = (
        {"dataAbsentReason": absent(text=f"waits for: {', '.join(truth.needs)}")}
        if truth.value is None
        else {"valueBoolean": truth.value}
    )
    return {
        "resourceType": "Observation",
        "status": "preliminary" if truth.value is None else "final",
        "code": concept(NOTICES, "emergency", "emergency: rapidly progressing deficit, or one that may be"),
        **value,
        "note": [{"text": text} for text in (DISCLAIMER, truth.said) if text],
    }


def option_resource(option: Option) -> dict[str, Any]:
    """One option without id, subject and references."""
    shared: dict[str, Any] = {"extension": [_verdict(option), *(_reason(*each) for each in _reasons(option))]}
    modality = concept(OPTIONS, option.modality, text=option.modality.replace("_", " "))
    notes = [DISCLAIMER, f"{option.modality}: {option.verdict}", *_lines(option)]
    if option.verdict in PROPOSED:
        return {
            "resourceType": "ServiceRequest",
            **shared,
            "status": "draft",
            "intent": "proposal",
            "code": modality,
            "note": [{"text": text} for text in notes],
        }
    shared["extension"].insert(0, {"url": OPTION, "valueCodeableConcept": modality})
    evidence = [{"code": [concept(RULES, rule)]} for rule in dict.fromkeys(r.rule for r in _behind(option))]
    return {
        "resourceType": "DetectedIssue",
        **shared,
        "status": "preliminary" if option.verdict == "needs facts" else "final",
        "code": concept(VERDICTS, option.verdict, text=f"{option.modality.replace('_', ' ')}: {option.verdict}"),
        **({"evidence": evidence} if evidence else {}),
        "detail": "\n".join(notes),
    }


def _behind(option: Option) -> tuple[Reason, ...]:
    """The reasons that a verdict against rests on: those that speak against, or those that wait."""
    if option.verdict == "needs facts":
        return option.could_fire
    return tuple(reason for reason in option.reasons if reason.speaks_for is False)


def _verdict(option: Option) -> dict[str, Any]:
    return {"url": VERDICT, "valueCodeableConcept": concept(VERDICTS, option.verdict)}


def _reasons(option: Option) -> Iterator[tuple[str, Reason]]:
    """Every reason with its side: for, against, waits for a fact, note."""
    for reason in option.reasons:
        if reason.speaks_for is not None:
            yield SPOKEN[reason.speaks_for], reason
    for reason in option.could_fire:
        yield "waits", reason
    for reason in option.notes:
        yield "note", reason


def _lines(option: Option) -> Iterator[str]:
    for side, reason in _reasons(option):
        told = reason.record()["text"]
        remark = f"; {reason.remark}" if reason.remark and reason.remark not in told else ""
        waits = f"; needs {', '.join(reason.truth.needs)}" if side == "waits" else ""
        yield f"{side}: {reason.rule}: {told}{remark}{waits} [{reason.source}]"


def _reason(side: str, reason: Reason) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "rule", "valueCodeableConcept": concept(RULES, reason.rule)},
        {"url": "side", "valueCode": side},
        {"url": "effect", "valueCode": reason.effect},
        {"url": "text", "valueString": reason.record()["text"]},
        {"url": "source", "valueString": reason.source},
        *([{"url": "remark", "valueString": reason.remark}] if reason.remark else []),
        *({"url": "needs", "valueString": path} for path in reason.truth.needs if side == "waits"),
    ]
    return {"url": REASON, "extension": parts}
