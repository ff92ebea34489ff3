"""What leaves the treatment head: the photon beam as the dose engines see it.

A bare beam is a point source with a spectrum. A machine adds what a linac's head does to it: a source of
finite size, photons scattered in the head, the off-axis rise of a flattened beam, contaminating electrons,
and how many photons a monitor unit is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import MachineError
from spondyl.physics.spectra import Spectrum

FWHM_TO_SIGMA = 1.0 / (2.0 * np.sqrt(2.0 * np.log(2.0)))


@dataclass(frozen=True)
class HeadScatter:
    """Photons from an extra-focal source: a Gaussian patch below the target, seen through the collimator.

    Parameters
    ----------
    fraction
        Fluence at the isocentre from the whole patch over the primary fluence there.
    sigma_mm
        Standard deviation of the patch in its own plane.
    source_distance_mm, collimator_distance_mm
        Distance of the patch and of the collimator from the target.

    Notes
    -----
    Ahnesjö 1994, Med Phys 21:1227, doi:10.1118/1.597205 (flattening filter as an extended source).
    """

    fraction: float
    sigma_mm: float
    source_distance_mm: float
    collimator_distance_mm: float

    def __post_init__(self) -> None:
        if not 0 <= self.fraction < 1:
            raise MachineError(f"head scatter fraction must lie in [0, 1), got {self.fraction}")
        if not 0 < self.source_distance_mm < self.collimator_distance_mm:
            raise MachineError(
                "head scatter source must lie between target and collimator, got "
                f"{self.source_distance_mm} mm and {self.collimator_distance_mm} mm"
            )
        if not self.sigma_mm > 0:
            raise MachineError(f"head scatter sigma_mm must be positive, got {self.sigma_mm}")

    def at_isocentre(self, sad_mm: float) -> tuple[float, float]:
        """The patch as a blur of the field's opening: (sigma in mm, magnification of the point of view).

        The head fluence at u is the opening, in isocentre coordinates, blurred with sigma and read at
        magnification times u (similar triangles through the collimator plane).
        """
        reach = (self.collimator_distance_mm - self.source_distance_mm) / (sad_mm - self.source_distance_mm)
        to_isocentre = sad_mm / self.collimator_distance_mm
        return to_isocentre * (1 - reach) * self.sigma_mm, to_isocentre * reach


@dataclass(frozen=True)
class Horns:
    """Primary fluence off the axis over that on the axis, in the isocentre plane in air."""

    radius_mm: NDArray[np.float64]
    relative_fluence: NDArray[np.float64]

    def __post_init__(self) -> None:
        radius, fluence = np.asarray(self.radius_mm, float), np.asarray(self.relative_fluence, float)
        if radius.ndim != 1 or radius.shape != fluence.shape or len(radius) < 2:
            raise MachineError(f"primary fluence needs two equally long lists, got {radius.shape} and {fluence.shape}")
        if radius[0] != 0 or bool((np.diff(radius) <= 0).any()):
            raise MachineError("primary fluence radii must start at 0 mm and increase; sort the table")
        if not np.isfinite(fluence).all() or bool((fluence < 0).any()) or abs(fluence[0] - 1) > 1e-6:
            raise MachineError(
                f"primary fluence must be 1 on the axis and nowhere negative, got {fluence[0]} on the axis"
            )
        object.__setattr__(self, "radius_mm", radius)
        object.__setattr__(self, "relative_fluence", fluence)

    def per_solid_angle(self, radius_mm: NDArray[np.float64], sad_mm: float) -> NDArray[np.float64]:
        """Relative number of primary photons per solid angle at `radius_mm` in the isocentre plane."""
        in_plane = np.interp(radius_mm, self.radius_mm, self.relative_fluence)
        return in_plane * (1 + (radius_mm / sad_mm) ** 2)


@dataclass(frozen=True)
class Contamination:
    """Dose of contaminating electrons: the opening, blurred, times an exponential in depth.

    Parameters
    ----------
    surface_gy_cm2
        Dose at the surface in a very large field over the primary fluence on the axis at the isocentre.
    sigma_mm
        Blur of the opening at the isocentre plane.
    range_mm
        Water-equivalent depth over which the dose falls by a factor e.
    """

    surface_gy_cm2: float
    sigma_mm: float
    range_mm: float

    def __post_init__(self) -> None:
        if self.surface_gy_cm2 < 0 or not self.sigma_mm > 0 or not self.range_mm > 0:
            raise MachineError(
                "electron contamination needs surface_gy_cm2 >= 0, sigma_mm > 0 and range_mm > 0, got "
                f"{self.surface_gy_cm2}, {self.sigma_mm}, {self.range_mm}"
            )


@dataclass(frozen=True)
class ReferenceCondition:
    """Where the machine gives `dose_gy_per_mu` on the axis in water."""

    ssd_mm: float
    depth_mm: float
    field_mm: float
    dose_gy_per_mu: float = 0.01

    def __post_init__(self) -> None:
        if min(self.ssd_mm, self.depth_mm, self.field_mm, self.dose_gy_per_mu) <= 0:
            raise MachineError(f"reference condition needs positive numbers, got {self}")


@dataclass(frozen=True)
class BeamModel:
    """A photon beam.

    Parameters
    ----------
    name
        Shown in reports.
    spectrum
        Photons per bin.
    sad_mm
        Distance from source to isocentre.
    penumbra_fwhm_mm
        Blur of the field's edge at the isocentre by the size of the source; 0 for a point source.
    head_scatter, horns, contamination
        What the head adds; None where it adds nothing.
    photons_per_cm2_per_mu
        Primary fluence on the axis at the isocentre in air a monitor unit; None for a bare beam, whose
        fields then carry fluence in photons/cm2.
    reference
        The condition that `photons_per_cm2_per_mu` was fixed at.
    source
        Where the numbers come from.
    """

    name: str
    spectrum: Spectrum
    sad_mm: float
    penumbra_fwhm_mm: float = 0.0
    head_scatter: HeadScatter | None = None
    horns: Horns | None = None
    contamination: Contamination | None = None
    photons_per_cm2_per_mu: float | None = None
    reference: ReferenceCondition | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sad_mm) and self.sad_mm > 0):
            raise MachineError(f'beam "{self.name}": sad_mm must be positive, got {self.sad_mm}')
        if not (np.isfinite(self.penumbra_fwhm_mm) and self.penumbra_fwhm_mm >= 0):
            raise MachineError(
                f'beam "{self.name}": penumbra_fwhm_mm must not be negative, got {self.penumbra_fwhm_mm}'
            )
        if self.photons_per_cm2_per_mu is not None and not self.photons_per_cm2_per_mu > 0:
            raise MachineError(
                f'beam "{self.name}": photons_per_cm2_per_mu must be positive, got {self.photons_per_cm2_per_mu}'
            )

    @property
    def is_machine(self) -> bool:
        """Whether fields carry MU; else they carry photons/cm2 in air at the isocentre."""
        return self.photons_per_cm2_per_mu is not None

    @property
    def photons_per_cm2_per_unit(self) -> float:
        """Primary fluence on the axis at the isocentre per unit of a field's fluence (MU, or photons/cm2)."""
        return self.photons_per_cm2_per_mu if self.photons_per_cm2_per_mu is not None else 1.0

    @property
    def penumbra_sigma_mm(self) -> float:
        return self.penumbra_fwhm_mm * float(FWHM_TO_SIGMA)

    @property
    def dose_unit(self) -> str:
        """Unit of the dose of an open field of fluence 1."""
        return "Gy per MU" if self.is_machine else "Gy cm2 per photon"


def bare_beam(spectrum: Spectrum, sad_mm: float = 1000.0, name: str = "bare beam") -> BeamModel:
    """A divergent point source with `spectrum`: no head scatter, no horns, sharp edges."""
    return BeamModel(name=name, spectrum=spectrum, sad_mm=sad_mm)
