"""Phantoms and comparisons shared by the tests of photon dose."""

import csv
from pathlib import Path

import numpy as np

from spondyl.core import Grid
from spondyl.dose import Field

REFERENCE = Path(__file__).parents[1] / "data" / "mv_reference"
DOSE = "dose_per_isocentre_fluence_Gy_cm2"


def water_grid(half_mm, depth_mm, spacing_mm=2.5):
    n, nz = round(2 * half_mm / spacing_mm), round(depth_mm / spacing_mm)
    first = -half_mm + spacing_mm / 2
    return Grid((first, first, spacing_mm / 2), (spacing_mm,) * 3, (nz, n, n))


def square_field(side_mm, fluence=1.0, source_mm=(0, 0, -900), isocentre_mm=(0, 0, 100), u=(1, 0, 0), v=(0, 1, 0)):
    edges = np.array([-side_mm / 2, side_mm / 2])
    return Field("open", source_mm, isocentre_mm, u, v, edges, edges, np.full((1, 1), fluence))


def reference(name):
    with (REFERENCE / name).open() as stream:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(stream)]


def shares(centres, low, high):
    """Share of [low, high] in each voxel."""
    step = centres[1] - centres[0]
    overlap = np.clip(np.minimum(high, centres + step / 2) - np.maximum(low, centres - step / 2), 0, None)
    return overlap / overlap.sum()


def line_gamma(at, wanted, places, values, dose_tolerance, distance_mm):
    """Gamma of each reference point against a computed line, interpolated to 0.1 mm (Low 1998, Med Phys 25:656)."""
    fine = np.arange(places[0], places[-1], 0.1)
    dose = np.interp(fine, places, values)
    return np.array(
        [
            np.sqrt(((fine - a) / distance_mm) ** 2 + ((dose - w) / dose_tolerance) ** 2).min()
            for a, w in zip(at, wanted, strict=True)
        ]
    )
