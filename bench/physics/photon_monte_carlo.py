# ruff: noqa: NPY002
"""A photon Monte Carlo of collision kerma in slabs: the scattered spectrum, and a check of the collapsed cone.

Run: `python bench/physics/photon_monte_carlo.py`. Photons only: Compton by Klein and Nishina, pairs with two 0.511 MeV
photons, photoelectric absorption; no bremsstrahlung, no coherent scattering. Kerma by track length near the axis.
Prints the shares of `data/physics/scattered_photons_water.csv`, and the engine's dose over kerma in slabs.
"""

import numpy as np
from numba import njit, prange

import spondyl.physics as p
from spondyl.core import Grid
from spondyl.dose import Field, compute_dose
from spondyl.physics.cross_sections import mass_coefficients, mass_energy_absorption

EG = np.exp(np.linspace(np.log(0.01), np.log(6.2), 600))


def tables(mats):
    T, A = [], []
    for m in mats:
        c = mass_coefficients(m, EG)
        T.append(np.stack([c.photoelectric, c.incoherent, c.pair + c.triplet]) * m.density_g_per_cm3)
        A.append(mass_energy_absorption(m, EG))
    return np.array(T), np.array(A)


@njit(fastmath=True)
def kn(E):
    a = E / 0.511
    while True:
        e0 = 1 / (1 + 2 * a)
        a1 = -np.log(e0)
        a2 = 0.5 * (1 - e0 * e0)
        if np.random.random() * (a1 + a2) < a1:
            e = np.exp(-a1 * np.random.random())
        else:
            e = np.sqrt(e0 * e0 + (1 - e0 * e0) * np.random.random())
        t = (1 - e) / (a * e)
        s2 = t * (2 - t)
        if np.random.random() <= 1 - e * s2 / (1 + e * e):
            return E * e, 1 - t


@njit(fastmath=True)
def rot(u, v, w, ct, ph):
    st = np.sqrt(max(0.0, 1 - ct * ct))
    c = np.cos(ph)
    s = np.sin(ph)
    if abs(w) > 0.99999:
        return st * c, st * s, ct * np.sign(w)
    r = np.sqrt(1 - w * w)
    return u * ct + st * (u * w * c - v * s) / r, v * ct + st * (v * w * c + u * s) / r, w * ct - st * c * r


@njit(parallel=True, fastmath=True)
def run(n, nth, mat, T, A, le0, dle, ebins, cdf, half_field, hw, half, dz, nz, slo, shi):
    K = np.zeros((nth, 2, nz))
    S = np.zeros((nth, 60))
    for th in prange(nth):
        np.random.seed(1000 + th)
        su = np.empty(64)
        sv = np.empty(64)
        sw = np.empty(64)
        sx = np.empty(64)
        sy = np.empty(64)
        sz = np.empty(64)
        sE = np.empty(64)
        so = np.empty(64)
        for _ in range(n // nth):
            b = np.searchsorted(cdf, np.random.random())
            E = ebins[b] + (np.random.random() - 0.5) * 0.25
            if E < 0.011:
                E = 0.011
            X = (2 * np.random.random() - 1) * half_field
            Y = (2 * np.random.random() - 1) * half_field
            r = np.sqrt(X * X + Y * Y + 1e4)
            wgt = 1e6 / r**3  # isotropic weights relative plane sampling (cm), iso at 100cm
            u, v, w = X / r, Y / r, 100 / r
            t = 90 / w
            ns = 1
            sx[0] = u * t
            sy[0] = v * t
            sz[0] = 0.0
            su[0] = u
            sv[0] = v
            sw[0] = w
            sE[0] = E
            so[0] = 0
            while ns > 0:
                ns -= 1
                x = sx[ns]
                y = sy[ns]
                z = sz[ns]
                u = su[ns]
                v = sv[ns]
                w = sw[ns]
                E = sE[ns]
                o = so[ns]
                while True:
                    fi = (np.log(E) - le0) / dle
                    i = int(fi)
                    f = fi - i
                    tau = -np.log(1 - np.random.random())
                    dead = False
                    while True:
                        k = int(np.floor(z / dz))
                        if w > 0:
                            kk = int(np.floor(z / dz + 1e-7))
                            d = ((kk + 1) * dz - z) / w
                            k = kk
                        else:
                            kk = int(np.ceil(z / dz - 1e-7)) - 1
                            d = (kk * dz - z) / w
                            k = kk
                        if k < 0 or k >= nz or abs(x) > half or abs(y) > half:
                            dead = True
                            break
                        m = mat[k]
                        mu = 0.0
                        for q in range(3):
                            mu += T[m, q, i] * (1 - f) + T[m, q, i + 1] * f
                        hit = tau < mu * d
                        if hit:
                            d = tau / mu
                        xm = x + u * d * 0.5
                        ym = y + v * d * 0.5
                        if abs(xm) < hw and abs(ym) < hw:
                            en = A[m, i] * (1 - f) + A[m, i + 1] * f
                            K[th, 1 if o > 0 else 0, k] += wgt * d * E * en
                            if o > 0 and slo <= z < shi:
                                S[th, min(59, int(E / 0.05))] += wgt * d * E
                        x += u * d
                        y += v * d
                        z += w * d
                        if hit:
                            break
                        tau -= mu * d
                    if dead:
                        break
                    pe = T[m, 0, i] * (1 - f) + T[m, 0, i + 1] * f
                    co = T[m, 1, i] * (1 - f) + T[m, 1, i + 1] * f
                    q = np.random.random() * mu
                    o += 1
                    if q < pe:
                        break
                    elif q < pe + co:
                        E2, ct = kn(E)
                        u, v, w = rot(u, v, w, ct, 2 * np.pi * np.random.random())
                        E = E2
                        if E < 0.0105:
                            break
                    else:
                        ct = 2 * np.random.random() - 1
                        ph = 2 * np.pi * np.random.random()
                        s = np.sqrt(1 - ct * ct)
                        if ns < 62:
                            sx[ns] = x
                            sy[ns] = y
                            sz[ns] = z
                            su[ns] = -s * np.cos(ph)
                            sv[ns] = -s * np.sin(ph)
                            sw[ns] = -ct
                            sE[ns] = 0.511
                            so[ns] = o
                            ns += 1
                        u = s * np.cos(ph)
                        v = s * np.sin(ph)
                        w = ct
                        E = 0.511
    return K.sum(0), S.sum(0)


def slab(layers, fs, n, hw=1.0, half=17.0, dz=0.5, nz=60, slo=5, shi=15):
    """layers: list of (material, z_lo, z_hi) over water; returns dose-like Gy cm2 (kerma), spectrum"""
    mats = [p.MATERIALS["water"]]
    mat = np.zeros(nz, np.int64)
    for m, lo, hi in layers:
        mats.append(m)
        mat[round(lo / dz) : round(hi / dz)] = len(mats) - 1
    T, A = tables(mats)
    s = p.mohan_6mv()
    le0 = np.log(EG[0])
    dle = np.log(EG[1]) - le0
    K, S = run(n, 8, mat, T, A, le0, dle, s.energy_mev, np.cumsum(s.photons), fs / 2, hw, half, dz, nz, slo, shi)
    # Photons are spread evenly over the field in the isocentre plane and weighted to isotropic emission.
    K = K * 1.602176634e-10 / ((2 * hw) ** 2 * dz) / (n / fs**2)
    return K, S


CASES = {"water": [], "bone": [("bone", 5, 8)], "lung": [("lung", 5, 13)], "titanium": [("titanium", 5, 6)]}


def engine_over_kerma(layers, side_mm, photons):
    """Dose of the collapsed cone over collision kerma, every 0.5 cm along the axis; and the scattered spectrum."""
    kerma, spectrum = slab([(p.MATERIALS[m], low, high) for m, low, high in layers], side_mm / 10, photons)
    grid = Grid((-98.75, -98.75, 1.25), (2.5,) * 3, (120, 80, 80))
    density, index = np.ones(grid.shape, np.float32), np.zeros(grid.shape, np.uint8)
    materials = [p.MATERIALS["water"]]
    for name, low, high in layers:
        materials.append(p.MATERIALS[name])
        density[int(low * 4) : int(high * 4)] = materials[-1].density_g_per_cm3
        index[int(low * 4) : int(high * 4)] = len(materials) - 1
    edges = np.array([-side_mm / 2, side_mm / 2])
    field = Field("open", (0, 0, -900), (0, 0, 100), (1, 0, 0), (0, 1, 0), edges, edges, np.ones((1, 1)))
    medium = p.Medium(grid, density, index, tuple(materials))
    dose = compute_dose([field], medium, p.bare_beam(p.mohan_6mv())).values
    axis = dose[:, 36:44, 36:44].mean(axis=(1, 2)).reshape(60, 2).mean(axis=1)
    return axis / kerma.sum(axis=0), spectrum / spectrum.sum()


if __name__ == "__main__":
    for side_mm in (100, 40):
        for name, layers in CASES.items():
            ratio, spectrum = engine_over_kerma(layers, side_mm, 2_000_000)
            if name == "water":
                print(f"{side_mm} mm: shares of scattered energy fluence", spectrum.round(5).tolist())
            print(f"{side_mm} mm, {name}: dose / kerma from 3 to 15 cm", ratio[6:30].round(3).tolist())
