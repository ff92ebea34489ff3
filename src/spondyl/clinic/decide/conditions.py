"""Conditions of rules: data in, a question that can be asked of a patient out.

A condition is one of

- a word: the name of a finding (`cord_compression`), see `findings.py`;
- `{fact: PATH, is: VALUE}`, or `in: [..]`, `above:`, `at_least:`, `below:`, `at_most:` a number;
- `{score: KEY, band: NAME}`, or `above:`, `at_least:`, `below:`, `at_most:` a total;
- `{all: [..]}`, `{any: [..]}`, `{not: ..}` of conditions.

Paths, findings, scores and comparisons are checked when the rules are loaded, so that a misspelt one is an
error of ours and never a rule that silently does not fire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from pydantic import BaseModel

from spondyl.clinic.decide.findings import FINDINGS
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth, all_of, any_of, negate
from spondyl.clinic.facts import Facts, keys
from spondyl.clinic.scores import Score
from spondyl.core.errors import SpondylError, nearest

Condition = Callable[[Patient], Truth]
COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "above": (lambda value, limit: value > limit, "above"),
    "at_least": (lambda value, limit: value >= limit, "at least"),
    "below": (lambda value, limit: value < limit, "below"),
    "at_most": (lambda value, limit: value <= limit, "at most"),
}
_PATHS = frozenset(path for path, _ in keys(Facts)) | {"level", "histology", "involved_vertebrae", "visceral_count"}


class RuleError(SpondylError):
    """A rule's data do not say what they should."""


def parse(data: Any, where: str, score_keys: frozenset[str]) -> Condition:
    """Turn a condition's data into a question.

    Raises
    ------
    RuleError
        If it names a path, finding, score, band or comparison that does not exist.
    """
    if isinstance(data, str):
        if data not in FINDINGS:
            raise RuleError(f'{where}: no finding "{data}"; nearest: {", ".join(nearest(data, FINDINGS))}')
        return FINDINGS[data]
    if not isinstance(data, Mapping):
        raise RuleError(f"{where}: a condition is a word or a table, got {data!r}")
    table = cast(Mapping[str, Any], data)
    if len(table) == 1:
        (key, inner), *_ = table.items()
        if key == "not":
            part = parse(inner, where, score_keys)
            return lambda patient: negate(part(patient))
        if key in ("all", "any"):
            parts = [parse(each, where, score_keys) for each in cast("list[Any]", inner)]
            gather = all_of if key == "all" else any_of
            return lambda patient: gather(each(patient) for each in parts)
    if "fact" in table:
        return _of_fact(table, where)
    if "score" in table:
        return _of_score(table, where, score_keys)
    raise RuleError(f"{where}: expected fact, score, all, any or not, got {', '.join(table)}")


def _of_fact(table: Mapping[str, Any], where: str) -> Condition:
    path = str(table["fact"])
    if path not in _PATHS:
        raise RuleError(f'{where}: no fact "{path}"; nearest: {", ".join(nearest(path, _PATHS))}')
    test, asked = _test(table, where)

    def ask(patient: Patient) -> Truth:
        value = fact_at(patient.facts, path)
        name = path.rsplit(".", 1)[-1].replace("_", " ")
        if value is None:
            return Truth(None, f"{name} unknown", (path,))
        return Truth(test(value), f"{name} {_shown(value)}{asked}")

    return ask


def _of_score(table: Mapping[str, Any], where: str, score_keys: frozenset[str]) -> Condition:
    key = str(table["score"])
    if key not in score_keys:
        raise RuleError(f'{where}: no score "{key}"; nearest: {", ".join(nearest(key, score_keys))}')
    if "band" in table:
        named = cast("str | list[str]", table["band"])
        bands = frozenset((named,) if isinstance(named, str) else named)
        return lambda patient: in_bands(patient.score(key), bands)
    test, asked = _test(table, where)
    return lambda patient: over_range(patient.score(key), test, asked)


def in_bands(score: Score, wanted: frozenset[str]) -> Truth:
    """Whether the score lies in one of the `wanted` bands."""
    hits = {band.name in wanted for band in score.bands}
    return _settled(score, hits, "")


def over_range(score: Score, test: Callable[[Any], bool], asked: str = "") -> Truth:
    """Whether `test` holds for every total still possible; unknown where it holds for some."""
    hits = {test(total) for total in range(int(score.low), int(score.high) + 1)}
    return _settled(score, hits, asked)


def _settled(score: Score, hits: set[bool], asked: str) -> Truth:
    if len(hits) == 1:
        shown = f"{score.low}" if score.total is not None else f"{score.low} to {score.high}"
        return Truth(hits.pop(), f"{score.name} {shown}{asked}")
    needs = score.needs or tuple(score.undefined)
    return Truth(None, f"{score.name} {score.low} to {score.high}", needs)


def _test(table: Mapping[str, Any], where: str) -> tuple[Callable[[Any], bool], str]:
    rest = {key: value for key, value in table.items() if key not in ("fact", "score")}
    if len(rest) != 1:
        raise RuleError(f"{where}: expected one comparison beside fact or score, got {', '.join(rest) or 'none'}")
    (key, wanted), *_ = rest.items()
    if key == "is":
        return (lambda value: value == wanted), ""
    if key == "in":
        members = frozenset(cast("list[Any]", wanted))
        return (lambda value: value in members), ""
    if key in COMPARISONS:
        compare, words = COMPARISONS[key]
        return (lambda value: compare(float(value), float(wanted))), f" ({words} {wanted:g} asked)"
    raise RuleError(f'{where}: no comparison "{key}"; known: is, in, {", ".join(COMPARISONS)}')


def fact_at(facts: Facts, path: str) -> Any:
    """The value at a dotted path, None where it is unknown."""
    value: Any = facts
    for part in path.split("."):
        name = {"level": "level", "histology": "histology"}.get(part, part) if value is facts else part
        value = getattr(value, name)
        if value is None:
            return None
    return None if isinstance(value, BaseModel) else value


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, cast("tuple[Any, ...]", value))) if isinstance(value, tuple) else str(value)
