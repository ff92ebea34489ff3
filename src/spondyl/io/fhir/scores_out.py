"""Scores as Observations in spondyl's own code system: total or range, items, band, source."""

from __future__ import annotations

from typing import Any

from spondyl.clinic.scores import ItemScore, Score
from spondyl.core import DISCLAIMER
from spondyl.io.fhir.vocabulary import CATEGORY, SAID, SCORE_BANDS, SCORE_GRADES, SCORE_ITEMS, SCORES, absent, concept


def score_observation(score: Score) -> dict[str, Any]:
    """One score without id and subject; preliminary while a fact is missing or its publication leaves it open."""
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "preliminary" if score.total is None else "final",
        "category": [concept(CATEGORY, "survey")],
        "code": concept(SCORES, score.key, score.name),
        **_total(score),
    }
    if score.band is not None:
        band = score.band
        resource["interpretation"] = [concept(SCORE_BANDS, f"{score.key}:{band.name}", band.name, band.meaning)]
    return resource | {
        "note": [{"text": text} for text in _notes(score)],
        "method": {"text": str(score.citation)},
        "component": [_item(score, item) for item in score.items],
    }


def _total(score: Score) -> dict[str, Any]:
    """A total, a grade, the range of totals still possible, or why there is none."""
    if isinstance(score.total, int):
        return {"valueInteger": score.total}
    if score.total is not None:
        if len(score.items) == 1:
            return {"valueCodeableConcept": concept(SCORE_GRADES, f"{score.key}:{score.total}", text=score.total)}
        return {"valueCodeableConcept": {"text": score.total}}
    nothing_known = len(score.missing) == len(score.items)
    if isinstance(score.low, int) and isinstance(score.high, int) and not nothing_known:
        return {"valueRange": {"low": {"value": score.low}, "high": {"value": score.high}}}
    return {"dataAbsentReason": absent(text=f"still possible: {score.low} to {score.high}")}


def _notes(score: Score) -> list[str]:
    waits = [f"waits for: {', '.join(score.needs)}"] if score.needs else []
    undefined = [f"undefined by the publication: {why}" for why in score.undefined]
    return [DISCLAIMER, f"table: {score.status.replace('_', ' ')}", *score.caveats, *undefined, *waits]


def _item(score: Score, item: ItemScore) -> dict[str, Any]:
    said = [{"url": SAID, "valueString": item.said}] if item.said.strip() else []
    return {
        **({"extension": said} if said else {}),
        "code": concept(SCORE_ITEMS, f"{score.key}:{item.name}", item.name),
        **_points(score, item),
    }


def _points(score: Score, item: ItemScore) -> dict[str, Any]:
    if isinstance(item.value, int):
        return {"valueInteger": item.value}
    if item.value is not None:
        grade = item.value
        if score.key == "wbb":
            return {"valueCodeableConcept": {"text": grade}}
        scale = score.key if len(score.items) == 1 else f"{score.key}:{item.name}"
        return {"valueCodeableConcept": concept(SCORE_GRADES, f"{scale}:{grade}", text=grade)}
    waits = f"waits for: {', '.join(item.needs)}"
    why = f"undefined by the publication: {item.undefined}" if item.undefined else waits
    return {"dataAbsentReason": absent(text=f"{why}; still possible: {' or '.join(item.options)}")}
