"""Where a beamlet's dose goes in water, layer by layer of widths: what influence reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from spondyl.dose.apertures import CircularAperture
from spondyl.dose.circles import circle_fluence
from spondyl.dose.engines.pencil_terms import PencilTerms, pixel_kernel
from spondyl.dose.fields import Field
from spondyl.dose.fluence import opening
from spondyl.physics import BeamModel, PencilKernel

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

NEAR_PIXEL_MM = 0.5
FAR_PIXEL_MM = 2.5
LAYER_RATIO = 1.15
"""Distance from the source, times the density that the kernel is as wide as in, from one layer to the next."""
PRIMARY_DEPTHS_MM: Floats = np.array([0.5, 3.5, 6.5, 9.5, 12.5, 16.5, 24.5, 60.5, 130.5, 250.5])
SCATTER_DEPTHS_MM: Floats = np.concatenate(
    [[0.5, 2.5, 5.5, 9.5, 14.5, 20.5, 28.5, 38.5], np.arange(50.5, 320, 15.0), [350.5, 420.5, 490.5]]
)
"""Depths whose shapes are kept; a row takes the nearest. How much dose there is goes by the row's own depth."""


class BeamletTable:
    """Share of an unlimited field's dose that a beamlet gives, around its centre, in water.

    Of several beamlets, their mean around the middle of them all.

    Made layer by layer as they are needed. By symmetry only one quadrant is kept; index 0 is the beamlet's centre.

    Parameters
    ----------
    terms
        The kernel's part.
    depths_mm
        Depths whose shapes are kept.
    model
        The beam, for its penumbra.
    beamlet
        `square_beamlet` or `disc_beamlet`: symmetric about both axes.
    places_mm
        Along u and along v, where beamlets stand; symmetric about 0.
    pixel_mm, reach_mm
        Distance between samples in the isocentre plane, and how far they must reach.

    Attributes
    ----------
    half_mm
        How far from the middle the beamlets open, along u or v.
    """

    def __init__(
        self,
        terms: PencilTerms,
        depths_mm: Floats,
        model: BeamModel,
        beamlet: Field,
        places_mm: tuple[Floats, Floats],
        pixel_mm: float,
        reach_mm: float,
    ) -> None:
        by_depth = np.stack([np.interp(depths_mm, terms.depth_mm, a) for a in terms.by_depth])
        self._terms, self._pixel_mm = terms, pixel_mm
        self._share = (by_depth / (terms.within[:, -1] @ by_depth)).T
        self._count = int(np.ceil(reach_mm / pixel_mm)) + 2
        sigma, edges = model.penumbra_sigma_mm, (beamlet.u_edges_mm, beamlet.v_edges_mm)
        self.half_mm = max(float(e[-1] + p[-1]) for e, p in zip(edges, places_mm, strict=True))
        self._reach = int(np.ceil((self.half_mm + 4 * sigma) / pixel_mm)) + 1
        axis = np.arange(-self._reach, self._reach + 1, dtype=np.float64) * pixel_mm
        all_open = [opening(beamlet, axis - u, axis - v, pixel_mm, sigma) for u in places_mm[0] for v in places_mm[1]]
        fluence = np.mean(all_open, axis=0)
        # What wraps round falls outside the quadrant that is kept.
        self._size = (next_fast_len(2 * (self._count + self._reach) + 1, real=True),) * 2
        self._fluence = rfft2(fluence, self._size)
        self._layers: dict[int, Floats32] = {}
        self._stack: tuple[int, Floats32] | None = None

    def layers(self, first: int, last: int) -> tuple[int, Floats32]:
        """Layers from `first` or before to `last` or beyond.

        Layer n holds kernels as narrow as ``LAYER_RATIO**n`` makes them in the isocentre plane.

        Returns
        -------
        The first layer's number, and float32 of shape (layers, depths, v, u).
        """
        if not self._layers or first not in self._layers or last not in self._layers:
            low, high = min([first, *self._layers]), max([last, *self._layers])
            for n in range(low, high + 1):
                self._layers.setdefault(n, self._quadrant(LAYER_RATIO**n))
            self._stack = low, np.stack([self._layers[n] for n in range(low, high + 1)])
        assert self._stack is not None
        return self._stack

    def _quadrant(self, magnification: float) -> Floats32:
        middle = self._count + self._reach
        kernels = pixel_kernel(self._terms, self._pixel_mm, middle, magnification)
        spread = irfft2(rfft2(kernels, self._size) * self._fluence, self._size)
        kept = slice(middle + self._reach, middle + self._reach + self._count)
        return np.maximum(np.tensordot(self._share, spread[:, kept, kept], axes=1), 0).astype(np.float32)


def head_curve(kernel: PencilKernel, model: BeamModel, beamlet: Field) -> Floats:
    """Dose at `kernel.depth_mm` by head scatter of a beamlet of fluence 1 at the axis, on the axis; zeros without any.

    Head scatter is so wide that the spread of dose in water hardly widens it: a beamlet at b gives a point seen
    at p the Gaussian of (b - magnification p), times what water makes of such a Gaussian at its middle.
    """
    if model.head_scatter is None:
        return np.zeros(len(kernel.depth_mm))
    sigma, magnification = model.head_scatter.at_isocentre(model.sad_mm)
    r = (kernel.r_edges_mm[1:] + kernel.r_edges_mm[:-1]) / 2
    curve = np.exp(-((magnification * r / sigma) ** 2) / 2) @ kernel.gy_cm2
    area_mm2 = float(np.diff(beamlet.v_edges_mm) @ beamlet.fluence @ np.diff(beamlet.u_edges_mm))
    return curve * model.head_scatter.fraction * area_mm2 / (2 * np.pi * sigma**2)


def square_beamlet(size_mm: tuple[float, float]) -> Field:
    """A rectangle of fluence 1 on the axis, with sides along u and v in the isocentre plane."""
    u, v = (np.array([-0.5, 0.5]) * side for side in size_mm)
    return _on_axis(u, v, np.ones((1, 1)))


def disc_beamlet(diameter_mm: float) -> Field:
    """A circle of fluence 1 on the axis."""
    edges, _, opened = circle_fluence(CircularAperture(diameter_mm), NEAR_PIXEL_MM)
    return _on_axis(edges, edges, opened)


def _on_axis(u_edges_mm: Floats, v_edges_mm: Floats, fluence: Floats) -> Field:
    return Field("beamlet", (0, 0, -1000), (0, 0, 0), (1, 0, 0), (0, 1, 0), u_edges_mm, v_edges_mm, fluence)
