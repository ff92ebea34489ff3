"""The analogue histories on a CUDA device: the same step functions, compiled for it, with atomic sums.

Imported only where the device is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError
from spondyl.dose.kv.analogue_steps import FIELDS, PENDING, UNITS_PER_KEV, follow
from spondyl.dose.kv.rebuild import rebuilt
from spondyl.dose.kv.voxels import VoxelGeometry
from spondyl.physics.kv.tables import PhotonTables

_NEEDED = "install spondyl[gpu] on a machine with an NVIDIA GPU and its driver, or use device: cpu"
try:
    from numba import cuda
except ImportError as error:
    raise DoseError(f"device cuda needs numba-cuda, which is not installed; {_NEEDED}") from error

THREADS, BLOCKS = 128, 512


def _add(sums, lane, place, kind, energy_kev):
    """`analogue_steps.add`, for threads that add to one sum."""
    units = np.uint64(energy_kev * UNITS_PER_KEV + 0.5)
    cuda.atomic.add(sums, (lane, place, kind), units)  # pyright: ignore[reportCallIssue]


@cache
def device_kernel() -> Any:
    """The kernel in Python, its steps compiled for the device: each thread follows every so manieth history."""
    on_device: Any = cuda.jit(device=True)  # pyright: ignore[reportCallIssue]
    step = rebuilt(follow, on_device, {"add": on_device(_add)})

    def kernel(t, g, low_kev, high_kev, cumulative, source, seed, first, count, sums, balance, waiting):
        own = cuda.grid(1)  # pyright: ignore[reportCallIssue]
        for history in range(first + own, first + count, cuda.gridsize(1)):
            number = np.uint64(history)
            step(t, g, low_kev, high_kev, cumulative, source, seed, number, sums, balance, 0, waiting, own)

    return cuda.jit(kernel)


def cuda_emitter(
    t: PhotonTables,
    g: VoxelGeometry,
    beam: tuple[NDArray[np.float64], ...],
    seed: int,
    blocks: int = BLOCKS,
    threads: int = THREADS,
) -> Callable[[int, int], tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
    """What `analogue.Emit` describes, on the device; one lane, for atomic sums need no more.

    Raises
    ------
    DoseError
        If there is no device.
    """
    if not cuda.is_available():
        raise DoseError(f"device cuda was asked for, but no CUDA device was found; {_NEEDED}")
    kernel = device_kernel()
    tables = PhotonTables(*(cuda.to_device(a) for a in t))
    voxels = VoxelGeometry(*(cuda.to_device(np.ascontiguousarray(a)) for a in g))
    bins = [cuda.to_device(np.ascontiguousarray(a)) for a in beam]
    waiting = cuda.to_device(np.zeros((blocks * threads, PENDING, FIELDS)))

    def emit(first: int, count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        sums: Any = cuda.to_device(np.zeros((1, g.density.size, 2), np.uint64))
        balance: Any = cuda.to_device(np.zeros((1, 8, 2), np.uint64))
        kernel[blocks, threads](tables, voxels, *bins, np.uint64(seed), first, count, sums, balance, waiting)
        return sums.copy_to_host(), balance.copy_to_host()

    return emit
