"""Layers between the place where photons arise and the tissue: what they take out of a spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spondyl.core.errors import MachineError
from spondyl.physics.cross_sections import mass_attenuation
from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.materials import Material


@dataclass(frozen=True)
class Layer:
    """A wall that photons cross at a right angle: target, window, applicator."""

    material: Material
    thickness_mm: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.thickness_mm) and 0 <= self.thickness_mm <= 50):
            raise MachineError(
                f"layer of {self.material.name}: thickness_mm must lie in 0..50, got {self.thickness_mm}; give mm"
            )


def filtered(spectrum: KvSpectrum, layers: Sequence[Layer]) -> tuple[KvSpectrum, float]:
    """The spectrum behind `layers`, and the share of photons that come through.

    Narrow-beam attenuation, coherent scattering included: a photon that interacts in a wall is lost. Scattered and
    fluorescence photons that leave the wall are left out, so that thick metal lets a little less through than it does.
    """
    middle = (spectrum.low_kev + spectrum.high_kev) / 2
    kept = np.array(spectrum.photons, np.float64)
    for layer in layers:
        depth = layer.material.density_g_per_cm3 * layer.thickness_mm / 10
        kept *= np.exp(-depth * mass_attenuation(layer.material, middle / 1000))
    share = float(kept.sum() / spectrum.photons.sum())
    if not share > 1e-6:
        names = ", ".join(f"{layer.thickness_mm:g} mm {layer.material.name}" for layer in layers)
        raise MachineError(
            f"{names} let {share:.1g} of the photons through, expected a wall that lets dose out; thinner"
        )
    return KvSpectrum(spectrum.low_kev, spectrum.high_kev, kept / kept.sum()), share
