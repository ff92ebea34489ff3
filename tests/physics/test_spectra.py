import numpy as np
import pytest

from spondyl.core.errors import MachineError
from spondyl.physics import Spectrum, mohan_6mv, mono_kernel, poly_kernel, read_spectrum_csv


def test_mean_energy_of_the_mohan_spectrum():
    assert mohan_6mv().mean_energy_mev == pytest.approx(1.90, abs=0.005)  # reference README: 1.90 MeV


def test_kev_and_mev_files_agree(tmp_path):
    (tmp_path / "a.csv").write_text("energy_mev,photons\n1,2\n2,1\n")
    (tmp_path / "b.csv").write_text("# comment\nenergy_kev,photons\n1000,2\n2000,1\n")
    a, b = read_spectrum_csv(tmp_path / "a.csv"), read_spectrum_csv(tmp_path / "b.csv")
    assert a.energy_mev.tolist() == b.energy_mev.tolist() == [1.0, 2.0]
    assert a.photons.tolist() == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("energy_mev,photons\n1,-1\n2,3\n", "s.csv: weights must be finite and not negative, got -1 at 1 MeV"),
        ("energy_mev,photons\n2,1\n1,1\n", "increase"),
        ("energy_mev,photons\n1,nan\n", "finite"),
        ("energy_mev,photons\n1,0\n", "no photons"),
        ("e,n\n1,1\n", "columns"),
        ("energy_mev,photons\n1,x\n", "two numbers"),
        ("energy_mev,photons\n", "no rows"),
    ],
)
def test_bad_spectra_are_refused(tmp_path, text, says):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(MachineError, match=says):
        read_spectrum_csv(tmp_path / "s.csv")


def test_missing_spectrum_file(tmp_path):
    with pytest.raises(MachineError, match="cannot be read"):
        read_spectrum_csv(tmp_path / "none.csv")


def test_kernel_keeps_what_leaves_the_sphere_out():
    # Listed with the kernels: at 2 MeV 4.2325 % leaves the 60 cm sphere.
    kernel = mono_kernel(2.0)
    assert 1 - kernel.primary_fraction - kernel.scatter_fraction == pytest.approx(0.042325, abs=1e-5)


def test_kernel_between_energies_is_linear():
    low, high, middle = mono_kernel(1.0), mono_kernel(1.5), mono_kernel(1.25)
    assert middle.primary == pytest.approx((low.primary + high.primary) / 2)


def test_poly_kernel_weights_by_energy_released():
    kernel = poly_kernel(np.array([1.0, 2.0]), np.array([3.0, 1.0]))
    assert kernel.primary_fraction == pytest.approx(
        0.75 * mono_kernel(1.0).primary_fraction + 0.25 * mono_kernel(2.0).primary_fraction
    )


def test_spectrum_is_scaled_to_one_photon():
    assert Spectrum(np.array([1.0, 2.0]), np.array([5.0, 5.0])).photons.tolist() == [0.5, 0.5]
