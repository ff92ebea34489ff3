"""What scattered photons make of the scatter dose along rays: how much of it, and how wide it spreads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from spondyl.dose.engines.electron_ray_kernels import WIDTHS
from spondyl.dose.engines.pencil_terms import PencilTerms
from spondyl.dose.radiological import Fan

SCATTER_RAY_MM = 4.0
SCATTER_MEMORY_MM = (30.0, 100.0)
"""How far up the ray density decides the spread of scatter, near and far part of the kernel. Scatter left 5 to 15 mm
from a ray was released 23 to 33 mm upstream, and 30 to 80 mm from it 80 to 110 mm (medians of the point kernels)."""
SCATTER_BESIDE_MM = (10.0, 60.0)
"""Across the rays: the nearest odd number of rays, 12 and 60 mm with rays 4 mm apart."""


def scatter_rays(fan: Fan, terms: PencilTerms) -> NDArray[np.float32]:
    """Near and far part of scatter at each point of `fan`, as `electron_rays` gives its streams.

    What is released beside a ray reaches it too: each part is averaged across the rays, and so is density.
    """
    met = (fan.depth_mm > 0).astype(np.float32)
    broad = np.interp(fan.depth_mm, terms.depth_mm, terms.broad()).astype(np.float32)
    state = np.empty((*fan.depth_mm.shape, 5), np.float32)
    state[..., 0] = fan.depth_mm
    for part, beside in enumerate(SCATTER_BESIDE_MM):
        size = 2 * round(beside / fan.spacing_mm / 2) + 1
        mean, share, width = (
            uniform_filter(a, (size, size, 1), mode="nearest") for a in (broad * met, met, fan.density[..., part])
        )
        state[..., 1 + 2 * part] = np.divide(mean, share * broad, out=np.ones_like(mean), where=met > 0)
        state[..., 2 + 2 * part] = np.clip(width, *WIDTHS)
    return np.ascontiguousarray(np.moveaxis(state, 2, 0))
