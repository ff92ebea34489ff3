"""The rays of a place that was looked at serve the dose that is then computed there."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.core import Grid
from spondyl.dose.kv.hybrid import traced
from spondyl.dose.kv.setup import KvSettings
from spondyl.physics import uniform_medium
from spondyl.physics.kv import PlacedSource, load_kv_source
from spondyl.plan.kypho import transport
from spondyl.plan.kypho.transport import KeptRays, transported

SOURCE = load_kv_source()
GRID = Grid((-10.0, -10.0, -10.0), (2.0, 2.0, 2.0), (11, 11, 11))


def placed(x_mm: float) -> PlacedSource:
    return PlacedSource(SOURCE, (x_mm, 0.1, 0.2), (0.0, 0.0, 1.0), 2.0)


def test_a_place_is_traced_once_in_a_medium(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def counted(medium, sources):
        asked.append(sources.sources[0].position_mm[0])
        return traced(medium, sources)

    monkeypatch.setattr(transport, "traced", counted)
    medium, kept, settings = uniform_medium(GRID), KeptRays(), KvSettings(400, 3)

    def last(x_mm: float, where=medium, rays=kept):
        *_, doses = transported(where, (placed(x_mm),), settings, engine="kv-hybrid", kept=rays)
        return doses[0].values

    first = last(0.0)
    last(2.0)
    again = last(0.0)
    assert asked == [0.0, 2.0]
    assert np.array_equal(again, first)  # no history of the first run is left in the second
    last(0.0, uniform_medium(GRID))  # another medium, if alike, is traced anew
    assert asked == [0.0, 2.0, 0.0]
    assert np.array_equal(last(0.0, medium, None), first)
