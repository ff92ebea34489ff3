"""One call that plans a case: the protocol's prescription and wishes, by a technique."""

from __future__ import annotations

from spondyl.anatomy import Case, Structures
from spondyl.core import Progress, silent
from spondyl.evaluate import Protocol, load_protocol
from spondyl.plan.external.delivery import check_beams
from spondyl.plan.external.techniques import NAMES, find_technique
from spondyl.plan.external.techniques import TECHNIQUES as REGISTERED
from spondyl.plan.extras import Extra
from spondyl.plan.job import Job, PlanResult, PlanSettings
from spondyl.plan.prescription import prescription_of, wishlist_of

TECHNIQUES = NAMES
TECHNIQUE_TITLES = {technique.name: technique.title for technique in REGISTERED}
"""In words, for reports."""


def make_plan(
    case: Case,
    structures: Structures,
    *,
    technique: str = "imrt",
    protocol: str | Protocol = "sib-sbrt-30in5",
    settings: PlanSettings | None = None,
    progress: Progress = silent,
    extras: tuple[Extra, ...] = (),
) -> PlanResult:
    """Plan a case by a protocol's wish-list.

    Parameters
    ----------
    case
        CT and facts.
    structures
        On the CT's grid, the targets and margins that the protocol names among them (`draw_volumes`).
    technique
        One of `TECHNIQUES`.
    protocol
        Name or path, or the protocol itself; it must prescribe and have a wish-list.
    extras
        Goals beyond the protocol's structures, held or wished with the others.

    Returns
    -------
    The best plan found, also where a hard limit cannot be met: `log.misses` then names the limits that bind.

    Raises
    ------
    PlanError, ProtocolError, StructureError
        If the technique or protocol is unknown, a target is missing or empty, or what was found breaks a limit of the
        machine: no such plan is handed over.
    """
    chosen, rules = find_technique(technique), load_protocol(protocol) if isinstance(protocol, str) else protocol
    asked = prescription_of(rules)
    made = chosen.plan(Job(case, structures, rules, asked, settings or PlanSettings(), progress, extras))
    check_beams(made.plan.beams)
    return made


def draw_targets(case: Case, structures: Structures, technique: str) -> Structures:
    """The structures with those that the technique draws itself, as conventional fields do.

    Raises
    ------
    PlanError
        If the technique is unknown, or what it needs is not drawn.
    """
    own = find_technique(technique).targets
    return structures if own is None else own(case, structures)


def default_protocol(technique: str) -> str | None:
    """What a technique is planned by where nobody names a protocol, None where the case's prescription decides."""
    return find_technique(technique).protocol or None


def check_protocol(protocol: str) -> None:
    """Refuse a protocol that nothing can be planned by.

    Raises
    ------
    ProtocolError
        If it is unknown, prescribes nothing, or has no wish-list.
    """
    rules = load_protocol(protocol)
    prescription_of(rules)
    wishlist_of(rules)


def check_technique(technique: str) -> None:
    """Refuse a technique that is not known.

    Raises
    ------
    PlanError
        With the nearest names.
    """
    find_technique(technique)
