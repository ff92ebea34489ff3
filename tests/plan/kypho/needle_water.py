"""A needle in a phantom of water that tests of needle plans share."""

from __future__ import annotations

from spondyl.anatomy.access import Access
from spondyl.core import Grid
from spondyl.physics import Medium, uniform_medium
from spondyl.physics.kv import load_kv_source

SOURCE = load_kv_source()


def path(y: float, x: float = 0.0) -> Access:
    """Straight forward (LPS -y) from y = 40 to y."""
    return Access("right", (x, 40.0, 0.0), (x, y, 0.0), 0.0, 0.0, 10.0, 40.0 - y, 4.0, 5.0, 6.0)


def water(half_mm: float = 12.0) -> Medium:
    count = int(half_mm)
    first = -half_mm + 1.0
    return uniform_medium(Grid((first, first, first), (2.0, 2.0, 2.0), (count, count, count)))
