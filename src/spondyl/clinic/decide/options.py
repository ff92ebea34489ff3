"""From rules and frameworks to a verdict for each modality, with every reason kept.

The verdict follows from the reasons by one table, the strictest line first:

1. a contraindication holds                                             -> contraindicated
2. a contraindication might hold (a fact is unknown)                    -> needs facts
3. a rule or framework advises against, a requirement fails, or every published indication is known not to hold
                                                                        -> advised against
4. a requirement might fail, or no indication is known to hold yet      -> needs facts
5. a rule or framework supports it, and nothing that could advise against it waits for a fact -> recommended
6. otherwise                                                            -> possible

A contraindication or a requirement that waits for a fact therefore holds the verdict back: no gap in the input
makes it disappear. A way of operating is never better than open surgery itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from spondyl.clinic.decide.rules import Effect, Rule
from spondyl.clinic.decide.truth import Truth, any_of, negate

Verdict = Literal["recommended", "possible", "advised against", "contraindicated", "needs facts"]
STABILISING = frozenset(
    {
        "open_surgery", "posterior_laminectomy", "anterior", "combined_ap", "percutaneous_screws", "mis_decompression",
        "pvp", "pkp", "vertebral_stent", "orthosis_halo",
    }
)  # fmt: skip
"""Modalities that can hold an unstable spine: no prognosis speaks against these there.

Kypho-IORT and radioactive cement are not among them: what their prognostic rules weigh is the radiation, and the same
hold comes from kyphoplasty or vertebroplasty alone.
"""
NO_VETO = "a prognosis never vetoes stabilising an unstable spine"
WAYS_OF_OPERATING = ("posterior_laminectomy", "anterior", "combined_ap", "separation_surgery")
"""Open operations whose rules say how to operate; open surgery's say whether. En bloc resection has its own."""
INDICATIONS: tuple[Effect, ...] = ("supports", "allows")
STRICTNESS: tuple[Verdict, ...] = ("recommended", "possible", "needs facts", "advised against", "contraindicated")


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
    remark
        What is disputed about it, our reading, or why its effect is not its kind's own.
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
        if self.effect in (*INDICATIONS, "requires"):
            return self.truth.value
        return False if self.truth.value else None

    def record(self) -> dict[str, Any]:
        """For data files."""
        text = f"{self.text} ({self.truth.said})" if self.truth.said else self.text
        return {
            "rule": self.rule,
            "for": self.speaks_for,
            "text": text,
            "effect": self.effect,
            "holds": self.truth.value,
            "source": self.source,
            "framework": self.framework,
            "needs": list(self.truth.needs),
            "remark": self.remark,
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
        """Those that speak for or against.

        An indication that does not hold is no reason against while another holds or waits; neither is an
        alternative of a group that another fulfils.
        """
        mute: set[Effect] = set()
        if any(value is not False for effect in INDICATIONS for value in _values(self.asked, effect)):
            mute.update(INDICATIONS)
        met = {reason.group for reason in self.asked if reason.group and reason.truth.value is not False}
        return tuple(
            reason
            for reason in self.asked
            if reason.speaks_for
            or (reason.speaks_for is False and reason.effect not in mute and reason.group not in met)
        )

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
        """Whether frameworks stand on both sides; a caution beside a yes is none."""
        sides = {reason.speaks_for for reason in self.asked if reason.framework and reason.effect != "cautions"}
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


def reasons_of(rule: Rule, truth: Truth, unstable: Truth) -> Iterator[tuple[str, Reason]]:
    """Ask a rule: a reason for each modality it bears on.

    A prognostic rule turns into a caution where it would deny an unstable spine its hold.
    """
    row = rule.row
    for modality, effect, why in rule.speaks_of:
        remark = "; ".join(part for part in (row.disputed, why) if part)
        reason = Reason(row.id, effect, truth, row.text, rule.source, row.group, remark=remark)
        yield modality, _no_veto(reason, unstable) if row.prognostic and modality in STABILISING else reason


def _no_veto(reason: Reason, unstable: Truth) -> Reason:
    """A prognostic reason where stability counts: a caution if unstable, waiting if nobody knows."""
    if unstable.value is False or reason.effect not in ("advises_against", "contraindicates", "requires"):
        return reason
    required = reason.effect == "requires"
    if required and reason.truth.value:
        return reason
    if unstable.value:
        text = f"not met: {reason.text}" if required else reason.text
        truth = negate(reason.truth) if required else reason.truth
        return replace(reason, effect="cautions", truth=truth, text=text, remark=NO_VETO)
    if reason.truth.value is not required:
        waiting = Truth(None, f"{reason.truth.said}; stability unknown", unstable.needs)
        return replace(reason, truth=waiting, remark=f"counts only in a stable spine: {NO_VETO}")
    return reason


def judge_option(modality: str, asked: Iterable[Reason]) -> Option:
    """The verdict that follows from the reasons, by the table at the head of this file."""
    asked = tuple(asked)
    return Option(modality, _verdict(asked), asked)


def as_way_of_operating(way: Option, open_surgery: Option) -> Option:
    """The option with open surgery's verdict as its best, and a reason that says so."""
    reason = _where_operated(open_surgery, "a way of operating, where an operation is chosen at all")
    verdict = STRICTNESS[max(STRICTNESS.index(way.verdict), STRICTNESS.index(open_surgery.verdict))]
    return Option(way.modality, verdict, (*way.asked, reason))


def as_after_an_operation(option: Option, operated: Truth, open_surgery: Option) -> Option:
    """The option with an operation as its requirement: one that was done, or one that stands."""
    reason = _where_operated(open_surgery, "after an operation")
    return judge_option(option.modality, (*option.asked, replace(reason, truth=any_of((operated, reason.truth)))))


def _where_operated(open_surgery: Option, text: str) -> Reason:
    stands = {"recommended": True, "possible": True, "needs facts": None}.get(open_surgery.verdict, False)
    truth = Truth(stands, f"open surgery: {open_surgery.verdict}", open_surgery.needs if stands is None else ())
    return Reason("open_surgery", "requires", truth, text, "the rules of open surgery")


def _verdict(asked: tuple[Reason, ...]) -> Verdict:
    forbids = _values(asked, "contraindicates")
    against = _values(asked, "advises_against")
    requires = _requirements(asked)
    indications = [value for effect in INDICATIONS for value in _values(asked, effect)]
    if True in forbids:
        return "contraindicated"
    if None in forbids:
        return "needs facts"
    if True in against or False in requires or (indications and set(indications) == {False}):
        return "advised against"
    if None in requires or (indications and True not in indications):
        return "needs facts"
    return "recommended" if True in _values(asked, "supports") and None not in against else "possible"


def _values(asked: tuple[Reason, ...], effect: Effect) -> list[bool | None]:
    return [reason.truth.value for reason in asked if reason.effect == effect]


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
