"""Kernels that a process compiles and kernels that it loads from Numba's cache give the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PHANTOM = """
grid: {min_mm: [-40, -40, 0], max_mm: [40, 40, 80], spacing_mm: [2.5, 2.5, 2.5]}
background: water
solids: [{shape: box, material: lung, min_mm: [-40, -40, 30], max_mm: [40, 40, 50]}]
materials: {lung: {density_g_per_cm3: 0.26, mass_fractions: {H: 0.103, C: 0.105, N: 0.031, O: 0.749, P: 0.012}}}
beam: {kind: photon, spectrum_csv: spectrum.csv, source_mm: [3, 5, -900], direction: [0, 0, 1], field_mm: [30, 30]}
engine: collapsed-cone
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the phantom, its spectrum, and an empty kernel cache."""
    folder = tmp_path_factory.mktemp("compiled_or_loaded")
    (folder / "phantom.yaml").write_text(PHANTOM)
    (folder / "spectrum.csv").write_text("energy_mev,photons\n1,0.5\n2,0.3\n4,0.2\n")
    (folder / "cache").mkdir()
    return folder


def computed(folder: Path, out: str) -> np.ndarray:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-m", "spondyl", "phantom", "phantom.yaml", "-o", out, "--quiet"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    with np.load(folder / out / "dose.npz") as file:
        return file["dose"]


def test_a_compiling_process_and_a_loading_one_give_the_same_bytes(fresh: Path) -> None:
    compiled = computed(fresh, "first")
    assert any((fresh / "cache").rglob("sweep.sweep-*.nbc")), "the first run left no compiled sweep behind"
    loaded = computed(fresh, "second")
    assert compiled.max() > 0
    assert compiled.tobytes() == loaded.tobytes()
    shutil.rmtree(fresh / "cache")
