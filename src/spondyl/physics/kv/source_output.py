"""What a kilovoltage source gives in water: its depth dose and its anisotropy, as a clinic measured them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core.errors import MachineError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PolarAnisotropy:
    """Dose at an angle from the source's axis over that in the direction of the depth dose, at equal distance.

    Parameters
    ----------
    angle_deg
        0 straight ahead of the tip, 180 back along the tube; ascending from 0 to 180, shape (n,).
    relative
        Above 0, shape (n,); linear in angle between.
    """

    angle_deg: Floats = field(default_factory=lambda: np.array([0.0, 180.0]))
    relative: Floats = field(default_factory=lambda: np.ones(2))

    def __post_init__(self) -> None:
        angle, relative = np.asarray(self.angle_deg, np.float64), np.asarray(self.relative, np.float64)
        if angle.shape != relative.shape or angle.ndim != 1 or angle.size < 2:
            raise MachineError(f"anisotropy needs two equally long lists, got {angle.shape} and {relative.shape}")
        if bool((np.diff(angle) <= 0).any()) or angle[0] != 0 or angle[-1] != 180:
            raise MachineError(f"anisotropy angles must rise from 0 to 180 deg, got {angle[0]:g} to {angle[-1]:g}")
        if not (np.isfinite(relative).all() and relative.min() > 0 and relative.max() <= 3):
            raise MachineError(
                f"anisotropy is relative, above 0 and at most 3, got {relative.min():g} to {relative.max():g}; "
                "give shares of 1, not percent"
            )
        object.__setattr__(self, "angle_deg", angle)
        object.__setattr__(self, "relative", relative)

    @property
    def is_isotropic(self) -> bool:
        """Whether all directions get the same."""
        return bool((self.relative == self.relative[0]).all())

    def at(self, cos_angle: ArrayLike) -> Floats:
        """Relative dose at angles given by their cosine, same shape."""
        angle = np.degrees(np.arccos(np.clip(np.asarray(cos_angle, np.float64), -1, 1)))
        return np.interp(angle, self.angle_deg, self.relative)


@dataclass(frozen=True)
class SourceOutput:
    """Dose rate to water in water around the source.

    Parameters
    ----------
    surface_mm
        From the point of emission to the applicator's surface.
    distance_mm
        From the point of emission, ascending, shape (n,).
    dose_rate_gy_per_min
        Falling, shape (n,).
    reference_mm, reference_gy_per_min
        Where the emission is fixed, from the point of emission, and the dose rate there.
    angle_deg
        Direction of the depth dose, from the source's axis.
    anisotropy
        Over that direction.
    about
        Where the numbers come from.
    """

    surface_mm: float
    distance_mm: Floats
    dose_rate_gy_per_min: Floats
    reference_mm: float
    reference_gy_per_min: float
    angle_deg: float = 90.0
    anisotropy: PolarAnisotropy = field(default_factory=PolarAnisotropy)
    about: str = ""

    def dose_rate_at(self, distance_mm: ArrayLike, cos_angle: ArrayLike | None = None) -> Floats:
        """Dose rate in Gy/min at distances from the point of emission, in the depth dose's direction or at an angle.

        Dose rate times distance squared is interpolated in its logarithm. Beyond the table it goes on as an
        exponential through the last two rows, below it as the inverse square of the distance.

        Parameters
        ----------
        distance_mm
            Above 0, any shape.
        cos_angle
            Cosine of the angle from the axis, of that shape.
        """
        distance = np.asarray(distance_mm, np.float64)
        log = np.log(self.dose_rate_gy_per_min * self.distance_mm**2)
        slope = (log[-1] - log[-2]) / (self.distance_mm[-1] - self.distance_mm[-2])
        beyond = np.maximum(distance - self.distance_mm[-1], 0)
        rate = np.exp(np.interp(distance, self.distance_mm, log) + slope * beyond) / distance**2
        return rate if cos_angle is None else rate * self.anisotropy.at(cos_angle)
