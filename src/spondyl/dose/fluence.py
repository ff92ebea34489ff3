"""Photon fluence in air at the isocentre plane: what both engines start from.

The value at (u, v) is defined per solid angle: it is the fluence in photons/cm2 that a point in the isocentre
plane would see if it stood at the isocentre's distance from the source. A point p on the same ray sees
``value * (SAD / |p - source|)**2`` in vacuum, so an isotropic point source has the same value everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from spondyl.core import cite
from spondyl.core.errors import DoseError
from spondyl.dose.fields import Field
from spondyl.physics import BeamModel, HeadScatter

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FluenceMap:
    """Fluence of one field.

    Parameters
    ----------
    u_mm, v_mm
        Pixel centres in the isocentre plane, regular and ascending.
    photons_per_cm2
        float64, shape (nv, nu): mean over each pixel, as this module defines it.
    """

    u_mm: Floats
    v_mm: Floats
    photons_per_cm2: Floats

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Pixel size along u and v."""
        return float(self.u_mm[1] - self.u_mm[0]), float(self.v_mm[1] - self.v_mm[0])


@cite("Ahnesjö 1994, Med Phys 21:1227 (head scatter as an extended source)", "10.1118/1.597205")
def incident_fluence(
    field: Field, model: BeamModel, *, pixel_mm: float = 1.0, margin_mm: float | None = None
) -> FluenceMap:
    """Fluence of `field` in air at the isocentre plane.

    Each pixel is the exact mean over its area of the beamlets it overlaps, so a sharp edge keeps its place to a
    fraction of a pixel. The source's size blurs the edges, the head adds its scatter, the horns multiply the
    primary part.

    Parameters
    ----------
    field
        Beamlets with fluence in MU for a machine, photons/cm2 for a bare beam.
    model
        The beam.
    pixel_mm
        Pixel side.
    margin_mm
        How far the map reaches beyond the outermost beamlet edges; by default one pixel for a sharp beam, else
        four standard deviations of the penumbra or two and a half of the head scatter, whichever is wider.

    Raises
    ------
    DoseError
        If the pixel is not positive, or the field's source does not lie at the model's SAD.
    """
    if not pixel_mm > 0:
        raise DoseError(f"fluence pixel_mm must be positive, got {pixel_mm}")
    if abs(field.sad_mm - model.sad_mm) > 0.5:
        raise DoseError(
            f'field "{field.name}" has its source {field.sad_mm:.1f} mm from the isocentre, '
            f'beam "{model.name}" has SAD {model.sad_mm:.1f} mm; move the source'
        )
    margin = _margin_mm(model, pixel_mm) if margin_mm is None else margin_mm
    u, v = (_centres(edges, pixel_mm, margin) for edges in (field.u_edges_mm, field.v_edges_mm))
    total = opening(field, u, v, pixel_mm, model.penumbra_sigma_mm)
    if model.horns is not None:
        total = total * model.horns.per_solid_angle(np.hypot(u[None, :], v[:, None]), model.sad_mm)
    if model.head_scatter is not None:
        total = total + _head_opening(field, model.head_scatter, model.sad_mm, u, v, pixel_mm)
    return FluenceMap(u, v, total * model.photons_per_cm2_per_unit)


def head_fluence(field: Field, model: BeamModel, pixel_mm: float) -> FluenceMap:
    """The part of `incident_fluence` that is scattered in the head.

    Raises
    ------
    DoseError
        If the beam has no head scatter.
    """
    if model.head_scatter is None:
        raise DoseError(f'beam "{model.name}" has no head scatter, expected one; leave its fluence out')
    margin = _margin_mm(model, pixel_mm)
    u, v = (_centres(edges, pixel_mm, margin) for edges in (field.u_edges_mm, field.v_edges_mm))
    total = _head_opening(field, model.head_scatter, model.sad_mm, u, v, pixel_mm)
    return FluenceMap(u, v, total * model.photons_per_cm2_per_unit)


def _head_opening(
    field: Field, head: HeadScatter, sad_mm: float, u_mm: Floats, v_mm: Floats, pixel_mm: float
) -> Floats:
    sigma_mm, magnification = head.at_isocentre(sad_mm)
    return head.fraction * opening(field, u_mm, v_mm, pixel_mm, sigma_mm, magnification)


def blurred_opening(field: Field, u_mm: Floats, v_mm: Floats, sigma_mm: float) -> Floats:
    """The field's beamlet fluence blurred by a Gaussian, at each pair (v, u) of points; shape (nv, nu)."""
    return opening(field, u_mm, v_mm, 0.0, sigma_mm)


def _margin_mm(model: BeamModel, pixel_mm: float) -> float:
    penumbra = 4 * model.penumbra_sigma_mm
    head = 0.0
    if model.head_scatter is not None:
        sigma_mm, magnification = model.head_scatter.at_isocentre(model.sad_mm)
        head = 2.5 * sigma_mm / magnification
    return max(pixel_mm, penumbra, head)


def _centres(edges_mm: Floats, pixel_mm: float, margin_mm: float) -> Floats:
    low, high = edges_mm[0] - margin_mm, edges_mm[-1] + margin_mm
    count = int(np.ceil((high - low) / pixel_mm - 1e-9))
    return (low + high) / 2 + (np.arange(count) - (count - 1) / 2) * pixel_mm


def opening(field: Field, u: Floats, v: Floats, pixel_mm: float, sigma_mm: float, magnification: float = 1.0) -> Floats:
    """The field's beamlet fluence blurred by a Gaussian and read at `magnification` times u and v; shape (nv, nu).

    Mean over pixels of side `pixel_mm`, or values at the points where that is 0.
    """
    half = pixel_mm / 2
    along_u = _shares(field.u_edges_mm, magnification * (u - half), magnification * (u + half), sigma_mm)
    along_v = _shares(field.v_edges_mm, magnification * (v - half), magnification * (v + half), sigma_mm)
    return along_v @ field.fluence @ along_u.T


def _shares(edges: Floats, low: Floats, high: Floats, sigma: float) -> Floats:
    """Mean over [low, high] of each beamlet's indicator blurred with sigma; shape (pixels, beamlets)."""
    if sigma <= 0:
        overlap = np.minimum(high[:, None], edges[None, 1:]) - np.maximum(low[:, None], edges[None, :-1])
        return np.clip(overlap, 0, None) / (high - low)[:, None]
    if bool((high - low).max() <= 0):
        steps = ndtr((low[:, None] - edges[None, :]) / sigma)
    else:
        t0, t1 = (low[:, None] - edges) / sigma, (high[:, None] - edges) / sigma
        steps = (_ndtr_integral(t1) - _ndtr_integral(t0)) / (t1 - t0)
    return steps[:, :-1] - steps[:, 1:]


def _ndtr_integral(t: Floats) -> Floats:
    return t * ndtr(t) + np.exp(-0.5 * t**2) / np.sqrt(2 * np.pi)
