"""What terminal and sheet both say: the lesion in a line, a score's total and band, an option's reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from spondyl.clinic.decide import Assessment, Option, Reason
from spondyl.clinic.facts import Facts
from spondyl.clinic.scores import Score


def lesion_line(facts: Facts) -> str:
    """Patient and lesion in one line; what is unknown is left out."""
    clinical, lesion = facts.clinical, facts.clinical.lesion
    levels = ", ".join(lesion.levels or ((facts.level,) if facts.level else ())) or "level unknown"
    parts = [
        levels,
        facts.histology or "histology unknown",
        _with(clinical.age_years, "{:g} years"),
        clinical.sex,
        _with(clinical.kps, "KPS {}"),
        _with(clinical.ecog, "ECOG {}"),
        lesion.bone_lesion_type,
        _with(lesion.collapse_percent, "collapse {:g} %"),
        _with(lesion.bilsky_escc, "ESCC {}"),
        _with(clinical.neurology.frankel, "Frankel {}"),
    ]
    return ", ".join(part for part in parts if part)


def _with(value: object, form: str) -> str | None:
    return None if value is None else form.format(value)


def total_text(score: Score) -> str:
    """The total or grade, or the range still possible."""
    if score.total is not None:
        return str(score.total)
    return f"{score.low} to {score.high}"


def band_text(score: Score) -> str:
    """The band and what it meant, or the bands still possible."""
    if score.band is not None:
        name, meaning = score.band.name, score.band.meaning
        return meaning if name in ("", str(score.total)) or name == meaning else f"{name}: {meaning}"
    return " or ".join(band.name for band in score.bands)


def waits_text(score: Score) -> str:
    """What is missing, and what the publication leaves open."""
    open_points = [*score.missing, *(f"undefined: {text}" for text in score.undefined)]
    return "; ".join(open_points)


def reason_line(reason: Reason) -> str:
    """One reason in a line; an indication or requirement that does not hold says so first."""
    lacks = {"supports": "no indication", "allows": "no indication", "requires": "not met"}
    prefix = f"{lacks[reason.effect]}: " if reason.truth.value is False and reason.effect in lacks else ""
    said = f" [{reason.truth.said}]" if reason.truth.said else ""
    return f"{reason.rule}: {prefix}{reason.text}{said}"


def reason_text(reason: Reason) -> str:
    """One reason with what the sources disagree on."""
    return f"{reason_line(reason)} ({reason.remark})" if reason.remark else reason_line(reason)


def spoken(option: Option, speaks_for: bool) -> list[Reason]:
    """The reasons on one side, those that set the verdict first: an indication before a requirement that is met."""
    against = ("contraindicates", "advises_against", "requires", "supports", "allows", "cautions")
    order = ("supports", "allows", "requires") if speaks_for else against
    reasons = [reason for reason in option.reasons if reason.speaks_for is speaks_for]
    return sorted(reasons, key=lambda reason: order.index(reason.effect) if reason.effect in order else len(order))


def fact_name(path: str) -> str:
    """A fact's path as words; the table it stands in is named where the words alone would not tell.

    >>> fact_name("clinical.lesion.posterior_wall_involved"), fact_name("clinical.pain.refractory")
    ('posterior wall involved', 'pain refractory')
    """
    parts = [part for part in path.split(".") if part not in _OBVIOUS]
    return " ".join(parts).replace("_", " ")


_OBVIOUS = frozenset(("clinical", "lesion", "neurology", "comorbidity", "systemic", "wishes", "planning", "measured"))


def wholly_unknown(score: Score) -> bool:
    """Whether no item of the score is known."""
    return all(item.needs for item in score.items) and not score.undefined


def more(option: Option) -> str:
    """How many reasons stand behind the first on each side, and how many wait for a fact; empty where none."""
    counts = (
        (len(spoken(option, True)) - 1, "more for"),
        (len(spoken(option, False)) - 1, "more against"),
        (len(option.could_fire), "wait for a fact"),
    )
    return ", ".join(f"{count} {words}" for count, words in counts if count > 0)


def most_wanted(assessment: Assessment, count: int = 12) -> list[tuple[str, tuple[str, ...]]]:
    """Unknown facts by how many scores and options wait for them, most first."""
    return sorted(assessment.needs.items(), key=lambda each: -len(each[1]))[:count]


def lacks_indication(option: Option) -> bool:
    """Whether it is advised against for one thing alone: no published indication holds."""
    against = [reason.effect for reason in option.asked if reason.speaks_for is False and reason.effect != "cautions"]
    return option.verdict == "advised against" and bool(against) and set(against) <= {"supports", "allows"}


def lacks_operation(option: Option) -> bool:
    """Whether it is advised against because it belongs to an operation that is not advised itself."""
    met = [reason for reason in option.asked if reason.rule == "open_surgery"]
    return option.verdict == "advised against" and any(reason.truth.value is False for reason in met)


def sources(assessment: Assessment) -> list[str]:
    """Every source of what was computed and said, once, without the place in it."""
    scores = {score.citation.text: str(replace(score.citation, place="")) for score in assessment.scores.values()}
    told = _reason_sources(assessment.options.values())
    return sorted({*scores.values(), *(source for source in told if not source.startswith(tuple(scores)))})


def _reason_sources(options: Iterable[Option]) -> set[str]:
    return {reason.source for option in options for reason in option.reasons if reason.framework}
