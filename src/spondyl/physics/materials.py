"""Materials: elemental composition and density."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import xraylib
import yaml

from spondyl.core.errors import MaterialError, nearest

MOST_G_PER_CM3 = 25.0
"""Denser than the densest element, osmium with 22.6 g/cm3."""
HEAVIEST = 98
"""Californium, the last element whose photon cross sections xraylib has."""
_SUM_TOLERANCE = 0.01
_HYDROGEN_WEIGHT = 1.008  # IUPAC 2021; xraylib rounds it to 1.01, which is 0.04 % of water's electrons


@dataclass(frozen=True)
class Material:
    """A mixture of elements.

    Parameters
    ----------
    name
        As phantoms and overrides name it.
    density_g_per_cm3
        Nominal density; a `Medium` may give each voxel its own.
    mass_fractions
        Element symbol to fraction by mass; must add up to 1 within 1 % and is scaled to 1.
    source
        Where composition and density come from.
    parts
        What it was mixed from and their shares of its mass; empty where it was not mixed.

    Raises
    ------
    MaterialError
        If an element is unknown or heavier than `HEAVIEST`, a fraction negative, the sum not 1, or the density not
        positive and plausible.
    """

    name: str
    density_g_per_cm3: float
    mass_fractions: Mapping[str, float]
    source: str = ""
    parts: tuple[tuple[Material, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.density_g_per_cm3 <= MOST_G_PER_CM3:
            raise MaterialError(
                f'material "{self.name}": density_g_per_cm3 must lie in (0, {MOST_G_PER_CM3:g}], got '
                f"{self.density_g_per_cm3}; give g/cm3, not kg/m3"
            )
        for symbol, fraction in self.mass_fractions.items():
            number = _atomic_number(symbol, self.name)
            if number > HEAVIEST:
                raise MaterialError(
                    f'material "{self.name}": element {symbol} (Z {number}) has no photon cross sections, expected '
                    f"H (1) to Cf ({HEAVIEST}); leave it out of the composition"
                )
            if not (np.isfinite(fraction) and 0 <= fraction <= 1 + _SUM_TOLERANCE):
                raise MaterialError(
                    f'material "{self.name}": mass fraction of {symbol} must lie in 0..1, got {fraction}'
                )
        total = float(sum(self.mass_fractions.values()))
        if abs(total - 1) > _SUM_TOLERANCE:
            raise MaterialError(
                f'material "{self.name}": mass fractions add up to {total:.4f}, expected 1; complete the composition'
            )
        scaled = {symbol: fraction / total for symbol, fraction in self.mass_fractions.items() if fraction > 0}
        object.__setattr__(self, "mass_fractions", MappingProxyType(scaled))

    def __hash__(self) -> int:
        return hash((self.name, self.density_g_per_cm3, tuple(sorted(self.mass_fractions.items()))))

    def __reduce__(
        self,
    ) -> tuple[type[Material], tuple[str, float, dict[str, float], str, tuple[tuple[Material, float], ...]]]:
        return Material, (self.name, self.density_g_per_cm3, dict(self.mass_fractions), self.source, self.parts)

    def elements(self) -> Iterator[tuple[int, float, float]]:
        """Atomic number, atomic weight in g/mol and mass fraction of each element."""
        for symbol, fraction in self.mass_fractions.items():
            z = _atomic_number(symbol, self.name)
            yield z, _HYDROGEN_WEIGHT if z == 1 else float(xraylib.AtomicWeight(z)), fraction

    @property
    def electrons_per_gram_mol(self) -> float:
        """Sum of w Z / A: mol of electrons a gram (water: 0.5551)."""
        return sum(w * z / a for z, a, w in self.elements())

    @property
    def z_squared_per_gram_mol(self) -> float:
        """Sum of w Z^2 / A, to which pair production and bremsstrahlung are proportional."""
        return sum(w * z * z / a for z, a, w in self.elements())


def _atomic_number(symbol: str, material: str) -> int:
    try:
        return int(xraylib.SymbolToAtomicNumber(symbol))
    except ValueError as error:
        raise MaterialError(
            f'material "{material}": element "{symbol}" is unknown; use symbols such as H, C, O, Ca'
        ) from error


@cache
def built_in_materials() -> Mapping[str, Material]:
    """The materials that spondyl carries, by name, from `data/physics/materials.yaml`."""
    text = files("spondyl").joinpath("data/physics/materials.yaml").read_text(encoding="utf-8")
    return MappingProxyType({name: Material(name, **facts) for name, facts in yaml.safe_load(text).items()})


MATERIALS: Mapping[str, Material] = built_in_materials()


def find_material(name: str, known: Mapping[str, Material] = MATERIALS) -> Material:
    """The material called `name`, case and `_` or `-` not mattering.

    Raises
    ------
    MaterialError
        If there is none; the nearest names are listed.
    """
    folded = {key.casefold().replace("_", "-"): key for key in known}
    key = folded.get(name.casefold().replace("_", "-").replace(" ", "-"))
    if key is None:
        near = ", ".join(nearest(name, known) or tuple(known))
        raise MaterialError(f'material "{name}" is unknown; nearest: {near}; or define it under materials')
    return known[key]
