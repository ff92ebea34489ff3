"""The numbers of the electrons' two flights: energy-weighted Legendre moments of tracks in water, bone and titanium.

Run: `python bench/physics/electron_tracks.py`. First electrons by Klein and Nishina, each with its energy and angle, of
the Mohan 6 MV spectrum behind 7 g/cm2 of water, weighted with their energy; tracks by Lewis (`mean_way`). Prints the
moments of orders 0, 1 and 2 in g/cm2, those of the point kernels (of the place where energy is left), and the constants
of `spondyl.physics.electrons` that follow.
"""

import numpy as np
from scipy.special import eval_legendre

from spondyl.physics import MATERIALS, mass_attenuation, mass_energy_absorption, mohan_6mv, poly_kernel
from spondyl.physics import electrons as e
from spondyl.physics.cross_sections import ELECTRON_MEV

KINETIC_MEV = np.geomspace(0.05, 6.2, 40)


def first_electrons(photon_mev, count=400):
    """Kinetic energies, cosines and energy-weighted shares of Compton electrons of one photon energy."""
    a = photon_mev / ELECTRON_MEV
    left = 1 / (1 + 2 * a) + (np.arange(count) + 0.5) / count * (1 - 1 / (1 + 2 * a))
    cosine = 1 - (1 / left - 1) / a
    kinetic = photon_mev * (1 - left)
    weight = (1 / left + left - (1 - cosine**2)) * kinetic
    angle = np.arctan(1 / ((1 + a) * np.tan(np.arccos(cosine) / 2)))
    return kinetic, np.cos(angle), weight / weight.sum()


def track_moments(material, photon_mev, weight):
    """Moments 0 to 2 of all tracks, g/cm2."""
    ways = [np.array([e.mean_way(material, t, n) for t in KINETIC_MEV]) for n in range(3)]
    total = np.zeros(3)
    for energy, share in zip(photon_mev, weight / weight.sum(), strict=True):
        kinetic, cosine, part = first_electrons(energy)
        total += [
            share * part @ (eval_legendre(n, cosine) * np.interp(kinetic, KINETIC_MEV, ways[n])) for n in range(3)
        ]
    return total


def main():
    beam, water = mohan_6mv(), MATERIALS["water"]
    kept = beam.photons > 0
    energy, photons = beam.energy_mev[kept], beam.photons[kept]
    behind = photons * energy * np.exp(-7 * mass_attenuation(water, energy))
    tracks = {name: track_moments(MATERIALS[name], energy, behind * mass_energy_absorption(water, energy))
              for name in ("water", "bone", "titanium")}  # fmt: skip
    kernel = poly_kernel(energy, behind * mass_attenuation(water, energy))
    middles = (kernel.r_edges_cm[1:] + kernel.r_edges_cm[:-1]) / 2
    cosines = np.cos(np.deg2rad((kernel.cone_edges_deg[1:] + kernel.cone_edges_deg[:-1]) / 2))
    places = [(kernel.primary * middles * eval_legendre(n, cosines)[:, None]).sum() / kernel.primary_fraction
              for n in range(3)]  # fmt: skip
    print("tracks in water, g/cm2:", tracks["water"].round(4), " places of the kernels:", np.round(places, 4))
    for name in ("bone", "titanium"):
        ratio = tracks[name] / tracks["water"]
        one = [e.mean_way(MATERIALS[name], e._FIRST_ELECTRON_MEV, n) / e.mean_way(water, e._FIRST_ELECTRON_MEV, n)
               for n in range(3)]  # fmt: skip
        print(
            f"{name} over water: {ratio.round(3)}, by one electron of {e._FIRST_ELECTRON_MEV} MeV: {np.round(one, 3)}"
        )
    # Lewis's forward way is 5 % below the kernels' (no spin in the cross section): his second moment is raised alike.
    second = tracks["water"][2] * places[1] / tracks["water"][1]
    length = e.WANDERING_LENGTH * places[0]
    print(f"flight {length:.3f} g/cm2; crossing {(tracks['water'][0] + 1.25 * second) / length:.2f} of it, "
          f"sideways {1.25 * second / tracks['water'][0]:.2f} of the fluence")  # fmt: skip


if __name__ == "__main__":
    main()
