"""Vertebral levels in order, and what depends on them."""

from __future__ import annotations

import re

from spondyl.clinic.facts import LEVELS
from spondyl.core.errors import CaseError, nearest

_VERTEBRA = re.compile(r"^(?:vertebrae?|vert)[_\s-]?([CTLS]\d{1,2})$", re.IGNORECASE)


def checked_level(level: str) -> str:
    """`level` as `LEVELS` writes it.

    Raises
    ------
    CaseError
        If it is not a vertebral level.
    """
    known = level.strip().upper()
    known = known[0] + str(int(known[1:])) if re.fullmatch(r"[CTLS]\d{1,2}", known) else known
    if known not in LEVELS:
        raise CaseError(
            f'level "{level}" is not a vertebral level; expected one of C1 to S5, nearest: '
            f"{', '.join(nearest(known, LEVELS))}"
        )
    return known


def is_below(level: str, other: str) -> bool:
    """Whether `level` lies caudal of `other`.

    >>> is_below("L3", "L2"), is_below("L2", "L2"), is_below("T11", "L2")
    (True, False, False)
    """
    return LEVELS.index(level) > LEVELS.index(other)


def neighbour(level: str, steps: int) -> str | None:
    """The level `steps` further down (up where negative), None beyond the ends.

    >>> neighbour("L3", -1), neighbour("T12", 1), neighbour("C1", -1)
    ('L2', 'L1', None)
    """
    at = LEVELS.index(level) + steps
    return LEVELS[at] if 0 <= at < len(LEVELS) else None


def level_in_name(name: str) -> str | None:
    """The level that a structure such as "vertebra_L2" names, None where it names none.

    >>> level_in_name("vertebra_L2"), level_in_name("vertebra")
    ('L2', None)
    """
    found = _VERTEBRA.match(name)
    return checked_level(found.group(1)) if found else None
