"""Table 3, the estimates over time, and Table 4, what became of patients and lesions in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from spondyl.app.trial.outcomes import ALL, FEW, Estimate, Kind, Outcome, Outcomes
from spondyl.app.trial.table import Row, Table, counted, percent
from spondyl.followup.endpoints import Answers, Unknown

MARK = "†"


def estimates(outcomes: Outcomes) -> Table:
    """Survival and cumulative incidence at the times asked, with numbers at risk and intervals."""
    columns = ("endpoint", "n", "events", "competing", "unknown", "months", "at risk", "estimate (95 %)")
    rows: list[Row] = []
    for outcome in outcomes.times:
        rows += _rows(outcome)
    notes = (
        "Survival endpoints: Kaplan-Meier, log-log intervals. Incidences: Aalen-Johansen with death competing, "
        "variance as R's cmprsk, log-log intervals. Months are 30.4375 days.",
        "Unknown: patients or lesions that the endpoint cannot tell of; they are in none of the estimates. "
        "The reasons stand in unknown.csv.",
        f"{MARK}: fewer than {FEW} at risk.",
    )
    cautions = tuple(f"{each.asked.title}: {each.asked.caution}." for each in outcomes.times if each.asked.caution)
    notes = (*notes, *cautions)
    return Table("table3_estimates", "Table 3. Outcomes over time", columns, tuple(rows), notes)


def _rows(outcome: Outcome) -> list[Row]:
    total = len(outcome.data.observations)
    unit = outcome.data.definition.unit
    competing = str(outcome.data.count(2)) if outcome.asked.competing_word else ""
    head = (str(total), str(outcome.data.count(1)), competing, str(len(outcome.data.unknown)), "", "", "")
    rows = [Row(f"{outcome.asked.title} ({unit}s)", head, heads=True)]
    for each in outcome.estimates:
        name = "" if each.group == ALL else each.group
        at_risk = f"{each.n_at_risk}{MARK if each.n_at_risk < FEW else ''}"
        rows.append(Row(name, ("", "", "", "", f"{each.months:g}", at_risk, told_of(each, outcome.asked.kind))))
    rows += [Row(*line) for line in _medians(outcome)]
    if outcome.test is not None:
        rows.append(Row(_test(outcome), ("",) * 7))
    if not total:
        rows.append(Row("no observation", ("",) * 7))
    return rows


def told_of(each: Estimate, kind: Kind) -> str:
    """An estimate with its interval, or why there is none: "92.0 % (71.6 to 97.9)"."""
    if each.value is None:
        return "unknown: beyond follow-up" if each.n_at_risk == 0 else f"unknown: {each.reason}"
    if each.lower is not None and each.upper is not None:
        return f"{percent(each.value)} ({100 * each.lower:.1f} to {100 * each.upper:.1f})"
    untouched = 1.0 if kind == "survival" else 0.0
    return f"{percent(each.value)} ({'no event yet' if each.value == untouched else 'all had the event'})"


def _medians(outcome: Outcome) -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    for group in outcome.groups:
        if group.survival is None:
            continue
        curve = group.survival
        value, low, high = (
            "not reached" if x is None else f"{x:.1f}" for x in (curve.median, curve.median_lower, curve.median_upper)
        )
        told = value if {value, low, high} == {"not reached"} else f"{value} ({low} to {high})"
        name = "median, months" if group.name == ALL else f"{group.name}: median, months"
        found.append((name, ("", "", "", "", "", "", told)))
    return found


def _test(outcome: Outcome) -> str:
    test = outcome.test
    assert test is not None
    name = "log-rank" if outcome.asked.kind == "survival" else "Gray's test"
    if test.p is None or test.chi2 is None:
        return f"{name}: {test.reason}"
    return f"{name} between arms: chi² {test.chi2:.2f}, {test.df} df, p {test.p:.3g}"


def answers(outcomes: Outcomes) -> Table:
    """Pain response, flare, neurology, ambulation, patterns of failure: counts, and the unknown with reasons."""
    rows: list[Row] = []
    for each in outcomes.words:
        rows.append(Row(each.definition.title, (f"{len(each.answers)} {each.definition.unit}s",), heads=True))
        rows += [Row(*line) for base in each.bases for line in _shares(each, base)]
        rows += [Row(f"unknown: {why}", (str(count),)) for why, count in reasons(each)]
    note = (
        "Percent of those that the words speak of: improved and worse of those with a deficit, kept and lost of those "
        "who walked, patterns of the lesions that failed. Whom the endpoint cannot tell of is counted apart, by reason."
    )
    columns = ("endpoint", "patients or lesions")
    return Table("table4_responses", "Table 4. Responses and patterns", columns, tuple(rows), (note,))


def _shares(found: Answers, base: tuple[str, ...]) -> list[tuple[str, tuple[str]]]:
    """Counts with their share of those that the words speak of; a word of its own has none."""
    counts = found.counts()
    total = sum(counts[word] for word in base) if len(base) > 1 else 0
    return [(word, (counted(counts[word], total),)) for word in base]


def reasons(found: Answers) -> list[tuple[str, int]]:
    """Why answers are unknown, with counts; dates and what is particular left out."""
    return Counter(_plain(each) for each in found.unknown).most_common()


def _plain(unknown: Unknown) -> str:
    return re.sub(r" on \d{4}-\d{2}-\d{2}", "", unknown.why)


def unknown_rows(outcomes: Outcomes) -> list[Sequence[str]]:
    """Every unknown by name: endpoint, patient, lesion, why."""
    rows: list[Sequence[str]] = [("endpoint", "patient", "lesion", "why")]
    every = [(each.asked.title, each.data.unknown) for each in outcomes.times]
    every += [(each.definition.title, each.unknown) for each in outcomes.words]
    for title, unknown in every:
        rows += [(title, each.subject, each.lesion_id or "", each.why) for each in unknown]
    return rows
