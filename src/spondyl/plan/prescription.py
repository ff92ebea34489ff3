"""What is prescribed, and the wish-list that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from spondyl.core.errors import ProtocolError
from spondyl.evaluate import Protocol
from spondyl.plan.limits import hard_limits
from spondyl.plan.wishlist import Wishlist, read_wishes

WISH_MARGIN = 0.004
"""Share by which the optimiser aims inside a wish's limit, except for the metric that is normalised."""


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

    Where it names no coverage metric, the first wish for the prescribed dose does.

    Raises
    ------
    ProtocolError
        If the protocol only judges and prescribes nothing, or nothing says what is normalised.
    """
    asked = protocol.prescription
    if asked is None:
        raise ProtocolError(
            f'protocol "{protocol.name}" has limits but no prescription, so no plan can be made for it; '
            "choose one that prescribes, for example sib-sbrt-30in5"
        )
    if asked.coverage is not None:
        return Prescription(asked.structure, asked.dose_gy, asked.fractions, asked.coverage)
    for wish in read_wishes(protocol.wishlist, protocol.name):
        for goal, _ in wish.goals:
            if goal.sense < 0 and goal.limit == asked.dose_gy:
                return Prescription(goal.structure, asked.dose_gy, asked.fractions, goal.metric)
    raise ProtocolError(
        f'protocol "{protocol.name}" does not say which metric reaches {asked.dose_gy:g} Gy; '
        "give prescription.coverage or a wish with at_least that dose"
    )


def wishlist_of(protocol: Protocol) -> Wishlist:
    """Hard limits from the protocol's mandatory goals, wishes from its `wishlist` key."""
    prescription = prescription_of(protocol)
    goals = protocol.goals_for(prescription.fractions)
    normalised = (prescription.structure, prescription.coverage)
    wishes = read_wishes(protocol.wishlist, protocol.name, WISH_MARGIN, exact=normalised)
    return Wishlist(*hard_limits(goals, prescription.fractions), wishes)
