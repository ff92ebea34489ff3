"""Electrons in slabs by discrete ordinates, beside the streams that the pencil beam follows along its rays.

Broad 6 MV beam, electrons set free evenly in depth, in water with a slab of another material (densities do not matter:
depth counts in g/cm2) and at the end of water. Depth x cosine x energy: 16 Gauss-Legendre cosines, upwind cells,
Fokker-Planck scattering (Molière's transport cross section), continuous slowing down, energy by energy from above.
Here `FORWARD_MM`, `BACK_MM` and `BACK_SHARE` of dose/engines/electron_ray_kernels.py were read off, by vacuum and
titanium. Bone, steel and the others check the law that what comes back grows as scattering per energy loss.

Run: `python bench/physics/electron_slabs.py`. Dose over stopping power, water in equilibrium 1, mean over mm of water.
"""

from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from spondyl.physics import MATERIALS, mass_attenuation, mass_energy_absorption, mohan_6mv
from spondyl.physics.electron_slowing import DEPTH_G_PER_CM2, KINETIC_MEV, electrons_set_free, relative_turning
from spondyl.physics.electrons import mass_collision_stopping_power, scattering_per_g_per_cm2

SPECTRUM = mohan_6mv()
ENERGY_EDGES_MEV = np.concatenate([np.arange(5.5, 1, -0.25), np.arange(1, 0.1, -0.1)])
COSINES = 16
SLAB_MM = (20.0, 40.0)


def depths_mm():
    parts = ((0, 15, 1.0), (15, 19, 0.25), (19, 21, 0.05), (21, 39, 0.5), (39, 41, 0.05), (41, 46, 0.25), (46, 60.1, 1))
    return np.unique(np.round(np.concatenate([np.arange(a, b, h) for a, b, h in parts]), 6))


def legendre_diffusion(mu, weight):
    """Half the angular Laplacian, conservative, for cosines `mu` (Morel 1985)."""
    beta = np.concatenate([[0], -2 * np.cumsum(mu * weight)])
    matrix = np.zeros((len(mu), len(mu)))
    for m in range(len(mu) - 1):
        exchange = beta[m + 1] / (mu[m + 1] - mu[m]) / 2
        for here, there in ((m, m + 1), (m + 1, m)):
            matrix[here, there] += exchange / weight[here]
            matrix[here, here] -= exchange / weight[here]
    return matrix


def peaked(mean_cosine, mu, weight):
    """exp(a mu) with the mean cosine that is wanted, integral 1."""
    low, high = 0.01, 60.0
    for _ in range(60):
        a = (low + high) / 2
        low, high = (a, high) if 1 / np.tanh(a) - 1 / a < mean_cosine else (low, a)
    shape = np.exp(a * (mu - 1))
    return shape / (weight @ shape)


def dose(edges_mm, materials, kerma, vacuum_behind=False):
    """Dose in each cell; kerma per mass over water's. Beyond the ends all stays as it is there, or is vacuum."""
    mu, weight = np.polynomial.legendre.leggauss(COSINES)
    thick, count = np.diff(edges_mm) / 10, len(materials)
    ahead = mu > 0
    index = np.arange(count * COSINES).reshape(count, COSINES)
    to = np.concatenate([index[1:, ahead].ravel(), index[:-1, ~ahead].ravel()])
    come_from = np.concatenate([index[:-1, ahead].ravel(), index[1:, ~ahead].ravel()])
    speed = np.abs(mu)[None, :] / thick[:, None]
    inflow = sparse.csr_matrix(
        (np.concatenate([speed[1:, ahead].ravel(), speed[:-1, ~ahead].ravel()]), (to, come_from)),
        shape=(index.size,) * 2,
    )
    beyond = np.zeros_like(speed)
    beyond[0, ahead] = speed[0, ahead]
    beyond[-1, ~ahead] = 0 if vacuum_behind else speed[-1, ~ahead]
    turn = sparse.csr_matrix(legendre_diffusion(mu, weight))
    number, cosine, _ = electrons_set_free(SPECTRUM.energy_mev, SPECTRUM.photons)
    names = sorted(set(materials))
    which = np.array([names.index(m) for m in materials])
    slowed, total = np.zeros((count, COSINES)), np.zeros(count)
    for high, low in pairwise(ENERGY_EDGES_MEV):
        energy = (high + low) / 2
        stopping = np.array([mass_collision_stopping_power(MATERIALS[n], energy) for n in names])[which]
        turning = np.array([scattering_per_g_per_cm2(MATERIALS[n], np.array([energy]))[0] for n in names])[which]
        leave = stopping / (high - low)
        born = np.digitize(KINETIC_MEV, [low, high]) == 1
        shape = peaked(cosine[born].sum() / number[born].sum(), mu, weight) * number[born].sum()
        lost = sparse.diags((leave[:, None] + speed - beyond).ravel())
        operator = (lost - inflow - sparse.kron(sparse.diags(turning), turn)).tocsc()
        flux = spsolve(operator, (kerma[:, None] * shape + slowed).ravel()).reshape(count, COSINES)
        slowed = flux * leave[:, None]
        total += (flux @ weight) * stopping
    slow = np.digitize(KINETIC_MEV, [low]) == 0
    return total + low * (slowed @ weight) + kerma * (KINETIC_MEV * number)[slow].sum()


def relative_kerma(material):
    water = MATERIALS["water"]
    energy = SPECTRUM.energy_mev
    flux = SPECTRUM.photons * energy * np.exp(-DEPTH_G_PER_CM2 * mass_attenuation(water, energy))
    return flux @ mass_energy_absorption(material, energy) / (flux @ mass_energy_absorption(water, energy))


def main():
    edges = depths_mm()
    centre, thick = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    inside = (centre > SLAB_MM[0]) & (centre < SLAB_MM[1])
    water = np.full(len(centre), "water")
    equilibrium = dose(edges, water, np.ones(len(centre)))[5]

    def mean(values, low, high):
        kept = (centre > low) & (centre < high)
        return np.average(values[kept], weights=thick[kept])

    end = dose(edges, water, np.ones(len(centre)), vacuum_behind=True) / equilibrium
    print(
        "end of water, last 2.5 mm and the 2.5 mm before", round(mean(end, 57.5, 60), 3), round(mean(end, 55, 57.5), 3)
    )
    print("material        turning  kerma/s  | 15-17.5 17.5-20 | 22-38 | 40-42.5 42.5-45 45-50")
    for name in ("adipose", "lung", "bone", "titanium", "steel"):
        material = MATERIALS[name]
        s = mass_collision_stopping_power(material, 1.0) / mass_collision_stopping_power(MATERIALS["water"], 1.0)
        kerma = np.where(inside, relative_kerma(material), 1.0)
        found = dose(edges, np.where(inside, name, water), kerma) / equilibrium / np.where(inside, s, 1)
        means = [mean(found, a, b) for a, b in ((15, 17.5), (17.5, 20), (22, 38), (40, 42.5), (42.5, 45), (45, 50))]
        print(f"{name:14s} {relative_turning(material):8.2f} {relative_kerma(material) / s:8.3f}  ", np.round(means, 3))


if __name__ == "__main__":
    main()
