"""The bar of the patient's dose follows the photons that were followed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.anatomy.access import Access
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image
from spondyl.dose import Dose
from spondyl.dose.kv import hybrid
from spondyl.dose.kv.hybrid import done_after, kv_hybrid
from spondyl.dose.kv.setup import KvPointSource, KvSettings
from spondyl.dose.kv.sources import KvSources
from spondyl.physics import Medium, uniform_medium
from spondyl.physics.kv import load_kv_source
from spondyl.plan.kypho.doses import needle_doses
from spondyl.plan.kypho.placement import Placement, placed_sources
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import share_done

SOURCE = load_kv_source()
GRID = Grid((-5.0, -5.0, -5.0), (2.0, 2.0, 2.0), (6, 6, 6))


def test_the_share_is_that_of_the_histories_that_the_engine_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hybrid, "FIRST_ROUND", 2000)
    monkeypatch.setattr(hybrid, "ROUND", 4000)
    asked = KvSettings(10_000, 1)
    source = KvPointSource((0.1, 0.1, 0.1), SOURCE.spectrum)
    told = [found.histories / 10_000 for found in kv_hybrid(uniform_medium(GRID), KvSources((source,)), asked)]
    assert told == pytest.approx([0.2, 0.6, 1.0])
    assert [done_after(asked, number) for number in (1, 2, 3)] == pytest.approx(told)


def test_an_engine_asked_in_rounds_has_done_their_shares() -> None:
    shares = [share_done(KvSettings(1000), number, engine="kv-monte-carlo") for number in (1, 2, 3)]
    assert shares == pytest.approx([0.05, 0.25, 1.0])


def test_the_bar_moves_with_every_round() -> None:
    def three_rounds(medium: Medium, sources: object, settings: KvSettings) -> Iterator[tuple[Dose, Dose]]:
        one = Dose(medium.grid, np.ones(medium.grid.shape, np.float32))
        yield from [(one, one)] * 3

    path = Access("right", (0.0, 40.0, 0.0), (0.0, 0.0, 0.0), 0.0, 0.0, 10.0, 40.0, 4.0, 5.0, 6.0)
    placement = Placement((path,), (1.0,))
    asked = parse_prescription("8gy-at-8mm")
    plan = NeedlePlan("phantom", "hytec-cord", asked, placement, placed_sources(SOURCE, placement, 2.0))
    target = from_coverage("GTV", "target", GRID, np.ones(GRID.shape))
    case = Case("phantom", read_facts({}), Image(GRID, np.zeros(GRID.shape)), Structures())
    bar: list[float] = []

    def progress(stage: str, fraction: float) -> None:
        if stage == "dose in the patient":
            bar.append(fraction)

    settings = KyphoSettings(engine="kv-monte-carlo", cement="")
    told = (lambda plan, found: None), three_rounds, progress
    needle_doses(case, Structures(), plan, target, [], uniform_medium(GRID), settings, *told)
    assert bar == pytest.approx([0.0, 0.05, 0.25, 1.0, 1.0])
