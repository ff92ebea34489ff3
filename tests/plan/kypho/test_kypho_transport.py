"""Dose of placed sources in gray: the depth dose in water, rounds averaged, sources added."""

from __future__ import annotations

import numpy as np
import pytest
from needle_water import SOURCE, water

from spondyl.core.errors import DoseError
from spondyl.dose.kv.compute import KvEngine
from spondyl.dose.kv.setup import KvResult, KvSettings
from spondyl.physics import Medium, find_material, uniform_medium
from spondyl.physics.kv import PlacedSource
from spondyl.plan.kypho import transport
from spondyl.plan.kypho.transport import transported


@pytest.mark.parametrize("engine", ["kv-hybrid", "kv-monte-carlo"])
def test_transport_in_gray_is_the_depth_dose_in_water(engine: str) -> None:
    """At 8 mm 7.04 Gy/min, which the emission is fixed to; the little phantom lacks 2 % of scatter from outside."""
    placed = PlacedSource(SOURCE, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), 2.0)
    *_, (dose, to_water) = transported(water(20.0), [placed], KvSettings(400_000, 3), engine=engine)
    z, y, x = np.meshgrid(*(dose.grid.axis_mm(a) for a in "zyx"), indexing="ij")
    r = np.sqrt(x * x + y * y + z * z)
    shell = (r > 7) & (r < 9)
    expected = 2.0 * SOURCE.calibrated().dose_rate_at(r[shell]).mean()
    assert dose.values[shell].mean() == pytest.approx(expected, rel=0.04)
    assert to_water.values[shell].mean() == pytest.approx(dose.values[shell].mean(), rel=0.01)
    assert (dose.unit, dose.kind, dose.fractions) == ("Gy", "dose-to-medium", 1)
    assert (to_water.unit, to_water.kind) == ("Gy", "dose-to-water")


def test_a_source_in_air_is_refused() -> None:
    medium = uniform_medium(water(6.0).grid, find_material("air"))
    placed = PlacedSource(SOURCE, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), 2.0)
    with pytest.raises(DoseError, match="lies in air"):
        next(transported(medium, [placed], KvSettings(1000), engine="kv-hybrid"))


def constant_engine(monkeypatch: pytest.MonkeyPatch, gray: list[float]) -> list[KvSettings]:
    """An engine that gives these doses per photon one after the other, each with a standard error of 10 %."""
    asked: list[KvSettings] = []

    def compute(medium: Medium, source: object, settings: KvSettings, progress: object) -> KvResult:
        asked.append(settings)
        values = np.full(medium.grid.shape, gray[len(asked) - 1])
        return KvResult(values, 2 * values, np.full(values.shape, 0.1), settings.histories or 0)

    monkeypatch.setattr(transport, "find_kv_engine", lambda name: KvEngine(name, "constant", compute))
    return asked


def test_rounds_are_averaged_by_their_photons(monkeypatch: pytest.MonkeyPatch) -> None:
    """1, 2 and 4 Gy of 5, 20 and 75 % of the photons: 1, then 1.8, then 3.45 Gy."""
    asked = constant_engine(monkeypatch, [1.0, 2.0, 4.0])
    placed = PlacedSource(SOURCE, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), 1 / SOURCE.photons_per_min())
    rounds = list(transported(water(4.0), [placed], KvSettings(1000, 7), engine="constant"))
    assert [doses[0].values.flat[0] for doses in rounds] == pytest.approx([1.0, 1.8, 3.45])
    assert [doses[1].values.flat[0] for doses in rounds] == pytest.approx([2.0, 3.6, 6.9])
    assert [s.histories for s in asked] == [50, 200, 750]
    assert len({s.seed for s in asked}) == 3
    error = np.sqrt((0.05 * 0.1) ** 2 + (0.2 * 0.2) ** 2 + (0.75 * 0.4) ** 2)
    assert rounds[-1][0].relative_uncertainty.flat[0] == pytest.approx(error / 3.45, rel=1e-5)


def test_sources_add_up_with_independent_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 and 4 Gy, each with 10 %: 7 Gy with 0.5 Gy."""
    asked = constant_engine(monkeypatch, [3.0, 4.0] * 3)
    both = [PlacedSource(SOURCE, (x, 0.0, 0.0), (0.0, -1.0, 0.0), 1 / SOURCE.photons_per_min()) for x in (-1.0, 1.0)]
    first = next(transported(water(4.0), both, KvSettings(1000, 7), engine="constant"))
    assert first[0].values.flat[0] == pytest.approx(7.0)
    assert first[0].relative_uncertainty.flat[0] == pytest.approx(0.5 / 7, rel=1e-5)
    assert asked[0].seed != asked[1].seed
