"""The same step functions for CUDA: on Numba's simulator everywhere, on a GPU where there is one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import cuda

from spondyl.core import Grid
from spondyl.core.errors import DoseError
from spondyl.dose.kv import KvPointSource, KvSettings, compute_kv_dose
from spondyl.physics import MATERIALS, uniform_medium
from spondyl.physics.kv import bundled_kv_spectrum

HAS_GPU = cuda.is_available()


def test_on_the_simulator_the_kernel_scores_what_the_cpu_scores():
    # Same random numbers, same arithmetic, whole-number sums: not one unit of 2^-24 keV differs.
    script = Path(__file__).with_name("kv_on_simulator.py")
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    voxels_off, balances_off, energy = (int(n) for n in done.stdout.split())
    assert (voxels_off, balances_off) == (0, 0)
    assert energy > 30 * 2**24  # 30 photons of 40 to 60 keV left at least 1 keV each


def _dose(device):
    medium = uniform_medium(Grid((-8.0, -8.0, -8.0), (4.0, 4.0, 4.0), (5, 5, 5)), MATERIALS["cortical-bone"])
    source, settings = KvPointSource((0.2, 0.1, -0.1), bundled_kv_spectrum()), KvSettings(200_000, 1, None, device)
    return compute_kv_dose(medium, source, settings, engine="kv-monte-carlo")[0]


@pytest.mark.skipif(not HAS_GPU, reason="no CUDA device: the kernel ran on Numba's simulator only")
def test_on_a_gpu_the_dose_is_the_cpu_s_within_its_error():
    gpu, cpu = _dose("cuda"), _dose("cpu")
    joint = np.hypot(gpu.relative_uncertainty * gpu.values, cpu.relative_uncertainty * cpu.values)
    assert np.mean(((gpu.values - cpu.values) / joint) ** 2) < 1.5


@pytest.mark.skipif(HAS_GPU, reason="there is a CUDA device")
def test_without_a_gpu_the_device_is_refused():
    with pytest.raises(DoseError, match=r"no CUDA device was found; install spondyl\[gpu\]"):
        _dose("cuda")


def test_an_engine_that_has_no_kernel_for_the_device_is_refused():
    source = KvPointSource((0.2, 0.1, -0.1), bundled_kv_spectrum())
    medium = uniform_medium(Grid((-8.0, -8.0, -8.0), (4.0, 4.0, 4.0), (5, 5, 5)))
    with pytest.raises(DoseError, match='"kv-hybrid" does not run on cuda, expected cpu; change device'):
        compute_kv_dose(medium, source, KvSettings(device="cuda"), engine="kv-hybrid")
