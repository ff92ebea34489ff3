"""From rules and frameworks to a verdict for each modality, with every reason kept.

The verdict follows from the reasons by one table, the strictest line first:

1. a contraindication holds                                  -> contraindicated
2. a contraindication might hold (a fact is unknown)         -> needs facts
3. a rule or framework advises against, or a requirement fails, or every published indication is known not to
   hold                                                      -> advised against
4. a requirement might fail, or no indication is known to hold yet -> needs facts
5. an indication holds, and nothing that could advise against it waits for a fact -> recommended
6. otherwise                                                 -> possible

A contraindication or a requirement that waits for a fact therefore holds the verdict back: no gap in the input
makes it disappear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from spondyl.clinic.decide.rules import Effect, Rule
from spondyl.clinic.decide.truth import Truth

Verdict = Literal["recommended", "possible", "advised against", "contraindicated", "needs facts"]
STABILISING = frozenset(
    {
        "open_surgery", "posterior_laminectomy", "anterior", "combined_ap", "percutaneous_screws", "mis_decompression",
        "pvp", "pkp", "vertebral_stent", "orthosis_halo",
    }
)  # fmt: skip
"""Modalities that can hold an unstable spine: no prognosis speaks against these there."""


@dataclass(frozen=True)
class Reason:
    """One rule or framework asked of this patient.

    Parameters
    ----------
    rule
        Rule number, or the framework's row such as "NOMS 3".
    effect
        What it does where it holds.
    truth
        Whether it holds.
    text, source
        What it says and where.
    group
        Alternatives of one group: one that holds is enough.
    framework
        Name of the framework, empty for a single rule.
    """

    rule: str
    effect: Effect
    truth: Truth
    text: str
    source: str
    group: str = ""
    framework: str = ""
    remark: str = ""

    @property
    def speaks_for(self) -> bool | None:
        """True for, False against, None where it does not speak (unknown, or information only)."""
        if self.truth.value is None or self.effect == "informs":
            return None
        if self.effect in ("supports", "requires"):
            return self.truth.value
        return False if self.truth.value else None

    def record(self) -> dict[str, Any]:
        """For data files."""
        text = f"{self.text} ({self.truth.said})" if self.truth.said else self.text
        return {
            "rule": self.rule,
            "for": self.speaks_for,
            "text": f"{text}; {self.remark}" if self.remark else text,
            "effect": self.effect,
            "holds": self.truth.value,
            "source": self.source,
            "framework": self.framework,
            "needs": list(self.truth.needs),
        }


@dataclass(frozen=True)
class Option:
    """A modality with its verdict and every reason."""

    modality: str
    verdict: Verdict
    asked: tuple[Reason, ...]
    """Every rule and framework of the modality, whether it speaks or not."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Those that speak for or against."""
        return tuple(reason for reason in self.asked if reason.speaks_for is not None)

    @property
    def could_fire(self) -> tuple[Reason, ...]:
        """Those that wait for a fact."""
        return tuple(reason for reason in self.asked if reason.truth.value is None and reason.effect != "informs")

    @property
    def notes(self) -> tuple[Reason, ...]:
        """What must be known where it is chosen, and holds here."""
        return tuple(reason for reason in self.asked if reason.effect == "informs" and reason.truth.value)

    @property
    def needs(self) -> tuple[str, ...]:
        """Facts that could change the verdict."""
        return tuple(dict.fromkeys(path for reason in self.could_fire for path in reason.truth.needs))

    @property
    def disagreement(self) -> bool:
        """Whether frameworks stand on both sides."""
        sides = {reason.speaks_for for reason in self.reasons if reason.framework}
        return {True, False} <= sides

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {
            "verdict": self.verdict,
            "reasons": [reason.record() for reason in self.reasons],
            "needs": list(self.needs),
            "could_fire": [reason.record() for reason in self.could_fire],
            "notes": [reason.record() for reason in self.notes],
            "frameworks_disagree": self.disagreement,
        }


def reason_of(rule: Rule, truth: Truth, unstable: Truth) -> Reason:
    """Ask a rule; a prognostic one turns into a caution where it would deny an unstable spine its hold."""
    reason = Reason(
        rule.row.id, rule.effect, truth, rule.row.text, rule.source, rule.row.group, remark=rule.row.disputed
    )
    if not rule.row.prognostic or rule.row.modality not in STABILISING or unstable.value is False:
        return reason
    if unstable.value:
        return replace(reason, effect="cautions", remark="a prognosis never vetoes stabilising an unstable spine")
    if truth.value and reason.effect in ("advises_against", "contraindicates"):
        waiting = Truth(None, f"{truth.said}; stability unknown", unstable.needs)
        return replace(reason, truth=waiting, remark="counts only where the spine is known to be stable")
    return reason


def judge_option(modality: str, asked: Iterable[Reason]) -> Option:
    """The verdict that follows from the reasons, by the table at the head of this file."""
    asked = tuple(asked)
    return Option(modality, _verdict(asked), asked)


def _verdict(asked: tuple[Reason, ...]) -> Verdict:
    forbids = [reason.truth.value for reason in asked if reason.effect == "contraindicates"]
    if True in forbids:
        return "contraindicated"
    if None in forbids:
        return "needs facts"
    against = [reason.truth.value for reason in asked if reason.effect == "advises_against"]
    requires = _requirements(asked)
    supports = [reason.truth.value for reason in asked if reason.effect == "supports"]
    none_holds = bool(supports) and set(supports) == {False}
    if True in against or False in requires or none_holds:
        return "advised against"
    if None in requires or (supports and True not in supports):
        return "needs facts"
    if True in supports and None not in against:
        return "recommended"
    return "possible"


def _requirements(asked: tuple[Reason, ...]) -> list[bool | None]:
    """What is required: each alone, and each group of alternatives together."""
    alone = [reason.truth.value for reason in asked if reason.effect == "requires" and not reason.group]
    groups: dict[str, list[bool | None]] = {}
    for reason in asked:
        if reason.effect == "requires" and reason.group:
            groups.setdefault(reason.group, []).append(reason.truth.value)
    for values in groups.values():
        alone.append(True if True in values else None if None in values else False)
    return alone
