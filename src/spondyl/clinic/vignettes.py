"""Vignettes: facts of a constructed patient, and what scores and options must say of them.

Each expectation is derived by hand from a published table or sentence. A vignette fails where the program says
something else, and tells both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from spondyl.clinic.decide import Assessment, Option, assess
from spondyl.clinic.facts import Facts, read_facts
from spondyl.clinic.scores import Score
from spondyl.core.errors import SpondylError, nearest

T = TypeVar("T")
VIGNETTE_FORMAT = 1
"""The version of the vignette file that this spondyl reads; keys are only ever added within one."""
Verdict = Literal["recommended", "possible", "needs facts", "advised against", "contraindicated"]


class VignetteError(SpondylError):
    """A vignette file is not what it should be."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _one_or_several(value: Any) -> Any:
    return cast(Any, value) if isinstance(value, (list, tuple)) else (value,)


Verdicts = Annotated[tuple[Verdict, ...], BeforeValidator(_one_or_several), Field(min_length=1)]
Total = Annotated[int | str, Field(union_mode="smart")]


class ExpectedScore(_Closed):
    """What one score must give; what is not written is not asked."""

    total: Total | None = None
    """Total or grade; null where it must be open."""
    band: str | None = None
    """Name of the band; null where more than one must be possible."""
    low: Total | None = None
    """Lowest total, or first grade, still possible."""
    high: Total | None = None
    """Highest total, or last grade, still possible."""
    items: Mapping[str, Total | None] = {}
    """Points by item; null where an item must be open."""
    missing: tuple[str, ...] | None = None
    """Exactly the items that wait for a fact."""
    undefined: tuple[str, ...] | None = None
    """Exactly the items that the publication leaves open."""


class ExpectedOption(_Closed):
    """What one option must say; what is not written is not asked."""

    verdict: Verdicts | None = None
    """The verdict, or a list of those allowed."""
    for_: Annotated[tuple[str, ...], Field(alias="for")] = ()
    """Rules or framework rows that must speak for it."""
    against: tuple[str, ...] = ()
    """Rules or framework rows that must speak against it."""
    waits: tuple[str, ...] = ()
    """Rules or framework rows that must wait for a fact."""
    notes: tuple[str, ...] = ()
    """Rules or framework rows that must be told where it is chosen."""
    silent: tuple[str, ...] = ()
    """Rules or framework rows that must neither speak for nor against it."""
    disagree: bool | None = None
    """Whether frameworks must stand on both sides."""


class Expected(_Closed):
    """What an assessment must say."""

    emergency: bool | Literal["unknown"] | None = None
    scores: Mapping[str, ExpectedScore] = {}
    options: Mapping[str, ExpectedOption] = {}


class Vignette(_Closed):
    """One vignette as its file writes it."""

    name: Annotated[str, Field(min_length=1)]
    """Unique within its file."""
    source: Annotated[str, Field(min_length=1)]
    """Paper and place that the expectation rests on, or "constructed"."""
    why: str = ""
    """How the expectation follows from the source, in a sentence."""
    facts: Mapping[str, Any]
    """As in case.yaml."""
    expect: Expected

    @field_validator("expect")
    @classmethod
    def _expects_something(cls, expect: Expected) -> Expected:
        if expect.emergency is None and not expect.scores and not expect.options:
            raise ValueError("expects nothing; name a score, an option, or emergency")
        return expect


@dataclass(frozen=True)
class Difference:
    """One expectation that does not hold."""

    where: str
    expected: str
    got: str


@dataclass(frozen=True)
class VignetteResult:
    """A vignette that ran."""

    vignette: Vignette
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether every expectation holds."""
        return not self.differences

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {
            "name": self.vignette.name,
            "source": self.vignette.source,
            "agrees": self.agrees,
            "differences": [vars(difference) for difference in self.differences],
        }


def run_vignette(vignette: Vignette) -> VignetteResult:
    """Assess the facts and compare with what is expected.

    Raises
    ------
    CaseError
        If the facts are refused.
    VignetteError
        If it names a score, an item, an option or a rule that does not exist.

    Examples
    --------
    >>> expect = {"scores": {"ecog": {"total": 1}}}
    >>> told = {"name": "KPS 80", "source": "crosswalk", "facts": {"clinical": {"kps": 80}}, "expect": expect}
    >>> run_vignette(Vignette.model_validate(told)).agrees
    True
    """
    made = assess(read_facts(vignette.facts, f'vignette "{vignette.name}"'))
    return VignetteResult(vignette, tuple(_differences(vignette, made)))


def facts_of(vignette: Vignette) -> Facts:
    """The facts, for other uses of the same patients."""
    return read_facts(vignette.facts, f'vignette "{vignette.name}"')


def _differences(vignette: Vignette, made: Assessment) -> Iterator[Difference]:
    expect = vignette.expect
    if expect.emergency is not None:
        yield from _unlike(
            "emergency", expect.emergency, "unknown" if made.emergency.value is None else made.emergency.value
        )
    for key, wanted in expect.scores.items():
        score = _named(key, made.scores, f'vignette "{vignette.name}", scores')
        yield from _score(key, wanted, score, vignette.name)
    for modality, wanted in expect.options.items():
        option = _named(modality, made.options, f'vignette "{vignette.name}", options')
        yield from _option(modality, wanted, option, vignette.name)


def _named(name: str, table: Mapping[str, T], where: str) -> T:
    if name not in table:
        near = ", ".join(nearest(name, table)) or ", ".join(table)
        raise VignetteError(f'{where}: "{name}" does not exist; nearest: {near}')
    return table[name]


def _unlike(where: str, expected: Any, got: Any) -> Iterator[Difference]:
    if expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield Difference(where, _shown(expected), _shown(got))


def _shown(value: Any) -> str:
    if value is None:
        return "open"
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(sorted(map(str, cast("Iterable[Any]", value)))) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _score(key: str, wanted: ExpectedScore, score: Score, name: str) -> Iterator[Difference]:
    told: dict[str, Any] = {
        "total": score.total,
        "band": score.band.name if score.band else None,
        "low": score.low,
        "high": score.high,
    }
    for part, got in told.items():
        if part in wanted.model_fields_set:
            yield from _unlike(f"{key}.{part}", getattr(wanted, part), got)
    items = {item.name: item for item in score.items}
    for item, points in wanted.items.items():
        found = _named(item, items, f'vignette "{name}", items of {key}')
        yield from _unlike(f"{key}.{item}", points, found.value)
    undefined = tuple(item.name for item in score.items if item.undefined)
    for part, expected, got in (
        ("missing", wanted.missing, score.missing),
        ("undefined", wanted.undefined, undefined),
    ):
        for item in expected or ():
            _named(item, items, f'vignette "{name}", {part} of {key}')
        if expected is not None:
            yield from _unlike(f"{key}.{part}", set(expected), set(got))


def _option(modality: str, wanted: ExpectedOption, option: Option, name: str) -> Iterator[Difference]:
    if wanted.verdict is not None and option.verdict not in wanted.verdict:
        yield Difference(f"{modality}.verdict", " or ".join(wanted.verdict), option.verdict)
    sides = {
        "for": (wanted.for_, {r.rule for r in option.reasons if r.speaks_for}),
        "against": (wanted.against, {r.rule for r in option.reasons if r.speaks_for is False}),
        "waits": (wanted.waits, {r.rule for r in option.could_fire}),
        "notes": (wanted.notes, {r.rule for r in option.notes}),
    }
    known = {reason.rule for reason in option.asked}
    for side, (rules, speaking) in sides.items():
        for rule in rules:
            _check_rule(rule, known, f'vignette "{name}", {side} of {modality}')
            if rule not in speaking:
                yield Difference(f"{modality}.{side}", rule, _shown(speaking))
    spoken = sides["for"][1] | sides["against"][1]
    for rule in wanted.silent:
        _check_rule(rule, known, f'vignette "{name}", silent of {modality}')
        if rule in spoken:
            yield Difference(f"{modality}.silent", f"{rule} silent", f"{rule} speaks")
    if wanted.disagree is not None:
        yield from _unlike(f"{modality}.disagree", wanted.disagree, option.disagreement)


def _check_rule(rule: str, known: set[str], where: str) -> None:
    """A rule by its number must be one of the option's; a framework's row is there only where it holds or waits."""
    if rule.startswith("R") and rule[1:].isdigit() and rule not in known:
        near = ", ".join(nearest(rule, known)) or "none"
        raise VignetteError(f"{where}: {rule} says nothing of this option; nearest: {near}")
