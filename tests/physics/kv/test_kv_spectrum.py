"""Kilovoltage spectra: bins, lines, and files that are refused."""

import numpy as np
import pytest

from spondyl.core.errors import SpondylError
from spondyl.physics.kv import KvSpectrum, bundled_kv_spectrum, read_kv_spectrum


def _read(folder, text):
    (folder / "s.csv").write_text(text)
    return read_kv_spectrum(folder / "s.csv")


def test_the_bundled_spectrum_has_half_kev_bins_and_its_mean():
    spectrum = bundled_kv_spectrum()
    assert spectrum.high_kev - spectrum.low_kev == pytest.approx(0.5)
    assert spectrum.low_kev[0] == pytest.approx(5.0)
    assert spectrum.photons.sum() == pytest.approx(1)
    assert spectrum.mean_energy_kev == pytest.approx(16.982, abs=1e-3)  # sum of the file's energy times photons


def test_one_row_is_a_line_and_several_are_bins(tmp_path):
    line = _read(tmp_path, "energy_kev,photons\n30,7\n")
    assert (line.low_kev == line.high_kev).all()
    assert line.mean_energy_kev == pytest.approx(30)
    bins = _read(tmp_path, "energy_kev,photons\n10,1\n12,1\n16,2\n")
    assert bins.low_kev == pytest.approx([9, 11, 14])
    assert bins.high_kev == pytest.approx([11, 14, 18])
    assert bins.cumulative == pytest.approx([0.25, 0.5, 1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("energy_kev,photons\n20,-1\n", r"s\.csv: weights must be finite and not negative, got -1 at 20 keV; correct"),
        ("energy_kev,photons\n20,nan\n", "got nan at 20 keV"),
        ("energy_kev,photons\n20,inf\n", "got inf at 20 keV"),
        ("energy_kev,photons\n20,1\n30000,1\n", r"must lie in \(0, 20000\] keV, got 20..30000; .* column's name"),
        ("energy_kev,photons\n20,0\n30,0\n", "no photons"),
        ("energy_kev,photons\n", "no rows"),
        ("energy_kev,photons\n20,1\n120,1\n", "to 170 keV, expected 1 to 100 keV"),
        ("energy_kev,photons\n0.5,1\n", "from 0.5 to 0.5 keV, expected 1 to 100 keV"),
        ("energy_mev,photons\n6,1\n", "check its energy unit"),
        ("energy,photons\n20,1\n", "expected energy_mev,photons or energy_kev,photons"),
        ("energy_kev,photons\n20,many\n", "every line must be two numbers"),
    ],
)
def test_a_spectrum_that_cannot_be_is_refused(tmp_path, text, says):
    with pytest.raises(SpondylError, match=says):
        _read(tmp_path, text)


def test_photons_that_are_not_numbers_are_refused():
    with pytest.raises(SpondylError, match="finite"):
        KvSpectrum(np.array([20.0]), np.array([20.0]), np.array([np.nan]))
