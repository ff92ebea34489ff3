"""Whether the facts of a case speak against a technique, from the rules that `spondyl assess` applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spondyl.clinic.decide import Option, assess
from spondyl.clinic.facts import Facts
from spondyl.core.errors import PlanError

MODALITIES = {"kypho-iort": "kypho_iort"}
"""Technique to the modality of the rules; techniques that are not here are not asked about."""


@dataclass(frozen=True)
class Eligibility:
    """What the rules say of a technique, and why it was planned all the same where they forbid it.

    Parameters
    ----------
    verdict
        As the rules give it: recommended, possible, needs facts, advised against, contraindicated.
    against
        Reasons that speak against it.
    needs
        Facts that could change the verdict.
    override
        The user's reason for planning it where it is contraindicated; empty otherwise.
    """

    verdict: str
    against: tuple[str, ...]
    needs: tuple[str, ...]
    override: str = ""

    def warnings(self) -> tuple[str, ...]:
        """What a report says first; nothing where the rules have nothing against it."""
        told: list[str] = []
        if self.override:
            told.append(f"planned although it is contraindicated, by the user's reason: {self.override}")
        if self.verdict in ("contraindicated", "advised against"):
            told.append(f"the rules say {self.verdict}: {'; '.join(self.against)}")
        if self.verdict == "needs facts":
            against = f"; against it stands already: {'; '.join(self.against)}" if self.against else ""
            told.append(f"eligibility is not settled, these facts are unknown: {', '.join(self.needs)}{against}")
        return tuple(told)

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {**vars(self), "against": list(self.against), "needs": list(self.needs)}


def eligibility(facts: Facts, technique: str, override: str = "") -> Eligibility:
    """Ask the rules.

    Raises
    ------
    PlanError
        If they forbid the technique and no `override` says why it is planned, or one is given where nothing does.
    """
    option = assess(facts).options[MODALITIES[technique]]
    found = Eligibility(option.verdict, _against(option), option.needs, override.strip())
    if option.verdict == "contraindicated" and not found.override:
        raise PlanError(
            f"{technique} is contraindicated for this case: {'; '.join(found.against)}; correct the facts, or give "
            "--override REASON to plan it all the same, which the report will print"
        )
    if found.override and option.verdict != "contraindicated":
        raise PlanError(
            f'--override "{found.override}" is given, but {technique} is not contraindicated here (the rules say '
            f"{option.verdict}); leave it out"
        )
    return found


def _against(option: Option) -> tuple[str, ...]:
    """Reasons against, those that forbid alone where there are some; cautions are no reason against."""
    speak = [r for r in option.reasons if r.speaks_for is False and r.effect != "cautions"]
    forbid = [r for r in speak if r.effect == "contraindicates"]
    return tuple(r.text + (f" ({r.truth.said})" if r.truth.said else "") + f" [{r.rule}]" for r in forbid or speak)
