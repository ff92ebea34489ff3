"""What a kyphoplasty IORT plan's key numbers become where the source, the CT or the calibration is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid, Image, Progress, silent
from spondyl.core.errors import PlanError
from spondyl.physics.kv import PlacedSource, disturbed_ct, voxel_centres

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Scenario:
    """What may differ from the plan.

    Parameters
    ----------
    kind, name
        What is varied, "source moved 1 mm", and how, "forward".
    sources
        Where they are; their minutes are the plan's.
    ct
        What the dose is calculated on.
    output_factor
        The true dose rate over the calibration's.
    """

    kind: str
    name: str
    sources: tuple[PlacedSource, ...]
    ct: Image
    output_factor: float = 1.0


@dataclass(frozen=True)
class SensitivitySettings:
    """How far off.

    Parameters
    ----------
    position_mm
        Errors of the source's position, each in six directions.
    hu_shift
        Added to and taken from the CT numbers near needle and hardware. Ours, for artefacts that are left after
        their reduction; its effect is what is shown.
    artefact_radius_mm
        Reach of the artefact about the needle. Ours, as the shift.
    output
        Relative error of the calibration, either way.

    Raises
    ------
    PlanError
        If an error is not above 0 and plausible.
    """

    position_mm: tuple[float, ...] = (1.0, 2.0)
    hu_shift: float = 100.0
    artefact_radius_mm: float = 10.0
    output: float = 0.1

    def __post_init__(self) -> None:
        for what, value, most in (
            *(("position_mm", mm, 20.0) for mm in self.position_mm),
            ("hu_shift", self.hu_shift, 2000.0),
            ("artefact_radius_mm", self.artefact_radius_mm, 100.0),
            ("output", self.output, 0.9),
        ):
            if not 0 < value <= most:
                raise PlanError(f"sensitivity: {what} is {value:g}, expected above 0 to {most:g}")


@dataclass(frozen=True)
class Range:
    """A metric between its lowest and highest value among the scenarios of a kind, and which ones those are."""

    kind: str
    metric: str
    planned: float
    low: float
    high: float
    low_at: str
    high_at: str


@dataclass(frozen=True)
class Sensitivity:
    """The plan's metrics, and those of every scenario.

    Parameters
    ----------
    planned
        As planned.
    runs
        Kind, name and metrics of each scenario.
    """

    planned: Metrics
    runs: tuple[tuple[str, str, Metrics], ...]

    def ranges(self) -> tuple[Range, ...]:
        """One row a kind and metric, in the order of the scenarios; the plan itself counts as a scenario."""
        rows: list[Range] = []
        for kind in dict.fromkeys(kind for kind, _, _ in self.runs):
            mine = [("as planned", self.planned), *((name, m) for k, name, m in self.runs if k == kind)]
            for metric, planned in self.planned.items():
                low_at, low = min(((name, m[metric]) for name, m in mine), key=lambda pair: pair[1])
                high_at, high = max(((name, m[metric]) for name, m in mine), key=lambda pair: pair[1])
                rows.append(Range(kind, metric, planned, low, high, low_at, high_at))
        return tuple(rows)

    def record(self) -> dict[str, Any]:
        """For JSON: the plan's metrics, the ranges, and every scenario."""
        return {
            "planned": dict(self.planned),
            "ranges": [vars(row) for row in self.ranges()],
            "scenarios": [{"kind": kind, "name": name, "metrics": dict(m)} for kind, name, m in self.runs],
        }


def sensitivity(
    sources: tuple[PlacedSource, ...],
    ct: Image,
    compute: Callable[[Scenario], Metrics],
    *,
    settings: SensitivitySettings | None = None,
    hardware: NDArray[np.bool_] | None = None,
    progress: Progress = silent,
) -> Sensitivity:
    """Compute a plan's metrics in every scenario.

    Parameters
    ----------
    sources, ct
        As planned.
    compute
        Metrics of a scenario, by name; it takes dose times `Scenario.output_factor`.
    hardware
        Screws and other metal in the CT, shape of the CT; an artefact reaches as far about it as about the needle.

    Raises
    ------
    PlanError
        If there are no sources, or `compute` gives no metrics, other ones, or one that is not finite.
    """
    if not sources:
        raise PlanError("sensitivity needs at least one source, got none")
    asked = settings or SensitivitySettings()
    planned = _checked(compute(Scenario("plan", "as planned", sources, ct)), None)
    scenarios = tuple(_scenarios(sources, ct, asked, hardware))
    runs: list[tuple[str, str, Metrics]] = []
    for number, scenario in enumerate(scenarios):
        runs.append((scenario.kind, scenario.name, _checked(compute(scenario), planned)))
        progress("sensitivity", (number + 1) / len(scenarios))
    return Sensitivity(planned, tuple(runs))


def artefact_region(
    grid: Grid, sources: tuple[PlacedSource, ...], radius_mm: float, hardware: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Voxels within `radius_mm` of a needle, from its tip outwards along its way in, or of hardware."""
    centres = voxel_centres(grid)
    region = np.zeros(grid.shape, bool)
    for placed in sources:
        distance, cosine = placed.polar(centres)
        across = distance * np.sqrt(np.maximum(1 - cosine**2, 0))
        region |= np.where(cosine <= 0, across, distance) <= radius_mm
    if hardware is not None and bool(hardware.any()):
        from scipy.ndimage import distance_transform_edt

        region |= np.asarray(distance_transform_edt(~hardware, sampling=grid.spacing_mm[::-1])) <= radius_mm
    return region


def _scenarios(
    sources: tuple[PlacedSource, ...], ct: Image, asked: SensitivitySettings, hardware: NDArray[np.bool_] | None
) -> Iterator[Scenario]:
    """All sources are moved alike, each by its own axis: errors of two needles that add up are the worst case."""
    for mm in asked.position_mm:
        kind = f"source moved {mm:g} mm"
        for number, name in enumerate(("forward", "back", "left of axis", "right of axis", "up", "down")):
            moved = tuple(p.moved(mm * directions(p.axis)[number]) for p in sources)
            yield Scenario(kind, name, moved, ct)
    region = artefact_region(ct.grid, sources, asked.artefact_radius_mm, hardware)
    for shift in (-asked.hu_shift, asked.hu_shift):
        kind = f"CT numbers off by {asked.hu_shift:g} HU within {asked.artefact_radius_mm:g} mm of metal"
        yield Scenario(kind, f"{shift:+g} HU", sources, disturbed_ct(ct, region, shift))
    for factor in (1 - asked.output, 1 + asked.output):
        kind = f"calibration off by {100 * asked.output:g} %"
        yield Scenario(kind, f"output x {factor:g}", sources, ct, factor)


def directions(axis: tuple[float, float, float]) -> NDArray[np.float64]:
    """Forward, back, left and right of the axis, up and down (cranial, caudal as far as they are square to it).

    Unit vectors (x, y, z), shape (6, 3).
    """
    forward = np.asarray(axis, np.float64)
    upward = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    side = np.cross(upward, forward)
    side /= np.linalg.norm(side)
    up = np.cross(forward, side)
    return np.stack((forward, -forward, side, -side, up, -up))


def _checked(metrics: Metrics, planned: Metrics | None) -> Metrics:
    if not metrics or (planned is not None and set(metrics) != set(planned)):
        expected = ", ".join(planned) if planned else "at least one metric"
        raise PlanError(
            f"sensitivity: the plan's calculation gave {', '.join(metrics) or 'nothing'}, expected {expected}"
        )
    wrong = [name for name, value in metrics.items() if not np.isfinite(value)]
    if wrong:
        raise PlanError(f"sensitivity: {wrong[0]} is {metrics[wrong[0]]}, expected a finite number; leave it out")
    return dict(metrics)
