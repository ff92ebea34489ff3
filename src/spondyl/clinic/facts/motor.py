"""Which Frankel grades the known facts leave possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spondyl.clinic.facts.facts import Facts

LOWER_LIMB = ("hip", "knee", "ankle", "foot", "toe", "leg", "lower", "quadriceps", "iliopsoas")
"""Words by which a movement in `motor_power_mrc` is known to be one of the legs."""
COMPLETE, INCOMPLETE, INTACT = frozenset("AB"), frozenset("CD"), frozenset("E")
"""No motor power; some; normal. Frankel and ASIA grades divide into these groups alike."""


def lower_limb_powers(facts: Facts) -> tuple[int, ...]:
    """Every stated power of the legs, by movement or as the weakest."""
    neurology = facts.clinical.neurology
    by_movement = neurology.motor_power_mrc or {}
    stated = [p for name, p in by_movement.items() if is_lower_limb(name)]
    weakest = neurology.lower_limb_power_mrc
    return tuple(stated) if weakest is None else (*stated, weakest)


def is_lower_limb(movement: str) -> bool:
    """Whether a movement is one of the legs, by its name."""
    return any(word in movement.casefold() for word in LOWER_LIMB)


def frankel_possible(facts: Facts) -> frozenset[str]:
    """Frankel grades that no known fact speaks against; empty where the facts contradict each other.

    Walking excludes A to C, not walking D; any power in the legs excludes A and B, power of 3/5 or less E.
    A stated ASIA grade leaves the Frankel grades of its group (A and B, C and D, E).
    """
    neurology = facts.clinical.neurology
    possible = frozenset("ABCDE")
    if neurology.frankel is not None:
        possible &= {neurology.frankel}
    if neurology.asia is not None:
        possible &= next(group for group in (COMPLETE, INCOMPLETE, INTACT) if neurology.asia in group)
    if facts.ambulatory is not None:
        possible -= {"D"} if not facts.ambulatory else frozenset("ABC")
    powers = lower_limb_powers(facts)
    if powers and max(powers) > 0:
        possible -= COMPLETE
    if powers and min(powers) <= 3:
        possible -= INTACT
    return possible
