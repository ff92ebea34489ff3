"""Conditions of rules: data in, a question that can be asked of a patient out.

A condition is one of

- a word: the name of a finding (`cord_compression`), see the folder `findings`;
- `{fact: PATH, is: VALUE}`, or `in: [..]`, `above:`, `at_least:`, `below:`, `at_most:` a number;
- `{score: KEY, band: NAME}`, or `above:`, `at_least:`, `below:`, `at_most:` a total;
- `{all: [..]}`, `{any: [..]}`, `{not: ..}` of conditions.

Paths, words of a fact's vocabulary, findings, scores, bands and comparisons are checked when the rules are loaded,
so that a misspelt one is an error of ours and never a rule that silently does not fire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast, get_args, get_origin

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
DERIVED = frozenset(("involved_vertebrae", "visceral_count"))
"""What `Facts` derives from several keys, and rules may ask for."""
_PATHS = frozenset(path for path, table in keys(Facts) if table is None) | DERIVED


class RuleError(SpondylError):
    """A rule's data do not say what they should."""


def parse(data: Any, where: str, score_bands: Mapping[str, frozenset[str]]) -> Condition:
    """Turn a condition's data into a question.

    Parameters
    ----------
    data
        The condition as its file writes it.
    where
        File and rule, for messages.
    score_bands
        Names of every score's bands, by the score's key.

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
            part = parse(inner, where, score_bands)
            return lambda patient: negate(part(patient))
        if key in ("all", "any"):
            parts = [parse(each, where, score_bands) for each in cast("list[Any]", inner)]
            gather = all_of if key == "all" else any_of
            return lambda patient: gather(each(patient) for each in parts)
    if "fact" in table:
        return _of_fact(table, where)
    if "score" in table:
        return _of_score(table, where, score_bands)
    raise RuleError(f"{where}: expected fact, score, all, any or not, got {', '.join(table)}")


def _of_fact(table: Mapping[str, Any], where: str) -> Condition:
    path = str(table["fact"])
    if path not in _PATHS:
        raise RuleError(f'{where}: no fact "{path}"; nearest: {", ".join(nearest(path, _PATHS))}')
    _check_words(table, path, where)
    test, asked = _test(table, where)

    def ask(patient: Patient) -> Truth:
        value = patient.fact(path)
        name = path.rsplit(".", 1)[-1].replace("_", " ")
        if value is None:
            return Truth(None, f"{name} unknown", (path,))
        return Truth(test(value), f"{name} {_shown(value)}{asked}")

    return ask


def _check_words(table: Mapping[str, Any], path: str, where: str) -> None:
    """A word that the fact's vocabulary does not have would never be found."""
    allowed = _vocabulary(path)
    wanted = [table["is"]] if "is" in table else cast("list[Any]", table.get("in", []))
    for each in wanted:
        if isinstance(each, str) and each not in allowed:
            raise RuleError(
                f'{where}: {path} is never "{each}"; it is one of {", ".join(sorted(allowed)) or "no words"}'
            )


def _vocabulary(path: str) -> frozenset[str]:
    """Every word that a fact may be."""
    model: type[BaseModel] = Facts
    *tables, last = path.split(".")
    for name in tables:
        model = cast("type[BaseModel]", type(model.model_fields[name].default))
    return frozenset(_words(model.model_fields[last].annotation)) if last in model.model_fields else frozenset()


def _words(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(word for word in get_args(annotation) if isinstance(word, str))
    return tuple(word for part in get_args(annotation) for word in _words(part))


def _of_score(table: Mapping[str, Any], where: str, score_bands: Mapping[str, frozenset[str]]) -> Condition:
    key = str(table["score"])
    if key not in score_bands:
        raise RuleError(f'{where}: no score "{key}"; nearest: {", ".join(nearest(key, score_bands))}')
    if "band" in table:
        named = cast("str | list[str]", table["band"])
        bands = frozenset((named,) if isinstance(named, str) else named)
        if not bands <= score_bands[key]:
            strangers = ", ".join(sorted(bands - score_bands[key]))
            raise RuleError(f"{where}: {key} has no band {strangers}; known: {', '.join(sorted(score_bands[key]))}")
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
    open_ = "; ".join(score.undefined)
    return Truth(None, f"{score.name} {score.low} to {score.high}" + (f" ({open_})" if open_ else ""), score.needs)


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


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, cast("tuple[Any, ...]", value))) if isinstance(value, tuple) else str(value)
