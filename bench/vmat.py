"""Two arcs on both bundled cases end to end, and what grows with the target's volume and with the number of segments.

    python bench/vmat.py [out.json]

Growth first, in a water phantom with a ball before a cord, which also compiles what is measured later; each volume in a
process of its own, so that its peak memory is its own. Wall time is that of this machine as it is; CPU time adds up all
threads. End to end is the command as a user types it, reading and writing included.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic import Facts
from spondyl.core import Grid, Image, silent
from spondyl.dose import compute_dose
from spondyl.evaluate import load_protocol
from spondyl.io import bundled_case
from spondyl.plan import PlanSettings
from spondyl.plan.external.techniques.vmat import prepare
from spondyl.plan.job import Job
from spondyl.plan.prescription import prescription_of

HERE = Path(__file__)
CACHE = HERE.parent / ".cache"
PROTOCOL = "sib-sbrt-30in5"
CASES = ("thoracic_t11", "lumbar_l3")
VOLUMES_CM3 = (10.0, 70.0, 470.0)
EVERY = (4, 2, 1)
"""Every so many segments of the arcs are computed, for one volume."""
SEGMENTS_AT_CM3 = 70.0
EVALUATIONS = 20
TARGET_S, MEMORY_GB = 120.0, 4.0
CORD_MM, CORD_FROM_TARGET_MM = 6.0, 3.0


class Watch:
    """Wall and CPU seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, float]] = {}
        self._last = (time.perf_counter(), time.process_time())

    def tick(self, name: str) -> None:
        now = (time.perf_counter(), time.process_time())
        self.seconds[name] = {"wall": now[0] - self._last[0], "cpu": now[1] - self._last[1]}
        self._last = now


def ball_before_a_cord(volume_cm3: float) -> Case:
    """Water, 340 x 240 mm across and 260 mm long, 2.5 mm voxels; a cord of 12 mm and a ball 3 mm in front of it."""
    grid = Grid((-173.75, -123.75, -128.75), (2.5, 2.5, 2.5), (104, 100, 140))
    z, y, x = np.meshgrid(*(grid.axis_mm(axis) for axis in "zyx"), indexing="ij", sparse=True)
    radius = (3000.0 * volume_cm3 / (4.0 * np.pi)) ** (1.0 / 3.0)
    cord_y = 55.0
    centre_y = cord_y - CORD_MM - CORD_FROM_TARGET_MM - radius
    away = np.sqrt(x**2 + (y - centre_y) ** 2 + z**2)

    def named(name: str, role: str, coverage: np.ndarray):
        return from_coverage(name, role, grid, np.broadcast_to(coverage, grid.shape).astype(np.float32))

    body = (x / 170.0) ** 2 + (y / 120.0) ** 2 + 0.0 * z <= 1.0
    structures = Structures(
        [
            named("BODY", "external", body),
            named("GTV", "target", np.clip((0.7 * radius - away) / 2.5 + 0.5, 0, 1)),
            named("PTV_Eval", "target", np.clip((radius - away) / 2.5 + 0.5, 0, 1)),
            named("SpinalCord", "oar", np.clip((CORD_MM - np.hypot(x, y - cord_y)) / 2.5 + 0.5 + 0.0 * z, 0, 1)),
            named(
                "SpinalCord_PRV02", "prv", np.clip((CORD_MM + 2 - np.hypot(x, y - cord_y)) / 2.5 + 0.5 + 0 * z, 0, 1)
            ),
        ]
    )
    hu = np.where(np.broadcast_to(body, grid.shape), 0, -1000).astype(np.int16)
    return Case("ball", Facts(), Image(grid, hu), structures)


def stages(volume_cm3: float) -> dict[str, object]:
    """What each stage takes for one volume: the first apertures' dose stands for the last one's."""
    case, rules = ball_before_a_cord(volume_cm3), load_protocol(PROTOCOL)
    watch = Watch()
    prepared = prepare(Job(case, case.structures, rules, prescription_of(rules), PlanSettings(), silent))
    watch.tick("influence, fluence and first apertures")
    setup, y = prepared.setup, prepared.start
    for _ in range(EVALUATIONS):
        setup.problem.gradient_from(np.ones(setup.problem.interpolation.rows), y)
        setup.problem.dose_at_points(y)
    watch.tick(f"{EVALUATIONS} evaluations of dose and gradient")
    fields = prepared.deliver(y).fields
    chosen = EVERY if volume_cm3 == SEGMENTS_AT_CM3 else (1,)
    for every in chosen:
        part = fields[::every]
        compute_dose(part, setup.medium, setup.model, grid=setup.grid)
        watch.tick(f"final dose of {len(part)} segments")
    compute_dose(fields, setup.medium, setup.model, grid=setup.grid, quality="fast")
    watch.tick(f"quick dose of {len(fields)} segments")
    return {"volume_cm3": volume_cm3, "stages": watch.seconds, "peak_gb": _own_peak_gb()}


def _own_peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def run(*command: str) -> dict[str, float]:
    """Wall, CPU and peak memory of a process."""
    start = time.perf_counter()
    child = os.spawnv(os.P_NOWAIT, command[0], command)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    cpu = used.ru_utime + used.ru_stime
    return {"wall": time.perf_counter() - start, "cpu": cpu, "peak_gb": used.ru_maxrss / 1024**2, "exit_code": code}


def end_to_end(case: str) -> dict[str, object]:
    """`spondyl plan`, and the stages that it tells."""
    out = CACHE / f"vmat_{case}"
    plan = ("plan", str(bundled_case(case)), "--technique", "vmat", "--protocol", PROTOCOL, "-o", str(out), "--quiet")
    used = run(sys.executable, "-m", "spondyl", *plan)
    told = json.loads((out / "provenance.json").read_text())["timings_s"]
    rounds = json.loads((out / "plan.json").read_text())["log"]["rounds"]
    return {**used, "stages": told, "rounds": rounds}


def main(out: Path | None) -> None:
    CACHE.mkdir(exist_ok=True)
    found: dict[str, object] = {}
    for volume in VOLUMES_CM3:
        kept = CACHE / f"vmat_{volume:g}.json"
        run(sys.executable, str(HERE), "--volume", str(volume), str(kept))
        grown = json.loads(kept.read_text())
        found[f"{volume:g} cm3"] = grown
        print(f"{volume:g} cm3, peak {grown['peak_gb']:.2f} GB")
        for name, seconds in grown["stages"].items():
            print(f"  {name}: {seconds['wall']:.1f} s, CPU {seconds['cpu']:.1f} s")
    for case in CASES:
        made = found[case] = end_to_end(case)
        print(
            f"{case}, two arcs end to end: {made['wall']:.1f} s (target {TARGET_S:g}), CPU {made['cpu']:.1f} s, peak "
            f"{made['peak_gb']:.2f} GB (target {MEMORY_GB:g}), exit code {made['exit_code']}"
        )
        for name, seconds in made["stages"].items():
            print(f"  {name}: {seconds:.1f} s")
    if out is not None:
        out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--volume"]:
        Path(sys.argv[3]).write_text(json.dumps(stages(float(sys.argv[2]))))
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
