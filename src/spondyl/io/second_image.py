"""A second image of the patient, such as a cone-beam CT: its values need not be HU."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spondyl.core import Image
from spondyl.core.errors import ImageError
from spondyl.io.ct_series import read_ct_series
from spondyl.io.nifti import read_nifti


def read_second_image(path: Path) -> tuple[Image, tuple[str, ...]]:
    """A folder of DICOM CT slices, or a NIfTI volume.

    Returns
    -------
    tuple
        The image on its own grid, float32, and what was noticed.

    Raises
    ------
    ImageError, DicomError, GridError
        If it is missing or unreadable, or shows nothing.
    """
    if path.is_dir():
        series = read_ct_series(path)
        image, notes = series.image, series.warnings
    else:
        volume = read_nifti(path)
        image, notes = Image(volume.grid, volume.values), ()
    values = np.ascontiguousarray(image.values, dtype=np.float32)
    if min(values.shape) < 2 or not np.isfinite(values).all() or float(np.ptp(values)) == 0:
        raise ImageError(
            f"{path} has {values.shape} voxels with values from {values.min():g} to {values.max():g}, expected a "
            "volume of finite, varying values; choose the reconstructed image"
        )
    return Image(image.grid, values), notes
