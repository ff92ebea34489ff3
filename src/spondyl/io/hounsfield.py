"""Whether numbers can be Hounsfield units, and what padding outside the scan becomes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import ImageError

AIR_HU = -1024
LOWEST_HU = -3100
"""Padding that scanners use without saying so lies between -1024 and here (-2000, -2048, -3024)."""
NO_TISSUE_HU = -300
"""Between lung and fat: a scan of which nearly nothing lies above it shows no patient."""
HIGHEST_HU = 31743
"""The largest signed 16-bit number with the usual intercept of -1024: what is above it was never a stored CT."""


def checked_hu(
    values: NDArray[Any], what: str, padding: NDArray[np.bool_] | None = None
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """HU with padding set to air, and what was changed.

    Parameters
    ----------
    values
        Any shape; integers stay integers.
    padding
        True where the file itself says that a pixel is padding.

    Raises
    ------
    ImageError
        If values are not finite, below `LOWEST_HU`, above `HIGHEST_HU`, or look like raw numbers whose rescale
        intercept is missing.
    """
    notes: list[str] = []
    kept = values if padding is None else np.where(padding, values.dtype.type(AIR_HU), values)
    if kept.dtype.kind == "f" and not np.isfinite(kept).all():
        raise ImageError(
            f"{what} holds {int((~np.isfinite(kept)).sum())} voxels that are not finite numbers, expected HU; "
            "export it again"
        )
    low, high = float(kept.min()), float(kept.max())
    if low < LOWEST_HU or high > HIGHEST_HU:
        raise ImageError(
            f"{what} holds values from {low:g} to {high:g}, expected HU between {LOWEST_HU} and {HIGHEST_HU}; "
            "check its rescale slope and intercept and export it again"
        )
    if low >= -200 and _looks_raw(kept):
        raise ImageError(
            f"{what} holds values from {low:g} to {high:g} with tissue near 1000 and no air below -200, "
            "expected HU (water 0, air -1000); "
            "subtract 1024 or export it with its rescale intercept"
        )
    if high > low and float(np.percentile(_some(kept), 99)) < NO_TISSUE_HU:
        raise ImageError(
            f"{what} holds 99 % of its values below {NO_TISSUE_HU} HU (up to {high:g}), expected tissue near 0; "
            "its rescale intercept was applied twice or it shows no patient: export it again"
        )
    if padding is not None and padding.any():
        notes.append(f"{what}: {int(padding.sum())} padded voxels were set to {AIR_HU} HU")
    below = int(np.count_nonzero(kept < AIR_HU))
    if low < 2 * AIR_HU + 100 and below:
        notes.append(
            f"{what}: {below} voxels below {AIR_HU} HU (lowest {low:g}) were set to {AIR_HU}: padding outside the scan"
        )
    if below:
        kept = np.maximum(kept, kept.dtype.type(AIR_HU))
    return kept, tuple(notes)


def _looks_raw(values: NDArray[Any]) -> bool:
    """Tissue of an unrescaled CT (HU + 1024 or + 1000) lies near 1000; a tenth of a real one never does."""
    return bool(np.percentile(_some(values), 90) > 800)


def _some(values: NDArray[Any]) -> NDArray[Any]:
    return values.ravel()[:: max(1, values.size // 100_000)]
