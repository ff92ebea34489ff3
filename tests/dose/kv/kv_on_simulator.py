"""Run by test_kv_cuda.py in a process of its own: the CUDA kernel on Numba's simulator beside the CPU's loop."""

import numpy as np

from spondyl.core import Grid
from spondyl.dose.kv import KvPointSource, KvSettings, analogue
from spondyl.dose.kv.cuda import cuda_emitter
from spondyl.dose.kv.voxels import voxel_geometry
from spondyl.physics import MATERIALS, uniform_medium
from spondyl.physics.kv import KvSpectrum, photon_tables


def main() -> None:
    medium = uniform_medium(Grid((0.0, 0.0, 0.0), (2.0, 2.0, 2.0), (3, 3, 3)), MATERIALS["barium-cement"])
    tables, geometry = photon_tables(medium.materials), voxel_geometry(medium)
    spectrum = KvSpectrum(np.array([40.0]), np.array([60.0]), np.ones(1))
    source = KvPointSource((2.1, 2.2, 1.9), spectrum)
    beam = (spectrum.low_kev, spectrum.high_kev, spectrum.cumulative, np.asarray(source.position_mm) - geometry.low_mm)
    with np.errstate(over="ignore"):  # the generator's products are meant to wrap round
        device, device_balance = cuda_emitter(tables, geometry, beam, 5, blocks=2, threads=2)(3, 30)
    cpu, cpu_balance = analogue._emitter(tables, geometry, source, KvSettings(seed=5))(3, 30)
    print(
        int((device.sum(axis=0) != cpu.sum(axis=0)).sum()),
        int((device_balance.sum(axis=(0, 1)) != cpu_balance.sum(axis=(0, 1))).sum()),
        int(cpu[..., 0].sum()),
    )


if __name__ == "__main__":
    main()
