"""The rounds of a needle's dose: interrupted, prescribed to the target, and followed until the minutes are sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from needle_water import SOURCE, path, water

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic.facts import read_facts
from spondyl.core import Image, silent
from spondyl.dose import Dose
from spondyl.dose.kv.setup import KvSettings
from spondyl.physics import Medium
from spondyl.plan.kypho.doses import KyphoDoses, Round, needle_doses
from spondyl.plan.kypho.placement import Placement, placed_sources
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import Transport


def interrupted_after(rounds: int):
    """A transport of 1, 2, ... Gy that the user stops."""

    def stopped(medium: Medium, sources: object, settings: KvSettings) -> Iterator[tuple[Dose, Dose]]:
        for number in range(1, rounds + 1):
            values = np.full(medium.grid.shape, number, np.float32)
            yield (
                Dose(medium.grid, values, "Gy", "constant", "dose-to-medium", 1),
                Dose(medium.grid, values, "Gy", "constant", "dose-to-water", 1),
            )
        raise KeyboardInterrupt

    return stopped


def doses_of(
    transport_: Transport, prescription: str = "8gy-at-8mm", told: list[Round] | None = None
) -> tuple[NeedlePlan, KyphoDoses]:
    """2 minutes in a box of water, all of which is target and cord."""
    placement = Placement((path(0.0),), (1.0,))
    asked = parse_prescription(prescription)
    plan = NeedlePlan("phantom", "hytec-cord", asked, placement, placed_sources(SOURCE, placement, 2.0))
    medium = water(6.0)
    case = Case("phantom", read_facts({}), Image(medium.grid, np.zeros((6, 6, 6))), Structures())
    target = from_coverage("GTV", "target", medium.grid, np.ones((6, 6, 6)))
    shown = [(target, ("D98%",)), (replace(target, name="SpinalCord"), ("Dmax",))]
    rounds: list[Round] = [] if told is None else told
    others = (lambda plan, found: rounds.append(found)), transport_, silent
    return needle_doses(case, Structures(), plan, target, shown, medium, KyphoSettings(cement=""), *others)


def test_an_interrupt_keeps_the_last_complete_round() -> None:
    _, doses = doses_of(interrupted_after(2))
    assert doses.interrupted
    assert doses.rounds == 2
    assert doses.with_cement is None
    assert doses.patient.values.flat[0] == pytest.approx(2.0)


def test_an_interrupt_before_the_first_round_leaves_nothing() -> None:
    with pytest.raises(KeyboardInterrupt):
        doses_of(interrupted_after(0))


def test_the_minutes_follow_the_last_dose_where_the_target_is_prescribed() -> None:
    """2 Gy in 2 minutes everywhere: 8 Gy as the minimum take 8 minutes, and all doses are four times as high."""
    plan, doses = doses_of(interrupted_after(2), "8gy-minimum")
    assert plan.minutes == pytest.approx(8.0)
    assert doses.patient.values.flat[0] == pytest.approx(8.0)


def scattering(error: float, spread: Sequence[float]):
    """A transport of 2 Gy whose rounds, of 400,000 photons and then of 800,000, give this much more or less alone."""

    def rounds(medium: Medium, sources: object, settings: KvSettings) -> Iterator[tuple[Dose, Dose]]:
        photons = [400_000.0] + [800_000.0] * (len(spread) - 1)
        for number in range(1, len(spread) + 1):
            share = np.average(spread[:number], weights=photons[:number])
            gray = np.full(medium.grid.shape, 2 * (1 + share), np.float32)
            relative = np.full(medium.grid.shape, error, np.float32)
            to_medium = Dose(medium.grid, gray, "Gy", "constant", "dose-to-medium", 1, relative)
            yield to_medium, replace(to_medium, kind="dose-to-water", relative_uncertainty=None)

    return rounds


def test_photons_are_followed_until_the_minutes_are_sure_and_their_error_is_told() -> None:
    """Rounds 20 % apart, then even ones: not after the usual three, but as soon as one standard error is below 1 %."""
    told: list[Round] = []
    plan, _ = doses_of(scattering(0.001, [0.1, -0.1, 0.1, *[0.0] * 16]), "8gy-minimum", told)
    errors = [found.minutes_error for found in told]
    assert errors[:3] == [None] * 3
    assert errors[3] is not None
    assert errors[3] > 0.03
    assert 5 <= len(told) < 19
    assert plan.minutes_error == errors[-1] <= 0.01 < errors[-2]
    assert plan.record()["irradiation_minutes_relative_standard_error"] == plan.minutes_error


def test_a_depth_in_water_takes_the_usual_photons_and_has_no_such_error() -> None:
    told: list[Round] = []
    plan, _ = doses_of(scattering(0.001, [0.1, -0.1, 0.1]), "8gy-at-8mm", told)
    assert plan.minutes_error is None
    assert plan.minutes == pytest.approx(2.0)
    assert [found.factor for found in told] == [1.0] * 3


def test_rounds_tell_what_evaluate_reads_on_the_written_structures() -> None:
    told: list[Round] = []
    doses_of(scattering(0.001, [0.0]), told=told)
    assert told[0].key == pytest.approx({"GTV D98%": 2.0, "SpinalCord Dmax": 2.0})
