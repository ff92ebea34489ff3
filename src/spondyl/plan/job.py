"""What is to be planned, how, and what comes out: the nouns that every technique shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

from spondyl.anatomy import Case, Structures
from spondyl.core import Progress
from spondyl.core.errors import PlanError
from spondyl.dose import Dose
from spondyl.evaluate import Protocol
from spondyl.plan.extras import Extra
from spondyl.plan.log import PlanLog
from spondyl.plan.plan import Plan
from spondyl.plan.prescription import Prescription, wishlist_of
from spondyl.plan.setup import DOSE_BEYOND_MM
from spondyl.plan.wishlist import Wishlist

MACHINE = "generic-6mv"
LINAC = "hd120-6mv"
ARC = "posterior"


@dataclass(frozen=True)
class PlanSettings:
    """What a user may choose: number of fields, machine, final engine, how far the dose grid reaches beyond the fields,
    for beams with leaves the linac, whose own beam is then the machine, and for arcs their range, "posterior" or
    "full".

    Raises
    ------
    PlanError
        If the reach is negative or beyond a metre.
    """

    fields: int = 9
    machine: str = MACHINE
    engine: str = "collapsed-cone"
    dose_beyond_mm: float = DOSE_BEYOND_MM
    linac: str = LINAC
    arc: str = ARC

    def __post_init__(self) -> None:
        if not 0 <= self.dose_beyond_mm <= 1000:
            raise PlanError(
                f"the dose grid is to reach {self.dose_beyond_mm:g} mm beyond the fields, expected 0 to 1000 mm; "
                "choose another dose_beyond_mm"
            )


@dataclass(frozen=True)
class Job:
    """One planning job.

    Parameters
    ----------
    case
        CT and facts.
    structures
        On the CT's grid, the targets and margins that the protocol names among them.
    rules, prescription
        The protocol, and what it prescribes.
    settings
        Choices.
    progress
        Told how far the work is.
    extras
        Goals beyond the protocol's structures.
    """

    case: Case
    structures: Structures
    rules: Protocol
    prescription: Prescription
    settings: PlanSettings
    progress: Progress
    extras: tuple[Extra, ...] = ()

    @property
    def wishlist(self) -> Wishlist:
        """The protocol's wish-list with the extras."""
        return replace(wishlist_of(self.rules), extras=self.extras)


@dataclass(frozen=True)
class PlanResult:
    """The plan, its dose in the final engine (Gy, whole course), and how it came about."""

    plan: Plan
    dose: Dose
    log: PlanLog


@dataclass(frozen=True)
class Technique:
    """A way to irradiate.

    Parameters
    ----------
    name
        What `--technique` calls it.
    title
        In words, for reports.
    plan
        Makes the plan of a job.
    protocol
        Planned by where neither the user nor the case names one; empty for none.
    targets
        Structures that the technique draws itself, from the case's and its level, beside those of the consensus.
    """

    name: str
    title: str
    plan: Callable[[Job], PlanResult]
    protocol: str = ""
    targets: Callable[[Case, Structures], Structures] | None = None


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def tick(self, stage: str) -> None:
        """End a stage."""
        now = perf_counter()
        self.seconds[stage], self._last = now - self._last, now
