"""The pencil kernel against energy balance and EGSnrc."""

import numpy as np
import pytest

from spondyl.physics import Spectrum, mass_attenuation, mohan_6mv, mono_kernel, pencil_kernel
from spondyl.physics.materials import MATERIALS
from spondyl.physics.pencil_kernel import GY_G_PER_MEV


def test_all_energy_that_stays_in_the_sphere_is_deposited():
    """2 MeV: sum over rings and depths is the released energy times the kernel's total (0.9577, EDKnrc listing)."""
    kernel = pencil_kernel(Spectrum(np.array([2.0]), np.array([1.0])))
    mu_per_mm = mass_attenuation(MATERIALS["water"], 2.0)[0] / 10
    deep = kernel.depth_mm < 350
    # Per depth of broad beam: energy released there, shifted forward by the mean range of the kernel.
    broad = kernel.broad()[200] / GY_G_PER_MEV * 0.1
    released = 2.0 * mu_per_mm * np.exp(-mu_per_mm * kernel.depth_mm[200])
    mono = mono_kernel(2.0)
    total = mono.primary_fraction + mono.scatter_fraction
    assert total == pytest.approx(0.957675, abs=1e-5)
    assert deep.sum() == 350
    assert released * total < broad < 1.5 * released * total  # build-up of a broad beam, attenuated less than narrow


def test_on_axis_dose_of_the_monte_carlo_field():
    """EGSnrc, 10 x 10 cm2, SSD 90 cm, 10 cm depth: 5.848e-12 Gy cm2 (tests/data/mv_reference/README.md)."""
    from spondyl.physics import axis_dose, bare_beam

    beam = bare_beam(mohan_6mv())
    assert axis_dose(beam, 100.0, 100.0)[0, 0] == pytest.approx(5.848e-12, rel=0.01)
    # 3 x 3 cm2 there: 0.8836 of it (W_3x3_depth.csv, standard error 0.4 %).
    assert (axis_dose(beam, 30.0, 100.0) / axis_dose(beam, 100.0, 100.0))[0, 0] == pytest.approx(0.8836, rel=0.01)


def test_kernel_is_linear_in_the_spectrum():
    energies = np.array([1.0, 4.0])
    low, high, both = (
        pencil_kernel(Spectrum(energies, np.array(w))).gy_cm2 for w in ([1.0, 0], [0, 1.0], [0.25, 0.75])
    )
    assert both == pytest.approx(0.25 * low + 0.75 * high)
