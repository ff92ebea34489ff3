"""Spondyl's own codes as FHIR CodeSystems, made from facts, scores and rules themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

from spondyl.clinic.decide import assess, rules
from spondyl.clinic.facts import read_facts
from spondyl.clinic.scores import Score
from spondyl.core import DISCLAIMER
from spondyl.io.fhir.fact_schema import fact_schemas
from spondyl.io.fhir.vocabulary import (
    FACT_VALUES,
    FACTS,
    NOTICES,
    OPTIONS,
    RULES,
    SCORE_BANDS,
    SCORE_GRADES,
    SCORE_ITEMS,
    SCORES,
    VERDICTS,
)  # fmt: skip

Codes = Iterable[tuple[str, str]]
VERDICT_CODES = (
    ("recommended", "a rule or framework supports it and nothing known or open speaks against it"),
    ("possible", "may be weighed"),
    ("needs facts", "a contraindication, a requirement or every indication waits for a fact"),
    ("advised against", "a rule or framework advises against it, or no indication holds"),
    ("contraindicated", "a contraindication holds"),
)
NOTICE_CODES = (
    ("research-and-education-only", DISCLAIMER),
    ("emergency", "rapidly progressing deficit, or one that may be"),
)


def code_systems() -> list[dict[str, Any]]:
    """Every CodeSystem, complete: url, and each code with what it means."""
    nothing = assess(read_facts({}))
    scores = tuple(nothing.scores.values())
    walked = [each for schema in fact_schemas().values() for each in schema.walk()]
    words = sorted({word for each in walked for word in each.words})
    return [
        _system(FACTS, "Facts of a case, by their path", ((each.path, each.meaning) for each in walked)),
        _system(FACT_VALUES, "Words that facts are told in", ((word, word) for word in words)),
        _system(SCORES, "Scores and grades", ((score.key, score.name) for score in scores)),
        _system(SCORE_ITEMS, "Items of scores", _items(scores)),
        _system(SCORE_GRADES, "Grades", _grades(scores)),
        _system(SCORE_BANDS, "Bands of scores, as published", _bands(scores)),
        _system(OPTIONS, "Treatment options", ((name, name.replace("_", " ")) for name in nothing.options)),
        _system(VERDICTS, "Verdicts on options", VERDICT_CODES),
        _system(RULES, "Rules of the papers", ((rule.row.id, rule.row.text) for rule in rules())),
        _system(NOTICES, "Notices", NOTICE_CODES),
    ]


def _system(url: str, title: str, codes: Codes) -> dict[str, Any]:
    concepts = [{"code": code, **({"definition": meaning} if meaning else {})} for code, meaning in codes]
    name = url.rsplit("/", 1)[-1]
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": url,
        "version": version("spondyl"),
        "name": "Spondyl" + "".join(part.capitalize() for part in name.split("-")),
        "title": title,
        "status": "draft",
        "experimental": True,
        "caseSensitive": True,
        "content": "fragment" if url == RULES else "complete",
        "description": DISCLAIMER,
        "concept": concepts,
    }


def _items(scores: Iterable[Score]) -> Iterator[tuple[str, str]]:
    for score in scores:
        yield from ((f"{score.key}:{item.name}", f"{score.name}: {item.name}") for item in score.items)


def _grades(scores: Iterable[Score]) -> Iterator[tuple[str, str]]:
    """Grades of the scales: with nothing known every grade is possible."""
    for score in scores:
        for item in score.items:
            if item.graded and score.key != "wbb":
                scale = score.key if len(score.items) == 1 else f"{score.key}:{item.name}"
                yield from ((f"{scale}:{grade}", f"{score.name}, {item.name} {grade}") for grade in item.options)


def _bands(scores: Iterable[Score]) -> Iterator[tuple[str, str]]:
    for score in scores:
        yield from ((f"{score.key}:{band.name}", band.meaning) for band in score.bands)
