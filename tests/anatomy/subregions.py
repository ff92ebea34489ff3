"""The L2-L4 subregion data: masks of one vertebra and of its labelled parts, tilted on request."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spondyl.anatomy import Structure, from_coverage
from spondyl.core import Grid
from spondyl.io.nifti import read_nifti

FOLDER = Path(__file__).parents[1] / "data" / "sectors_l2_l4"
LEVELS = {"L2": 21, "L3": 22, "L4": 23}
BODY, SPINOUS, POSTERIOR = (49, 50), (42,), tuple(range(41, 49))
TRANSVERSE = {"left": (43,), "right": (44,)}
ARTICULAR = {"left": (45, 47), "right": (46, 48)}


class Subregions:
    """Labels of one vertebra, turned by degrees about x (pitch) and y (roll) around its middle."""

    def __init__(self, level: str, pitch: float = 0.0, roll: float = 0.0) -> None:
        whole = read_nifti(FOLDER / "sub-ct_seg-vert_label-22_msk.nii.gz")
        parts = read_nifti(FOLDER / "sub-ct_seg-subreg_label-22_msk.nii.gz")
        labels = np.where(whole.values == LEVELS[level], parts.values, 0).astype(np.uint8)
        self.labels = _turned(labels, pitch, roll) if pitch or roll else labels
        origin = whole.grid.origin_mm
        self.grid = Grid(origin, whole.grid.spacing_mm, self.labels.shape)
        self.vertebra = self.structure(level, tuple(range(41, 51)))

    def structure(self, name: str, labels: tuple[int, ...]) -> Structure:
        return from_coverage(name, "bone", self.grid, np.isin(self.labels, labels))


def _turned(labels: NDArray[np.uint8], pitch: float, roll: float) -> NDArray[np.uint8]:
    a, b = np.radians([pitch, roll])
    about_x = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(b), 0, -np.sin(b)], [0, 1, 0], [np.sin(b), 0, np.cos(b)]])
    matrix = about_x @ about_y
    padded = np.pad(labels, 20)
    middle = (np.array(padded.shape) - 1) / 2
    return ndimage.affine_transform(padded, matrix, middle - matrix @ middle, order=0)


def dice(first: Structure | NDArray[np.floating], second: Structure | NDArray[np.floating]) -> float:
    a, b = (s.full() if isinstance(s, Structure) else s for s in (first, second))
    return float(2 * np.minimum(a, b).sum() / (a.sum() + b.sum()))
