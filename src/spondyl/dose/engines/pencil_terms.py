"""The pencil kernel as a short sum of depth functions times lateral kernels, drawn on pixels.

Bortfeld, Schlegel and Rhein 1993, Med Phys 20:311, doi:10.1118/1.597070 use three such terms; here they are
the leading singular vectors of the kernel's table (Jelen and Alber's likewise separable kernels), as many as
leave less than a thousandth of the broad-beam dose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from spondyl.core import cite
from spondyl.physics import PencilKernel

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PencilTerms:
    """``kernel(r, depth) = sum_k depth_gy_cm2[k](depth) * lateral[k](r)``.

    Parameters
    ----------
    depth_mm
        Shape (d,), regular.
    by_depth
        Shape (k, d).
    r_mm, within
        Radii and, for each term, the lateral kernel's integral within them; shapes (r,) and (k, r).
    """

    depth_mm: Floats
    by_depth: Floats
    r_mm: Floats
    within: Floats

    def broad(self) -> Floats:
        """Dose of an unlimited field of 1 photon/cm2 at each depth, shape (d,)."""
        return self.within[:, -1] @ self.by_depth

    def released(self) -> Floats:
        """`broad` without its build-up, held at its maximum in front of it.

        Electrons that rays of unlike depth exchange differ in number by attenuation, not by build-up.
        """
        return np.maximum.accumulate(self.broad()[::-1])[::-1]

    def compiled(self) -> tuple[Floats, float, float]:
        """For compiled loops: `by_depth` by depth (d, k), first depth and step."""
        return (
            np.ascontiguousarray(self.by_depth.T),
            float(self.depth_mm[0]),
            float(self.depth_mm[1] - self.depth_mm[0]),
        )


@cite("Bortfeld, Schlegel and Rhein 1993, Med Phys 20:311", "10.1118/1.597070", "separable pencil kernel")
def separate(kernel: PencilKernel, tolerance: float = 1e-3, most: int = 8) -> PencilTerms:
    """Split `kernel` into the fewest terms that keep every circular field's dose to `tolerance` of the broad dose."""
    broad = kernel.broad()
    share = kernel.gy_cm2 / broad[None, :]
    left, size, right = np.linalg.svd(share, full_matrices=False)
    circles = np.cumsum(share, axis=0)
    count = 1
    for count in range(1, most + 1):
        approximate = np.cumsum((left[:, :count] * size[:count]) @ right[:count], axis=0)
        if float(np.abs(approximate - circles).max()) < tolerance:
            break
    within = np.concatenate([np.zeros((1, count)), np.cumsum(left[:, :count] * size[:count], axis=0)]).T
    return PencilTerms(kernel.depth_mm, right[:count] * broad, kernel.r_edges_mm, within)


NEAR_MM = (12.0, 32.0)
"""The near part of a kernel is all of it to the first radius, and fades to nothing at the second."""


def near_weight(r_mm: Floats) -> Floats:
    """Share of the kernel that its near part takes at each radius; the far part takes the rest."""
    fade = np.clip((r_mm - NEAR_MM[0]) / (NEAR_MM[1] - NEAR_MM[0]), 0, 1)
    return np.cos(fade * np.pi / 2) ** 2


def pixel_kernel(
    terms: PencilTerms, pixel_mm: float, half_count: int, magnification: float, part: str = "whole"
) -> Floats:
    """Each term's share in each pixel, shape (k, 2 half_count + 1, 2 half_count + 1), centre in the middle.

    Parameters
    ----------
    magnification
        Distance of the plane from the source over the isocentre's: radii shrink by it in isocentre coordinates.
    part
        "whole", or "near" and "far", which add up to it: the far part is smooth enough for wide pixels.
    """
    radius = half_count * pixel_mm * np.sqrt(2) * 1.01
    fine = np.unique(
        np.concatenate([np.arange(0, 20, 0.1), np.arange(20, 100, 0.5), np.arange(100, max(radius, 101) + 2, 2)])
    )
    within = PchipInterpolator(terms.r_mm / magnification, terms.within, axis=1, extrapolate=False)(fine)
    within = np.where(np.isnan(within), terms.within[:, -1:], within)
    energy = np.diff(within, axis=1)
    if part != "whole":
        weight = near_weight((fine[1:] + fine[:-1]) / 2)
        energy = energy * (weight if part == "near" else 1 - weight)
    near = min(half_count, int(np.ceil(10 / pixel_mm)))
    quadrant = _sampled(energy / (np.pi * np.diff(fine**2)), fine, pixel_mm, half_count, max(2, round(pixel_mm)))
    quadrant[:, : near + 1, : near + 1] = _ringed(energy, fine, pixel_mm, near)
    half = np.concatenate([quadrant[:, :0:-1, :], quadrant], axis=1)
    return np.concatenate([half[:, :, :0:-1], half], axis=2)


def _sampled(density: Floats, fine: Floats, pixel_mm: float, half_count: int, parts: int) -> Floats:
    """Mean density times pixel area for pixels 0 .. half_count along both axes, parts x parts points a pixel."""
    offsets = (np.arange(parts) + 0.5) / parts - 0.5
    axis = np.arange(half_count + 1) * pixel_mm
    total = np.zeros((len(density), half_count + 1, half_count + 1))
    for a in offsets * pixel_mm:
        for b in offsets * pixel_mm:
            r = np.hypot((axis + a)[None, :], (axis + b)[:, None])
            ring = np.minimum(np.searchsorted(fine, r, side="right") - 1, density.shape[1] - 1)
            total += density[:, ring]
    return total * (pixel_mm / parts) ** 2


def _ringed(energy: Floats, fine: Floats, pixel_mm: float, half_count: int, azimuths: int = 180) -> Floats:
    """The same near the centre, where the density is steep: every ring's share is kept, spread over its azimuths."""
    angle = (np.arange(azimuths) + 0.5) / azimuths * np.pi / 2
    r = (fine[1:] + fine[:-1]) / 2
    column, row = (np.rint(np.outer(r, f(angle)) / pixel_mm).astype(np.int64) for f in (np.cos, np.sin))
    inside = (column <= half_count) & (row <= half_count)
    # A quadrant holds half of the pixels on its axes and a quarter of the middle one.
    copies = np.where(column == 0, 2, 1) * np.where(row == 0, 2, 1) / (4 * azimuths)
    flat, size = (row * (half_count + 1) + column)[inside], (half_count + 1) ** 2
    rings = [np.bincount(flat, (e[:, None] * copies)[inside], size).reshape(half_count + 1, -1) for e in energy]
    return np.stack(rings).astype(np.float64)
