"""Kilovoltage sources: a bare point with any spectrum, and the miniature source with its applicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core import Grid
from spondyl.core.errors import MachineError
from spondyl.physics.data_file import by_name_or_path, names_in
from spondyl.physics.kv.calibration_file import parse_calibration
from spondyl.physics.kv.filtration import Layer, filtered
from spondyl.physics.kv.source_output import SourceOutput
from spondyl.physics.kv.spectrum import BUNDLED_SPECTRA, KvSpectrum, bundled_kv_spectrum, read_kv_spectrum
from spondyl.physics.kv.water_response import water_gy_per_photon
from spondyl.physics.materials import find_material

MINIATURE = "miniature-50kv"
"""The source that spondyl carries; a clinic replaces it by its own calibration file."""
_FOLDER = "data/machines/kv"


@dataclass(frozen=True)
class KvSource:
    """A kind of source, without a place.

    Parameters
    ----------
    name
        As reports print it.
    spectrum
        Of the photons that leave it, walls included.
    output
        Its dose rate in water; None for a bare point, whose dose is known per emitted photon only.
    """

    name: str
    spectrum: KvSpectrum
    output: SourceOutput | None = None

    def calibrated(self) -> SourceOutput:
        """The output.

        Raises
        ------
        MachineError
            If the source has none.
        """
        if self.output is None:
            raise MachineError(
                f'source "{self.name}" has no dose rate, expected a calibrated one; give a calibration file'
            )
        return self.output

    def photons_per_min(self) -> float:
        """Photons emitted a minute: the reference dose rate over the dose per photon there, both in water."""
        output = self.calibrated()
        return output.reference_gy_per_min / float(water_gy_per_photon(self.spectrum, output.reference_mm))

    def model_over_table(self, distance_mm: ArrayLike) -> NDArray[np.float64]:
        """Dose rate in water by the spectrum, fixed at the reference, over that of the calibration's depth dose."""
        output = self.calibrated()
        model = self.photons_per_min() * water_gy_per_photon(self.spectrum, distance_mm)
        return model / output.dose_rate_at(distance_mm)

    def behind(self, layers: Sequence[Layer]) -> KvSource:
        """This source with more walls; its measured output stays."""
        return replace(self, spectrum=filtered(self.spectrum, layers)[0])


@dataclass(frozen=True)
class PlacedSource:
    """A source in the patient, for a time.

    Parameters
    ----------
    source
        Which.
    position_mm
        (x, y, z) of the point of emission, LPS.
    axis
        Direction of insertion, from the tube to its tip; scaled to length 1.
    minutes
        How long it radiates.
    """

    source: KvSource
    position_mm: tuple[float, float, float]
    axis: tuple[float, float, float]
    minutes: float

    def __post_init__(self) -> None:
        axis = np.asarray(self.axis, np.float64)
        if not (np.isfinite((*self.position_mm, *axis)).all() and np.linalg.norm(axis) > 0):
            raise MachineError(
                f"source at {self.position_mm} with axis {self.axis}: expected finite numbers, axis not 0"
            )
        if not (np.isfinite(self.minutes) and self.minutes >= 0):
            raise MachineError(f"source radiates {self.minutes} minutes, expected 0 or more")
        object.__setattr__(self, "axis", tuple((axis / np.linalg.norm(axis)).tolist()))

    @property
    def emitted_photons(self) -> float:
        """Photons emitted in its time: Gy is Gy per photon times this, times `anisotropy_on`."""
        return self.source.photons_per_min() * self.minutes

    def moved(self, offset_mm: Sequence[float]) -> PlacedSource:
        """The same source elsewhere."""
        x, y, z = np.asarray(self.position_mm, np.float64) + np.asarray(offset_mm, np.float64)
        return replace(self, position_mm=(float(x), float(y), float(z)))

    def polar(self, points_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distance in mm and cosine of the angle from the axis of points (x, y, z), shape (..., 3)."""
        offset = points_mm - np.asarray(self.position_mm)
        distance = np.linalg.norm(offset, axis=-1)
        return distance, offset @ np.asarray(self.axis) / np.maximum(distance, 1e-9)

    def anisotropy_on(self, grid: Grid) -> NDArray[np.float32]:
        """What an isotropic calculation is multiplied with, shape of the grid; all 1 for an isotropic source.

        As the anisotropy function of TG-43 does in water: scattered dose is taken to follow the direction of the
        voxel like the primary, which for small anisotropy is right to a share of it.
        """
        anisotropy = self.source.calibrated().anisotropy
        if anisotropy.is_isotropic:
            return np.ones(grid.shape, np.float32)
        return anisotropy.at(self.polar(voxel_centres(grid))[1]).astype(np.float32)


def voxel_centres(grid: Grid) -> NDArray[np.float64]:
    """(x, y, z) in mm of every voxel's centre, shape (nz, ny, nx, 3)."""
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    return np.stack((x, y, z), axis=-1)


def point_source(spectrum: KvSpectrum, name: str = "kv-point") -> KvSource:
    """An isotropic point with any spectrum."""
    return KvSource(name, spectrum)


def kv_source_names() -> tuple[str, ...]:
    """The calibrated sources that spondyl carries."""
    return names_in(_FOLDER)


def load_kv_source(name: str = MINIATURE) -> KvSource:
    """A calibrated source that spondyl carries, by name, or one from a calibration file, by path.

    Raises
    ------
    MachineError
        If there is no such source or file, or the file is refused (`read_calibration`).
    """
    found = by_name_or_path(name, _FOLDER, "source", "calibration file")
    facts = parse_calibration(found.text, found.what)
    spectrum = _spectrum(facts.spectrum_csv, found.folder)
    layers = [Layer(find_material(layer.material), layer.thickness_mm) for layer in facts.layers]
    return KvSource(facts.name, filtered(spectrum, layers)[0], facts.output(found.what))


def _spectrum(name: str, folder: Path | None) -> KvSpectrum:
    """The spectrum beside the calibration file, else the one of that name that spondyl carries."""
    if folder is not None and ((folder / name).is_file() or name not in BUNDLED_SPECTRA):
        return read_kv_spectrum(folder / name)
    return bundled_kv_spectrum(name)
