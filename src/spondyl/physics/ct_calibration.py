"""From CT numbers to mass density and elemental composition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import NDArray

from spondyl.core.errors import MaterialError
from spondyl.physics.materials import Material


@dataclass(frozen=True)
class CtCalibration:
    """A scanner's curve.

    Parameters
    ----------
    hu, density_g_per_cm3
        Nodes of the density curve, linear between and flat outside, shape (n,).
    material_from_hu
        Ascending HU at which each of `materials` begins.
    materials
        Compositions, as many as `material_from_hu`.
    source
        Where the curve comes from.

    Raises
    ------
    MaterialError
        If the nodes do not increase in HU or a density is not positive.
    """

    hu: NDArray[np.float64]
    density_g_per_cm3: NDArray[np.float64]
    material_from_hu: NDArray[np.float64]
    materials: tuple[Material, ...]
    source: str

    def __post_init__(self) -> None:
        if bool((np.diff(self.hu) <= 0).any()) or bool((np.diff(self.material_from_hu) <= 0).any()):
            raise MaterialError("CT calibration: HU must increase from row to row; sort the table")
        if bool((self.density_g_per_cm3 <= 0).any()) or len(self.materials) != len(self.material_from_hu):
            raise MaterialError("CT calibration: densities must be positive and every material needs its first HU")

    def density(self, hu: NDArray[np.generic]) -> NDArray[np.float32]:
        """Mass density in g/cm3, same shape as `hu`."""
        return np.interp(np.asarray(hu, np.float32), self.hu, self.density_g_per_cm3).astype(np.float32)

    def material_index(self, hu: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Index into `materials`, same shape as `hu`."""
        found = np.searchsorted(self.material_from_hu, np.asarray(hu, np.float32), side="right") - 1
        return np.maximum(found, 0).astype(np.uint8)


@cache
def schneider_calibration() -> CtCalibration:
    """The curve that spondyl carries: `data/physics/ct_calibration_schneider.yaml`."""
    text = files("spondyl").joinpath("data/physics/ct_calibration_schneider.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    nodes = np.asarray(table["density"], np.float64)
    rows = table["materials"]
    materials = tuple(
        Material(row["name"], row["density"], {e: p / 100 for e, p in row["percent"].items()}, table["source"])
        for row in rows
    )
    return CtCalibration(
        nodes[:, 0], nodes[:, 1], np.array([row["hu"] for row in rows], float), materials, table["source"]
    )
