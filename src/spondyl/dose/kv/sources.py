"""Several positions of kilovoltage sources at once, and into which directions they send more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError
from spondyl.dose.kv.setup import KvPointSource

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Directions:
    """Photons a solid angle about an axis.

    Parameters
    ----------
    axis
        (x, y, z) from which angles are counted; scaled to length 1.
    relative
        At equal steps of the angle's cosine from -1 to 1, linear between, not negative; scaled to a mean of 1.

    Raises
    ------
    DoseError
        If there is no axis, or the table is too short, negative, not finite or all 0.
    """

    axis: Floats
    relative: Floats

    def __post_init__(self) -> None:
        axis, relative = np.asarray(self.axis, np.float64), np.asarray(self.relative, np.float64)
        length = float(np.linalg.norm(axis))
        if axis.shape != (3,) or not (np.isfinite(length) and length > 0):
            raise DoseError(f"directions need an axis (x, y, z), got {axis.tolist()}")
        if relative.ndim != 1 or relative.size < 2 or not (np.isfinite(relative).all() and relative.min() >= 0):
            raise DoseError(
                "directions need two or more photon numbers, finite and not negative, from behind to ahead, got "
                f"{relative.tolist()}"
            )
        mean = float((relative[1:] + relative[:-1]).mean() / 2)
        if mean == 0:
            raise DoseError("directions emit no photons, expected some above 0")
        object.__setattr__(self, "axis", axis / length)
        object.__setattr__(self, "relative", relative / mean)


ISOTROPIC = Directions(np.array([0.0, 0.0, 1.0]), np.ones(2))


@dataclass(frozen=True)
class KvSources:
    """Source positions and what share of the photons each emits.

    Parameters
    ----------
    sources
        One or more.
    photons
        In any unit; the result is per photon of all together.
    directions
        Of each source; none for isotropic ones.

    Raises
    ------
    DoseError
        If there is no source, lengths differ, or a number of photons is negative or not finite.
    """

    sources: tuple[KvPointSource, ...]
    photons: tuple[float, ...] = (1.0,)
    directions: tuple[Directions, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.sources)
        if count == 0 or len(self.photons) != count or len(self.directions) not in (0, count):
            raise DoseError(
                f"{count} sources need as many photon numbers, and directions or none, got {len(self.photons)} and "
                f"{len(self.directions)}"
            )
        shares = np.asarray(self.photons, np.float64)
        if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.sum() > 0):
            raise DoseError(f"photons of the sources must be finite, not negative and not all 0, got {self.photons}")

    def emitting(self) -> list[tuple[float, KvPointSource, Directions]]:
        """Share of the photons, source and directions of each source that emits."""
        total = sum(self.photons)
        directions = self.directions or (ISOTROPIC,) * len(self.sources)
        each = zip(self.photons, self.sources, directions, strict=True)
        return [(n / total, source, towards) for n, source, towards in each if n > 0]
