"""The rehearsal compiles what a real plan calls, and is not done twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from spondyl.dose import beamlet_influence, compute_dose
from spondyl.dose.engines import contamination, interaction_kernels, release_kernels, sweep
from spondyl.dose.influence_kernels import count_entries, fill_entries
from spondyl.io import bundled_case, open_case
from spondyl.physics import load_machine, medium_from_ct
from spondyl.plan import PlanSettings, compiled_before, rehearse
from spondyl.plan.imrt import arrange
from spondyl.plan.matvec import SparseRows, _backward, _forward
from spondyl.plan.rehearsal import KERNELS
from spondyl.plan.setup import dose_grid

REAL = (
    count_entries, fill_entries, _forward, _backward, sweep.sweep, release_kernels.mark_field, contamination._add,
    interaction_kernels.interact, interaction_kernels.release,
)  # fmt: skip


def test_a_real_case_calls_nothing_that_was_not_rehearsed() -> None:
    """A kernel that met an array of another type would be compiled again, in the middle of the first plan."""
    rehearse()
    rehearsed = [set(kernel.signatures) for kernel in REAL]
    assert all(rehearsed)
    assert compiled_before()
    assert all(kernel.signatures for kernel in KERNELS)
    case = open_case(bundled_case("lumbar_l3"))
    medium, model = medium_from_ct(case.ct, case.structures), load_machine(PlanSettings().machine)
    middle = case.structures["GTV"].local_grid.bounds_mm()[0].round()
    points = np.asarray(middle) + np.indices((3, 3, 3)).reshape(3, -1).T
    fields = arrange(points, tuple(float(p) for p in middle), (180.0,), model.sad_mm).fields
    grid = dose_grid(case, case.structures, fields, 0.0)
    influence = beamlet_influence(fields, medium, model, np.arange(0, np.prod(grid.shape), 97), grid)
    rows = SparseRows(influence.indptr, influence.indices, influence.data, influence.beamlets)
    rows.transposed_times(rows.times(np.ones(rows.columns)))
    compute_dose(fields, medium, model, grid=grid)
    assert [set(kernel.signatures) for kernel in REAL] == rehearsed


def told_by(cache: Path, **more: str) -> str:
    code = "from spondyl.plan import compiled_before; print(compiled_before())"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), **more}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_fresh_cache_is_told_from_a_used_one(tmp_path: Path) -> None:
    assert told_by(tmp_path) == "False"
    folder = next(p for p in tmp_path.iterdir() if p.name.startswith("engines"))
    (folder / "sweep.sweep-1.py311.nbi").touch()
    assert told_by(tmp_path) == "True"


def test_without_compiling_there_is_nothing_to_rehearse(tmp_path: Path) -> None:
    assert told_by(tmp_path, NUMBA_DISABLE_JIT="1") == "True"
