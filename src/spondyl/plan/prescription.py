"""What is prescribed, and how a protocol's goals read for the optimiser."""

from __future__ import annotations

from dataclasses import dataclass

from spondyl.core.errors import ProtocolError
from spondyl.evaluate import Protocol
from spondyl.plan.goals import Goal, hot_fraction
from spondyl.plan.wishlist import Wishlist, read_wishes

HARD_MARGIN = 0.005
"""0.1 Gy in 25 Gy."""
WISH_MARGIN = 0.004


@dataclass(frozen=True)
class Prescription:
    """`dose_gy` in `fractions` to `structure`; `coverage` is the metric that is normalised to the dose."""

    structure: str
    dose_gy: float
    fractions: int
    coverage: str

    @property
    def dose_per_fraction_gy(self) -> float:
        return self.dose_gy / self.fractions


def prescription_of(protocol: Protocol) -> Prescription:
    """The protocol's prescription.

    Raises
    ------
    ProtocolError
        If the protocol only judges and prescribes nothing.
    """
    asked = protocol.prescription
    if asked is None:
        raise ProtocolError(
            f'protocol "{protocol.name}" has limits but no prescription, so no plan can be made for it; '
            "choose one that prescribes, for example sib-sbrt-30in5"
        )
    return Prescription(asked.structure, asked.dose_gy, asked.fractions, asked.coverage or "D95%")


def wishlist_of(protocol: Protocol) -> Wishlist:
    """Hard limits from the protocol's mandatory goals, wishes from its `wishlist` key.

    Goals that are no physical dose, or hold for other fractionations, are not for the optimiser.
    """
    prescription = prescription_of(protocol)
    never_above: list[Goal] = []
    at_least: list[Goal] = []
    for goal in protocol.goals_for(prescription.fractions):
        if goal.level != "mandatory" or goal.quantity != "physical" or not _can_be_optimised(goal.metric):
            continue
        if goal.op in ("<=", "<", "="):
            high = goal.limit + goal.tolerance
            never_above.append(Goal(goal.structure, goal.metric, 1, high, "mandatory", HARD_MARGIN))
        if goal.op in (">=", ">", "="):
            low = goal.limit - goal.tolerance
            at_least.append(Goal(goal.structure, goal.metric, -1, low, "mandatory", HARD_MARGIN))
    wishes = read_wishes(protocol.wishlist, protocol.name, WISH_MARGIN, exact=prescription.coverage)
    return Wishlist(tuple(never_above), tuple(at_least), wishes)


def _can_be_optimised(metric: str) -> bool:
    if metric == "Dmean":
        return True
    try:
        hot_fraction(metric, 1.0)
    except ProtocolError:
        return False
    return True
