"""What a kilovoltage engine is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError
from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.kv.water_response import GRAY_PER_KEV_PER_GRAM as GRAY_PER_KEV_PER_GRAM

DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class KvPointSource:
    """An isotropic point source.

    Parameters
    ----------
    position_mm
        (x, y, z), LPS.
    spectrum
        Of the photons that leave it.
    """

    position_mm: tuple[float, float, float]
    spectrum: KvSpectrum


@dataclass(frozen=True)
class KvSettings:
    """How long and with which random numbers.

    Parameters
    ----------
    histories
        Photons to emit; the engine's own number where it is None. With a target, the most.
    seed
        Of the random numbers, 0 to 2^63 - 1.
    target_uncertainty
        Stop when the mean relative standard error of the voxels 3 to 20 mm from the source is below this; None: do not.
    device
        "cpu", or "cuda" for an NVIDIA GPU where the engine has it (`kv-monte-carlo`).

    Raises
    ------
    DoseError
        If there are no histories, the seed is negative, the device unknown, or the target not between 0 and 1.
    """

    histories: int | None = None
    seed: int = 1
    target_uncertainty: float | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.histories is not None and self.histories < 1:
            raise DoseError(f"histories must be at least 1, got {self.histories}; give the number of photons to emit")
        if not 0 <= self.seed < 2**63:
            raise DoseError(f"seed must lie in 0..2^63 - 1, got {self.seed}; choose another")
        if self.device not in DEVICES:
            raise DoseError(f'device "{self.device}" is unknown, expected one of {", ".join(DEVICES)}')
        if self.target_uncertainty is not None and not 0 < self.target_uncertainty < 1:
            raise DoseError(
                f"target_uncertainty must lie between 0 and 1, got {self.target_uncertainty}; 0.01 is one per cent"
            )


@dataclass(frozen=True)
class KvResult:
    """Dose per emitted photon.

    Parameters
    ----------
    dose_to_medium, dose_to_water
        Gy per emitted photon, shape of the grid, [z, y, x].
    relative_uncertainty
        One standard error of the dose to medium over it; 1 where matter got no dose, or none of scattered photons where
        they are computed apart; 0 in vacuum.
    histories
        Photons emitted.
    made
        How it was made, one step a line.
    interrupted
        Whether Ctrl-C ended it before all histories, or the target.
    """

    dose_to_medium: NDArray[np.float64]
    dose_to_water: NDArray[np.float64]
    relative_uncertainty: NDArray[np.float64]
    histories: int
    made: tuple[str, ...] = ()
    interrupted: bool = False
