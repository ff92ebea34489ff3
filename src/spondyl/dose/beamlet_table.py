"""Dose of one beamlet against distance from its centre, depth and distance from the source: what influence reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from spondyl.dose.apertures import CircularAperture
from spondyl.dose.circles import circle_fluence
from spondyl.dose.engines.pencil_terms import PencilTerms, pixel_kernel
from spondyl.dose.fields import Field
from spondyl.dose.fluence import opening
from spondyl.physics import BeamModel, PencilKernel

Floats = NDArray[np.float64]

NEAR_PIXEL_MM = 0.5
FAR_PIXEL_MM = 2.5
LAYER_MM = 60.0
DEPTH_NODES_MM: Floats = np.concatenate(
    [np.arange(0.5, 10, 1.0), np.arange(10.5, 30, 2.0), np.arange(30.5, 60, 5.0), np.arange(60.5, 500, 10.0)]
)


@dataclass(frozen=True)
class BeamletTable:
    """Dose by primary fluence of a beamlet of fluence 1 in water at unit inverse square.

    Parameters
    ----------
    near, far
        float32, shape (layers, depths, v, u): fine close to the beamlet, coarse beyond; index 0 is its centre, and
        by symmetry only one quadrant is kept.
    near_pixel_mm, far_pixel_mm
        Distance between samples in the isocentre plane.
    depth_mm, layers_mm
        Water-equivalent depth, and distance from the source along the axis, of the samples.
    """

    near: NDArray[np.float32]
    far: NDArray[np.float32]
    near_pixel_mm: float
    far_pixel_mm: float
    depth_mm: Floats
    layers_mm: Floats


def beamlet_table(
    terms: PencilTerms,
    model: BeamModel,
    beamlet: Field,
    along_mm: tuple[float, float],
    near_mm: float,
    far_mm: float,
) -> BeamletTable:
    """Tabulate a beamlet.

    Parameters
    ----------
    beamlet
        `square_beamlet` or `disc_beamlet`: symmetric about both axes.
    along_mm
        Least and greatest distance from the source along the axis that will be read.
    near_mm, far_mm
        How far the fine and the coarse part must reach in the isocentre plane.
    """
    low, high = along_mm
    layers = np.linspace(low, high + 1e-3, max(2, int(np.ceil((high - low) / LAYER_MM)) + 1))
    by_depth = np.stack([np.interp(DEPTH_NODES_MM, terms.depth_mm, a) for a in terms.by_depth])
    near_axis = np.arange(int(np.ceil(near_mm / NEAR_PIXEL_MM)) + 2) * NEAR_PIXEL_MM
    far_axis = np.arange(int(np.ceil(max(far_mm, near_mm) / FAR_PIXEL_MM)) + 2) * FAR_PIXEL_MM
    parts = ((NEAR_PIXEL_MM, len(near_axis)), (FAR_PIXEL_MM, len(far_axis)))
    near, far = (
        np.stack([_quadrant(terms, by_depth, beamlet, model, layer, pixel, count) for layer in layers / model.sad_mm])
        for pixel, count in parts
    )
    stacks = [(np.maximum(part, 0) * model.photons_per_cm2_per_unit).astype(np.float32) for part in (near, far)]
    return BeamletTable(stacks[0], stacks[1], NEAR_PIXEL_MM, FAR_PIXEL_MM, DEPTH_NODES_MM, layers)


@dataclass(frozen=True)
class HeadTerm:
    """Dose by head scatter of a beamlet: a Gaussian in the isocentre plane times a depth curve.

    Head scatter is so wide that the spread of dose in water hardly widens it: a beamlet at b gives a point seen
    at p the Gaussian of (b - magnification p), times what water makes of such a Gaussian at its middle.

    Parameters
    ----------
    sigma_mm, magnification
        As `HeadScatter.at_isocentre`.
    by_depth
        Dose on the axis, at `DEPTH_NODES_MM`, of one beamlet of fluence 1 at the axis; zeros where the beam has
        no head scatter.
    """

    sigma_mm: float
    magnification: float
    by_depth: Floats


def head_term(kernel: PencilKernel, model: BeamModel, beamlet: Field) -> HeadTerm:
    """Head scatter of a beamlet."""
    if model.head_scatter is None:
        return HeadTerm(1.0, 1.0, np.zeros(len(DEPTH_NODES_MM)))
    sigma, magnification = model.head_scatter.at_isocentre(model.sad_mm)
    r = (kernel.r_edges_mm[1:] + kernel.r_edges_mm[:-1]) / 2
    curve = np.exp(-((magnification * r / sigma) ** 2) / 2) @ kernel.gy_cm2
    area_mm2 = float(np.diff(beamlet.v_edges_mm) @ beamlet.fluence @ np.diff(beamlet.u_edges_mm))
    share = model.head_scatter.fraction * area_mm2 / (2 * np.pi * sigma**2)
    by_depth = np.interp(DEPTH_NODES_MM, kernel.depth_mm, curve) * share * model.photons_per_cm2_per_unit
    return HeadTerm(sigma, magnification, by_depth)


def _quadrant(
    terms: PencilTerms,
    by_depth: Floats,
    beamlet: Field,
    model: BeamModel,
    magnification: float,
    pixel: float,
    count: int,
) -> Floats:
    """Primary dose at the points of one quadrant, shape (depths, count, count), axes (depth, v, u)."""
    sigma = model.penumbra_sigma_mm
    reach = int(np.ceil((max(beamlet.u_edges_mm[-1], beamlet.v_edges_mm[-1]) + 4 * sigma) / pixel)) + 1
    axis = np.arange(-reach, reach + 1, dtype=np.float64) * pixel
    fluence = opening(beamlet, axis, axis, pixel, sigma)
    kernels = pixel_kernel(terms, pixel, count + reach, magnification)
    spread = np.stack([fftconvolve(kernel, fluence, mode="same") for kernel in kernels])
    middle = count + reach
    corner = spread[:, middle : middle + count, middle : middle + count]
    return np.tensordot(by_depth.T, corner, axes=1)


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
