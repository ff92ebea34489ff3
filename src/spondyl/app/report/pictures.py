"""Grey and colour-wash pictures of a plane as PNG, oriented as the view says."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

from spondyl.app.report.styles import isodose_colour
from spondyl.app.report.views import View


@dataclass(frozen=True)
class Window:
    """A display window in HU."""

    name: str
    level_hu: float
    width_hu: float


BONE = Window("bone", 400.0, 1800.0)
SOFT_TISSUE = Window("soft tissue", 40.0, 400.0)


def grey(plane_hu: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """`plane_hu` as 0 (black) to 255 through a window."""
    low = window.level_hu - window.width_hu / 2
    return np.clip((plane_hu - low) / window.width_hu * 255 + 0.5, 0, 255).astype(np.uint8)


def finer(plane: NDArray[Any], spacing_mm: tuple[float, float], pixel_mm: float) -> NDArray[np.float64]:
    """`plane` resampled to about `pixel_mm`, by whole factors so that the outer voxel edges stay where they are."""
    factors = [max(1, round(s / pixel_mm)) for s in spacing_mm]
    rows, columns = ((np.arange(n * f) + 0.5) / f - 0.5 for n, f in zip(plane.shape, factors, strict=True))
    where = np.meshgrid(rows, columns, indexing="ij")
    return ndimage.map_coordinates(plane.astype(np.float64), where, order=3, mode="nearest")


def oriented(plane: NDArray[Any], view: View) -> NDArray[Any]:
    """`plane` [v, u] with its first row at the top of the screen."""
    return plane if view.down > 0 else plane[::-1]


def png_uri(pixels: NDArray[np.uint8]) -> str:
    """A data URI of grey (h, w) or RGBA (h, w, 4) pixels."""
    buffer = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def wash(plane_gy: NDArray[Any], low_gy: float, high_gy: float) -> NDArray[np.uint8]:
    """RGBA colour wash: transparent below `low_gy`, the isodose map up to `high_gy`."""
    table = np.array([[int(isodose_colour(i / 255)[k : k + 2], 16) for k in (1, 3, 5)] for i in range(256)], np.uint8)
    fraction = np.clip((plane_gy - low_gy) / max(high_gy - low_gy, 1e-6), 0, 1)
    rgb = table[(fraction * 255).astype(np.uint8)]
    alpha = np.where(plane_gy >= low_gy, 85, 0).astype(np.uint8)
    return np.dstack((rgb, alpha))
