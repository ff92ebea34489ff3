"""A protocol's wishes in order of priority, and its hard limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from spondyl.core.errors import ProtocolError, nearest
from spondyl.plan.goals import Goal, hot_fraction

if TYPE_CHECKING:
    from spondyl.plan.extras import Added, Extra

GOAL_KEYS = ("structure", "metric", "at_most", "at_least", "as_low_as_possible", "as_high_as_possible", "weight")
STEP_KEYS = ("name", "goals", "beyond_goal")
FLUENCE = "fluence"
"""In place of a structure: the goal is on the beamlets."""


@dataclass(frozen=True)
class Wish:
    """One priority: goals that are pursued together, each with its weight among them.

    `beyond_goal` says whether a later pass should push it past goals that were met.
    """

    name: str
    goals: tuple[tuple[Goal, float], ...]
    beyond_goal: bool = False


@dataclass(frozen=True)
class Wishlist:
    """Hard limits (`never_above` hold from the first step; `at_least` are the first wish) and wishes in order.

    `extras` add goals on points of their own once the beams are known.
    """

    never_above: tuple[Goal, ...]
    at_least: tuple[Goal, ...]
    wishes: tuple[Wish, ...]
    extras: tuple[Extra, ...] = ()

    def all_goals(self) -> tuple[Goal, ...]:
        """Every goal once, hard limits first."""
        wished = tuple(goal for wish in self.wishes for goal, _ in wish.goals)
        return tuple(dict.fromkeys((*self.never_above, *self.at_least, *wished)))

    def structures(self) -> tuple[str, ...]:
        """Names that the goals speak of, without the fluence."""
        return tuple(dict.fromkeys(goal.structure for goal in self.all_goals() if goal.structure != FLUENCE))

    def renamed(self, names: Mapping[str, str]) -> Wishlist:
        """The same list for structures that the case calls otherwise."""

        def own(goal: Goal) -> Goal:
            return replace(goal, structure=names.get(goal.structure, goal.structure))

        return Wishlist(
            tuple(own(g) for g in self.never_above),
            tuple(own(g) for g in self.at_least),
            tuple(Wish(w.name, tuple((own(g), k) for g, k in w.goals), w.beyond_goal) for w in self.wishes),
            self.extras,
        )

    def plus(self, added: Added) -> Wishlist:
        """The list with what an extra adds."""

        def with_joined(wish: Wish) -> Wish:
            weights = dict(wish.goals)
            joined = tuple((new, weights[goal]) for goal, new in added.wished if goal in weights)
            return replace(wish, goals=(*wish.goals, *joined))

        wishes = tuple(with_joined(wish) for wish in self.wishes)
        return replace(self, never_above=(*self.never_above, *added.never_above), wishes=wishes)

    def only(self, known: Mapping[str, Any]) -> tuple[Wishlist, tuple[Goal, ...]]:
        """The list without goals on structures that are not `known`, and those left out."""

        def there(goal: Goal) -> bool:
            return goal.structure in known or goal.structure == FLUENCE

        wishes = tuple(
            Wish(wish.name, kept, wish.beyond_goal)
            for wish in self.wishes
            if (kept := tuple(pair for pair in wish.goals if there(pair[0])))
        )
        kept_list = Wishlist(
            tuple(g for g in self.never_above if there(g)),
            tuple(g for g in self.at_least if there(g)),
            wishes,
            self.extras,
        )
        return kept_list, tuple(g for g in self.all_goals() if not there(g))


def read_wishes(
    items: Sequence[Mapping[str, Any]], protocol: str, margin: float = 0.0, exact: tuple[str, str] = ("", "")
) -> tuple[Wish, ...]:
    """Wishes from a protocol's `wishlist:` key, first is most important.

    Parameters
    ----------
    margin
        Share by which the optimiser aims inside each limit, except for the structure and metric `exact`, which
        normalisation sets.

    Raises
    ------
    ProtocolError
        If a key is unknown, a goal has not exactly one direction, or a metric cannot be optimised.
    """
    if not items:
        raise ProtocolError(
            f'protocol "{protocol}" has no wishlist, so no plan can be made for it; add the key wishlist'
        )
    return tuple(_wish(item, protocol, margin, exact) for item in items)


def _wish(item: Mapping[str, Any], protocol: str, margin: float, exact: tuple[str, str]) -> Wish:
    _check_keys(item, STEP_KEYS, f'protocol "{protocol}", wishlist')
    goals = tuple(_goal(goal, protocol, str(item["name"]), margin, exact) for goal in item["goals"])
    return Wish(str(item["name"]), goals, bool(item.get("beyond_goal", False)))


def _goal(
    item: Mapping[str, Any], protocol: str, wish: str, margin: float, exact: tuple[str, str]
) -> tuple[Goal, float]:
    where = f'protocol "{protocol}", wish "{wish}"'
    _check_keys(item, GOAL_KEYS, where)
    given = [key for key in GOAL_KEYS[2:6] if key in item]
    if len(given) != 1:
        raise ProtocolError(f"{where}: a goal needs one of {', '.join(GOAL_KEYS[2:6])}, got {given or 'none'}")
    metric = str(item["metric"])
    if metric not in ("Dmean", "overdose", "roughness", "modulation"):
        hot_fraction(metric, 1.0)
    sense = -1 if given[0] in ("at_least", "as_high_as_possible") else 1
    limit = None if given[0].endswith("possible") else float(item[given[0]])
    inside = 0.0 if (str(item["structure"]), metric) == exact or limit is None else margin
    return Goal(str(item["structure"]), metric, sense, limit, wish, inside), float(item.get("weight", 1.0))


def _check_keys(item: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in item:
        if key not in known:
            near = ", ".join(nearest(str(key), known) or known)
            raise ProtocolError(f'{where}: key "{key}" is unknown; nearest: {near}')
