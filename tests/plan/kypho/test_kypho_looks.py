"""The first dose that is shown: where water places the source, each place computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from needle_water import SOURCE, path, water

from spondyl.dose import Dose
from spondyl.dose.kv.setup import KvSettings
from spondyl.evaluate import load_protocol
from spondyl.physics import Medium
from spondyl.physics.kv import PlacedSource, voxel_centres
from spondyl.plan.kypho.limits import NeuralLimit
from spondyl.plan.kypho.looks import LOOK_HISTORIES, Looks
from spondyl.plan.kypho.placement import Placement, Task, Trial
from spondyl.plan.kypho.prescription import parse_prescription

LIMIT = next(g for g in load_protocol("hytec-cord").goals_for(1) if g.limit == 14.0)


def test_the_first_dose_is_the_patient_s_where_water_places_the_source() -> None:
    """40 Gy mm2 a minute over r2; 8 Gy at 8 mm take 1.136 min: at 10 mm 0.4545 Gy, at a cord 20 mm behind 0.1136."""
    asked: list[tuple[tuple[float, ...], int | None]] = []

    def inverse_square(medium: Medium, sources: Sequence[PlacedSource], settings: KvSettings) -> Iterator[tuple]:
        (one,) = sources
        asked.append((one.position_mm, settings.histories))
        r, _ = one.polar(voxel_centres(medium.grid))
        gray = (40 * one.minutes / np.maximum(r, 1) ** 2).astype(np.float32)
        error = np.full(gray.shape, 0.1, np.float32)
        yield (
            Dose(medium.grid, gray, "Gy", "made", "dose-to-medium", 1, error),
            Dose(medium.grid, gray, "Gy", "made", "dose-to-water", 1),
        )

    cord = NeuralLimit(LIMIT, "SpinalCord", np.array([[0.0, 20.0, 0.0]]), np.array([1.0]))
    target = np.array([[0.0, -10.0, 0.0], [0.0, 10.0, 0.0]])
    job = Task(SOURCE, parse_prescription("8gy-at-8mm"), target, np.ones(2), (cord,))
    trial = Trial(Placement((path(0.0),), (1.0,)), 0.0, 0.0, 0.0)
    looks = Looks(water(44.0), inverse_square, 3)
    plan, found = looks.first("phantom", "hytec-cord", job, trial)
    minutes = 8 / 7.04
    assert found.number == 0
    assert plan.minutes == pytest.approx(minutes)
    assert found.key["GTV D98%"] == pytest.approx(40 * minutes / 100, rel=0.03)  # linear between voxels of 2 mm
    assert found.key[f"SpinalCord {LIMIT.metric}"] == pytest.approx(40 * minutes / 400, rel=0.03)
    assert found.doses[0].values.max() == pytest.approx(40 * minutes / 3, rel=1e-5)  # voxels about the source: r2 = 3
    assert looks.rate(plan.sources[0], target) == pytest.approx([0.4, 0.4], rel=0.03)
    assert asked == [((0.0, 0.0, 0.0), LOOK_HISTORIES)]
