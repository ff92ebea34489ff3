"""Dose on the axis of square fields in water, fast enough to fit a machine with.

The same physics as the engines: the polyenergetic pencil kernel, integrated over the field's fluence ring by ring.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from spondyl.core.citations import cite
from spondyl.physics.beam_model import BeamModel
from spondyl.physics.pencil_kernel import R_EDGES_MM, PencilKernel, pencil_kernel

Floats = NDArray[np.float64]

_PARTS = (np.arange(4) + 0.5) / 4
_RADII_MM: Floats = np.sqrt(R_EDGES_MM[:-1, None] ** 2 + np.diff(R_EDGES_MM**2)[:, None] * _PARTS)
_ANGLES = (np.arange(48) + 0.5) / 48 * np.pi / 4
_X_MM, _Y_MM = (_RADII_MM[..., None] * f(_ANGLES) for f in (np.cos, np.sin))


@cite("Ahnesjö, Saxner and Trepp 1992, Med Phys 19:263", "10.1118/1.596856", "dose by rings of a pencil kernel")
def axis_dose(
    model: BeamModel,
    field_mm: ArrayLike,
    depth_mm: ArrayLike,
    source_distance_mm: float | None = None,
    kernel: PencilKernel | None = None,
) -> Floats:
    """Dose in water on the axis of square fields, in the beam's dose unit.

    Parameters
    ----------
    model
        The beam.
    field_mm
        Sides of the squares at the isocentre's distance, shape (f,).
    depth_mm
        Depths of the point in water, shape (d,).
    source_distance_mm
        Distance of the point from the source; the isocentre's by default, as for a tissue-phantom ratio.
    kernel
        The spectrum's pencil kernel, where it is at hand.

    Returns
    -------
    Shape (f, d).
    """
    fields, depths = np.atleast_1d(np.asarray(field_mm, float)), np.atleast_1d(np.asarray(depth_mm, float))
    pencil = kernel or pencil_kernel(model.spectrum)
    far = (source_distance_mm or model.sad_mm) / model.sad_mm
    rings = np.stack([ring_fluence(model, side, far) for side in fields])
    curves = rings @ pencil.gy_cm2
    dose = np.stack([np.interp(depths, pencil.depth_mm, curve) for curve in curves])
    if model.contamination is not None:
        electrons = model.contamination
        opening = _square(fields / 2, electrons.sigma_mm) ** 2
        dose += electrons.surface_gy_cm2 * opening[:, None] * np.exp(-depths / electrons.range_mm)
    return dose * model.photons_per_cm2_per_unit / far**2


def ring_fluence(model: BeamModel, side_mm: float, magnification: float = 1.0) -> Floats:
    """Mean relative fluence of a square field over each ring of `R_EDGES_MM` at the point's distance, shape (r,)."""
    x, y = _X_MM / magnification, _Y_MM / magnification
    sigma = max(model.penumbra_sigma_mm, 1e-3)
    fluence = _strip(x, side_mm / 2, sigma) * _strip(y, side_mm / 2, sigma)
    if model.horns is not None:
        fluence = fluence * model.horns.per_solid_angle(_RADII_MM / magnification, model.sad_mm)[..., None]
    if model.head_scatter is not None:
        wide, view = model.head_scatter.at_isocentre(model.sad_mm)
        head = _strip(view * x, side_mm / 2, wide) * _strip(view * y, side_mm / 2, wide)
        fluence = fluence + model.head_scatter.fraction * head
    return fluence.mean(axis=(1, 2))


def _strip(x: Floats, half_mm: float, sigma_mm: float) -> Floats:
    return ndtr((x + half_mm) / sigma_mm) - ndtr((x - half_mm) / sigma_mm)


def _square(half_mm: Floats, sigma_mm: float) -> Floats:
    return 2 * ndtr(half_mm / sigma_mm) - 1
