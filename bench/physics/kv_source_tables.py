"""The miniature source in numbers: its depth-dose table, what published facts say beside it, what unknown walls change.

Run: `python bench/physics/kv_source_tables.py`. The tables of docs/theory/kilovoltage-source.md and the depth dose of
data/machines/kv/miniature-50kv.yaml are its output.
"""

import numpy as np
from scipy.optimize import brentq

from spondyl.physics import find_material, mass_attenuation, mass_energy_absorption
from spondyl.physics.kv.filtration import Layer, filtered
from spondyl.physics.kv.source import load_kv_source
from spondyl.physics.kv.spectrum import KvSpectrum, bundled_kv_spectrum
from spondyl.physics.kv.water_response import mean_energy_kev, water_gy_per_photon

REFERENCE_MM, REFERENCE_GY_PER_MIN = 8.0, 7.04
DEPTHS_MM = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 20, 25, 30, 35, 40, 50, 60, 80, 100)
WALLS = (
    ("as shipped", ()), ("0.5 mm PEEK", (("peek", 0.5),)), ("1 mm PEEK", (("peek", 1.0),)),
    ("3 mm PEEK", (("peek", 3.0),)), ("0.05 mm steel", (("steel", 0.05),)), ("0.1 mm steel", (("steel", 0.1),)),
    ("0.1 mm titanium", (("titanium", 0.1),)), ("0.5 um more gold", (("gold", 0.0005),)),
    ("1 um more gold", (("gold", 0.001),)), ("2 um more gold", (("gold", 0.002),)),
)  # fmt: skip


def layers(words):
    return [Layer(find_material(name), mm) for name, mm in words]


def middle(spectrum):
    return (spectrum.low_kev + spectrum.high_kev) / 2


def half_value_layer_mm(spectrum, water_mm=0.0):
    """In aluminium, by air kerma, narrow beam, behind water."""
    energy = middle(spectrum)
    water, al, air = find_material("water"), find_material("aluminium"), find_material("air")
    kerma = spectrum.photons * energy * mass_energy_absorption(air, energy / 1000)
    kerma = kerma * np.exp(-mass_attenuation(water, energy / 1000) * water_mm / 10)
    mu = al.density_g_per_cm3 * mass_attenuation(al, energy / 1000) / 10
    return brentq(lambda t: kerma @ np.exp(-mu * t) / kerma.sum() - 0.5, 1e-4, 20)


def effective_energy_kev(hvl_mm):
    """Of one energy with the same half-value layer."""
    return brentq(lambda e: half_value_layer_mm(KvSpectrum(np.array([e]), np.array([e]), np.ones(1))) - hvl_mm, 6, 60)


def shape(spectrum):
    """Dose rate at 5, 13, 20, 30 mm with the reference rate at 8 mm, and D8/D13."""
    at = water_gy_per_photon(spectrum, np.array([8.0, 5.0, 13.0, 20.0, 30.0]))
    return REFERENCE_GY_PER_MIN * at[1:] / at[0], at[0] / at[2]


def main() -> None:
    spectrum = bundled_kv_spectrum()
    rate = REFERENCE_GY_PER_MIN / float(water_gy_per_photon(spectrum, REFERENCE_MM))
    depths = np.asarray(DEPTHS_MM, float)
    print("depth_mm:", list(DEPTHS_MM))
    print("dose_rate_gy_per_min:", [float(f"{v:.4g}") for v in rate * water_gy_per_photon(spectrum, depths)])
    print(f"photons a minute: {rate:.4g}\n")

    print("depth of water mm | mean energy keV | HVL mm Al | effective energy keV")
    for water_mm in (0, 5, 10, 20):
        hvl = half_value_layer_mm(spectrum, water_mm)
        print(
            f"{water_mm:5} | {mean_energy_kev(spectrum, water_mm):5.1f} | {hvl:.3f} | {effective_energy_kev(hvl):.1f}"
        )
    d8, d13 = water_gy_per_photon(spectrum, np.array([8.0, 13.0]))
    near, far = water_gy_per_photon(spectrum, np.array([3.0, 40.0]))
    print(f"\nD8/D13 {d8 / d13:.3f}; 8 Gy at 13 mm is {8 * d8 / d13:.1f} Gy at 8 mm")
    print(f"falloff 3 to 40 mm: r^-{np.log(near / far) / np.log(40 / 3):.2f}\n")

    print(
        "wall | photons through % | mean keV | D8/D13 | Gy/min at 5, 13, 20, 30 mm, 7.04 at 8 | change at 13, 20, 30 %"
    )
    plain, _ = shape(spectrum)
    for name, words in WALLS:
        behind, share = filtered(spectrum, layers(words))
        rates, ratio = shape(behind)
        change = 100 * (rates / plain - 1)
        print(
            f"{name} | {100 * share:.0f} | {behind.mean_energy_kev:.1f} | {ratio:.2f} | "
            + ", ".join(f"{v:.3f}" for v in rates) + " | " + ", ".join(f"{v:+.0f}" for v in change[1:])
        )  # fmt: skip
    print("\nsurface from source mm | Gy/min at 8, 13 mm")
    for surface in (1.6, 2.2, 2.5, 3.0, 3.5):
        at = water_gy_per_photon(spectrum, np.array([5 + surface, 8.0, 13.0]))
        print(f"{surface} | {7.04 * at[1] / at[0]:.2f} | {7.04 * at[2] / at[0]:.2f}")
    source = load_kv_source()
    print("\nmodel over the shipped table:", np.round(source.model_over_table(np.array([5.0, 10.0, 20.0, 40.0])), 4))


if __name__ == "__main__":
    main()
