"""A needle plan in a phantom of water: prescriptions, positions, limits and rounds whose answers are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage, sample_points
from spondyl.anatomy.access import Access
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image, silent
from spondyl.core.errors import DoseError, PlanError, ProtocolError
from spondyl.dose import Dose
from spondyl.dose.kv.compute import KvEngine
from spondyl.dose.kv.setup import KvResult, KvSettings
from spondyl.evaluate import Goal, load_protocol
from spondyl.physics import Medium, find_material, uniform_medium
from spondyl.physics.kv import PlacedSource, load_kv_source, voxel_centres
from spondyl.plan.kypho import transport
from spondyl.plan.kypho.doses import KyphoDoses, Round, needle_doses
from spondyl.plan.kypho.drawn import contoured
from spondyl.plan.kypho.limits import NeuralLimit, neural_limits
from spondyl.plan.kypho.placement import (
    Placement,
    Task,
    best_placement,
    clearance_mm,
    neighbours,
    pair_placements,
    placed_sources,
    single_placements,
)
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.planner import water_rate
from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.robustness import needle_sensitivity
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import Transport, transported

SOURCE = load_kv_source()
LIMIT = next(g for g in load_protocol("hytec-cord").goals_for(1) if g.limit == 14.0)


def path(y: float, x: float = 0.0) -> Access:
    """Straight forward (LPS -y) from y = 40 to y."""
    return Access("right", (x, 40.0, 0.0), (x, y, 0.0), 0.0, 0.0, 10.0, 40.0 - y, 4.0, 5.0, 6.0)


def task(prescription: str, target: list[list[float]], cord_y: float = 20.0, limit: Goal = LIMIT) -> Task:
    """Target points of 1 cm3 each, and one point of cord behind."""
    cord = NeuralLimit(limit, "SpinalCord", np.array([[0.0, cord_y, 0.0]]), np.array([1.0]))
    return Task(SOURCE, parse_prescription(prescription), np.array(target), np.ones(len(target)), (cord,))


PLACES = tuple(path(float(y)) for y in range(10, -21, -1))
SYMMETRIC = [[0.0, y, 0.0] for y in (-12.0, -2.0)]


@pytest.mark.parametrize(
    ("text", "kind", "dose", "depth"),
    [("8gy-at-13mm", "depth", 8, 13), ("8Gy-at-8mm", "depth", 8, 8), ("10gy-at-boundary", "boundary", 10, None),
     ("7.5gy-minimum", "minimum", 7.5, None)],
)  # fmt: skip
def test_prescriptions_are_read(text: str, kind: str, dose: float, depth: float | None) -> None:
    asked = parse_prescription(text)
    assert (asked.kind, asked.dose_gy, asked.depth_mm) == (kind, dose, depth)


@pytest.mark.parametrize("text", ["8", "8gy", "8gy-at-13", "8gy-at-13cm", "gy-at-8mm", "8gy-at-1mm", "800gy-at-8mm"])
def test_other_prescriptions_are_refused_in_their_own_words(text: str) -> None:
    with pytest.raises(PlanError, match=text):
        parse_prescription(text)


def test_a_depth_fixes_the_minutes_by_the_dose_rate_in_water() -> None:
    """The calibration's table: 7.04 Gy/min at 8 mm from the source, 1.719 at 13 mm."""
    trial = best_placement(task("8gy-at-8mm", SYMMETRIC), single_placements([PLACES]), water_rate)
    assert trial.minutes == pytest.approx(8 / 7.04, rel=1e-6)
    trial = best_placement(task("8gy-at-13mm", SYMMETRIC), single_placements([PLACES]), water_rate)
    assert trial.minutes == pytest.approx(8 / 1.719, rel=1e-6)


def test_the_source_stands_where_the_coldest_of_the_target_is_warmest() -> None:
    """Two points at y -2 and -12: the middle, -7; D98% of two equal parts is that of the colder."""
    trial = best_placement(task("8gy-at-8mm", SYMMETRIC, cord_y=60.0), single_placements([PLACES]), water_rate)
    assert trial.placement.paths[0].tip_mm == (0.0, -7.0, 0.0)
    assert trial.target_d98_gy == pytest.approx(8 / 7.04 * float(SOURCE.calibrated().dose_rate_at(5.0)), rel=1e-6)
    assert trial.keeps_limits


def test_the_cord_pushes_the_source_away_as_far_as_its_limit_asks() -> None:
    """8 Gy at 13 mm: 14 Gy lie where the rate is 14 / 4.654 = 3.008 Gy/min, 10.70 mm from the source."""
    job = task("8gy-at-13mm", SYMMETRIC, cord_y=2.0)
    trial = best_placement(job, single_placements([PLACES]), water_rate)
    assert trial.keeps_limits
    assert trial.placement.paths[0].tip_mm[1] == -9.0
    closer = best_placement(job, (Placement((path(-8.0),), (1.0,)),), water_rate)
    assert closer.limit_share == pytest.approx(4.654 * 3.66 / 14, rel=2e-3)


def test_where_no_place_keeps_the_limit_the_least_excess_is_taken() -> None:
    job = task("8gy-at-13mm", SYMMETRIC, cord_y=14.0)
    trial = best_placement(job, single_placements([PLACES[:5]]), water_rate)
    assert not trial.keeps_limits
    assert trial.placement.paths[0].tip_mm == PLACES[4].tip_mm
    assert trial.limit_share == pytest.approx(4.654 * 7.04 / 14, rel=2e-3)


def test_the_distal_boundary_is_the_target_point_farthest_from_the_source() -> None:
    job = task("10gy-at-boundary", [[0.0, -17.0, 0.0], [3.0, -7.0, 0.0]], cord_y=60.0)
    trial = best_placement(job, (Placement((path(-7.0),), (1.0,)),), water_rate)
    assert trial.minutes == pytest.approx(10 / float(SOURCE.calibrated().dose_rate_at(10.0)), rel=1e-6)


@pytest.mark.parametrize("prescription", ["10gy-at-boundary", "8gy-minimum"])
def test_a_dose_to_the_target_takes_the_place_with_the_shortest_time(prescription: str) -> None:
    """Points at y -2 and -12: from the middle, -7, the farther one is nearest, 5 mm."""
    trial = best_placement(task(prescription, SYMMETRIC, cord_y=60.0), single_placements([PLACES]), water_rate)
    assert trial.placement.paths[0].tip_mm == (0.0, -7.0, 0.0)
    assert trial.minutes == pytest.approx(trial.target_d98_gy / float(SOURCE.calibrated().dose_rate_at(5.0)), rel=1e-6)


def test_a_minimum_is_what_the_coldest_point_gets_as_far_as_the_cord_allows() -> None:
    """8 Gy at 5 mm take 0.281 min: 14 Gy lie at 4.1 mm. A cord 9 mm behind the middle is no matter, one at 4 mm is."""
    free = best_placement(task("8gy-minimum", SYMMETRIC, cord_y=2.0), single_placements([PLACES]), water_rate)
    assert free.placement.paths[0].tip_mm == (0.0, -7.0, 0.0)
    pushed = best_placement(task("8gy-minimum", SYMMETRIC, cord_y=-3.0), single_placements([PLACES]), water_rate)
    assert pushed.target_d98_gy == pytest.approx(8.0, rel=1e-6)
    assert pushed.placement.paths[0].tip_mm[1] < -7.0
    assert pushed.keeps_limits


def test_two_positions_share_the_time() -> None:
    """Two points 24 mm apart: one source between is 12 mm from both, two sources are near one each."""
    far = [[-12.0, -7.0, 0.0], [12.0, -7.0, 0.0]]
    right, left = (tuple(path(float(y), x) for y in range(0, -15, -1)) for x in (-9.0, 9.0))
    job = task("8gy-at-13mm", far, cord_y=60.0)
    pair = best_placement(job, pair_placements(right, left), water_rate)
    pair = best_placement(job, tuple(neighbours(pair.placement, (right, left), 2)), water_rate)
    assert pair.placement.shares == (0.5, 0.5)
    assert [p.tip_mm for p in pair.placement.paths] == [(-9.0, -7.0, 0.0), (9.0, -7.0, 0.0)]
    rate = SOURCE.calibrated().dose_rate_at(np.array([3.0, 21.0]))
    assert pair.target_d98_gy == pytest.approx(8 / 1.719 * float(rate.sum()) / 2, rel=1e-6)


def test_two_cannulas_that_would_cross_are_no_placement() -> None:
    """Parallel needles 5 mm apart pass one another, of 4.2 mm each; 3 mm apart they do not."""
    right, near, far = ((path(-7.0, x),) for x in (0.0, 3.0, 5.0))
    assert clearance_mm(right[0], far[0]) == pytest.approx(5.0, abs=1e-6)
    assert len(pair_placements(right, far)) == 5
    with pytest.raises(PlanError, match=r"within 3.0 mm of one another .* two cannulas of 4.2 mm need as much"):
        pair_placements(right, near)


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(PlanError, match="its tip is not"):
        KyphoSettings(entry_mm=(0.0, 0.0, 0.0))
    with pytest.raises(PlanError, match="exclude each other"):
        KyphoSettings(side="left", entry_mm=(0.0, 0.0, 0.0), tip_mm=(0.0, -30.0, 0.0))
    with pytest.raises(PlanError, match='"lft" is unknown; nearest: left'):
        KyphoSettings(side="lft")
    with pytest.raises(DoseError, match="histories must be at least 1"):
        KyphoSettings(histories=0)
    with pytest.raises(DoseError, match='engine "kv-hybird" is unknown'):
        KyphoSettings(engine="kv-hybird")


def test_a_protocol_without_one_fraction_is_refused() -> None:
    with pytest.raises(ProtocolError, match="is for 5 fractions, a needle gives one"):
        neural_limits(load_protocol("sib-sbrt-30in5"), Structures(), (0.0, 0.0, 0.0), 40.0)
    with pytest.raises(PlanError, match="limits nothing that lies within 40 mm"):
        neural_limits(load_protocol("hytec-cord"), Structures(), (0.0, 0.0, 0.0), 40.0)


def water(half_mm: float = 12.0) -> Medium:
    count = int(half_mm)
    first = -half_mm + 1.0
    return uniform_medium(Grid((first, first, first), (2.0, 2.0, 2.0), (count, count, count)))


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


def test_limits_are_looked_at_within_the_contours_that_are_written() -> None:
    """A mask of half-filled border voxels: all points lie within the contour, and weigh what it holds."""
    grid = water(12.0).grid
    coverage = np.zeros(grid.shape)
    coverage[3:9, 3:9, 3:9] = 0.5
    coverage[4:8, 4:8, 4:8] = 1.0
    cord = from_coverage("SpinalCord", "oar", grid, coverage)
    (limit, *_) = neural_limits(load_protocol("hytec-cord"), Structures([cord]), (0.0, 0.0, 0.0), 40.0)
    points, weights = sample_points(contoured(cord), 1.0)
    assert limit.points_mm == pytest.approx(points)
    assert limit.weights_cm3.sum() == pytest.approx(weights.sum())


def test_sensitivity_moves_the_source_and_scales_the_calibration() -> None:
    """Dose 4000 / r2 from the origin: at a cord 20 mm behind 10 Gy, 11.08 Gy with the source 1 mm nearer."""

    def inverse_square(medium: Medium, sources: Sequence[PlacedSource], settings: KvSettings):
        r, _ = sources[0].polar(voxel_centres(medium.grid))
        dose = Dose(medium.grid, (4000 / np.maximum(r, 1) ** 2).astype(np.float32), fractions=1)
        yield dose, dose

    grid = water(32.0).grid
    inside = np.zeros(grid.shape)
    inside[15:17, 14:17, 15:17] = 1
    structures = Structures((from_coverage("GTV", "target", grid, inside),))
    case = Case("phantom", read_facts({}), Image(grid, np.zeros(grid.shape, np.int16)), structures)
    placement = Placement((path(0.0),), (1.0,))
    asked = parse_prescription("8gy-at-8mm")
    plan = NeedlePlan("phantom", "hytec-cord", asked, placement, placed_sources(SOURCE, placement, 2.0))
    behind = np.zeros(grid.shape)
    behind[15:17, 26:28, 15:17] = 1  # from 20 mm on
    wanted = [(from_coverage("SpinalCord", "oar", grid, behind), ("Dmax",))]
    found = needle_sensitivity(case, structures, plan, wanted, 1, inverse_square, silent)
    rows = {(r.kind, r.metric): r for r in found.ranges()}
    assert found.planned["SpinalCord Dmax"] == pytest.approx(10.0, rel=0.02)
    moved = rows["source moved 1 mm", "SpinalCord Dmax"]
    assert (moved.high, moved.high_at) == (pytest.approx(4000 / 19**2, rel=0.02), "back")
    assert (moved.low, moved.low_at) == (pytest.approx(4000 / 21**2, rel=0.02), "forward")
    output = rows["calibration off by 10 %", "SpinalCord Dmax"]
    assert output.low == pytest.approx(0.9 * found.planned["SpinalCord Dmax"])
    assert output.high == pytest.approx(1.1 * found.planned["SpinalCord Dmax"])


def test_sources_add_up_with_independent_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 and 4 Gy, each with 10 %: 7 Gy with 0.5 Gy."""
    asked = constant_engine(monkeypatch, [3.0, 4.0] * 3)
    both = [PlacedSource(SOURCE, (x, 0.0, 0.0), (0.0, -1.0, 0.0), 1 / SOURCE.photons_per_min()) for x in (-1.0, 1.0)]
    first = next(transported(water(4.0), both, KvSettings(1000, 7), engine="constant"))
    assert first[0].values.flat[0] == pytest.approx(7.0)
    assert first[0].relative_uncertainty.flat[0] == pytest.approx(0.5 / 7, rel=1e-5)
    assert asked[0].seed != asked[1].seed
