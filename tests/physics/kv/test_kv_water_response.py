"""Against EGSnrc / egs_brachy: isotropic point in water, 2e7 histories (the reference of issue 4), shells of 1 mm."""

import numpy as np
import pytest

from spondyl.core.errors import DoseError
from spondyl.physics.kv import KvSpectrum, bundled_kv_spectrum, mean_energy_kev, water_gy_per_photon

# Shell's middle in mm: Gy per photon, and three standard errors at most 0.012.
EGS = {
    "20 keV": {3: 1.41039e-12, 8: 1.56768e-13, 13: 4.44201e-14, 20: 1.20898e-14, 40: 7.8514e-16},
    "30 keV": {3: 6.94641e-13, 8: 1.00692e-13, 13: 3.72783e-14, 20: 1.46093e-14, 40: 2.54727e-15},
    "au50": {3: 1.28773e-12, 8: 7.25997e-14, 13: 1.77665e-14, 20: 5.22596e-15, 40: 6.91023e-16},
}


def _spectrum(name):
    if name == "au50":
        return bundled_kv_spectrum()
    energy = np.array([float(name.split()[0])])
    return KvSpectrum(energy, energy, np.ones(1))


def _shell(spectrum, middle_mm):
    """Mean over the shell's volume."""
    radius = middle_mm - 0.5 + (np.arange(40) + 0.5) / 40
    return np.average(water_gy_per_photon(spectrum, radius), weights=radius**2)


@pytest.mark.parametrize("name", EGS)
def test_dose_per_photon_in_water_is_that_of_egs(name):
    spectrum = _spectrum(name)
    found = {mm: _shell(spectrum, mm) / dose for mm, dose in EGS[name].items()}
    assert found == pytest.approx(dict.fromkeys(EGS[name], 1.0), abs=0.012)


def test_published_falloff_in_water():
    """The reference's facts: r^-2.9 from 3 to 40 mm, D(8)/D(13) = 4.09, so that 8 Gy at 13 mm is 33 Gy at 8 mm."""
    dose = water_gy_per_photon(bundled_kv_spectrum(), np.array([3.0, 8.0, 13.0, 40.0]))
    assert np.log(dose[0] / dose[3]) / np.log(40 / 3) == pytest.approx(2.9, abs=0.05)
    assert dose[1] / dose[2] == pytest.approx(4.09, rel=0.01)


def test_water_hardens_the_spectrum():
    """Mean energy by number: 17.0 keV as emitted (from the file), more behind water; 50 kV is the end."""
    spectrum = bundled_kv_spectrum()
    behind = [mean_energy_kev(spectrum, mm) for mm in (0.0, 5.0, 10.0, 200.0)]
    assert behind[0] == pytest.approx(spectrum.mean_energy_kev)
    assert behind[:3] == pytest.approx([17.0, 24.8, 27.8], abs=0.1)
    assert 40 < behind[3] < 50


@pytest.mark.parametrize("mm", [0.5, 101.0])
def test_distances_without_a_table_are_refused(mm):
    with pytest.raises(DoseError, match=r"1\.\.100 mm"):
        water_gy_per_photon(bundled_kv_spectrum(), [8.0, mm])
