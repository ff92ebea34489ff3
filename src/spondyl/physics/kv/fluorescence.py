"""X-rays that follow a photoelectric absorption: K and L vacancies, and what fills them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import xraylib
from numpy.typing import NDArray

from spondyl.physics.kv.coefficients import jumping_on_nodes
from spondyl.physics.kv.energies import HIGHEST_KEV, edge_kev

Floats = NDArray[np.float64]

LEAST_LINE_KEV = 4.2
"""Weaker lines are absorbed on the spot: their mean free path in water is below 0.16 mm, in bone below 0.05 mm.

Titanium's K lines (4.5 keV) and all of heavier metals are transported, calcium's (3.69 and 4.01 keV) are not.
"""
_SHARE_ENERGIES = 93
"""At which a shell's share is computed, 5 % apart: between edges it changes by less than 1 % from one to the next."""
_BESIDE_EDGE_KEV = 0.2
"""Nearer than 0.1 keV above L edges of heavy elements xraylib's partial cross sections are ragged, then even."""
_OUTER = tuple(
    f"{n}{i}" for n, count in (("L", 3), ("M", 5), ("N", 7), ("O", 7), ("P", 5)) for i in range(1, count + 1)
)
_COSTER_KRONIG = {"L1": (("L2", "FL12_TRANS"), ("L3", "FL13_TRANS")), "L2": (("L3", "FL23_TRANS"),)}


@dataclass(frozen=True)
class Transition:
    """One way to fill a vacancy: its probability, the line's energy in keV (0: none leaves), the shell then open."""

    probability: float
    line_kev: float
    opens: str


@cache
def shells(z: int) -> tuple[str, ...]:
    """Shells of an element that photons of the tables can open and that send out lines above `LEAST_LINE_KEV`."""
    bound = {shell: edge_kev(z, shell) for shell in ("K", "L1", "L2", "L3")}
    return tuple(
        s for s, e in bound.items() if e < HIGHEST_KEV and any(kev >= LEAST_LINE_KEV for kev, _, _ in _lines(z, s))
    )


@cache
def transitions(z: int, shell: str) -> tuple[Transition, ...]:
    """What fills a vacancy and matters: lines above `LEAST_LINE_KEV`, and Coster-Kronig moves among L shells.

    Fluorescence yields, radiative rates and Coster-Kronig probabilities as in xraylib (Krause 1979, J Phys Chem
    Ref Data 8:307, doi:10.1063/1.555594). L vacancies that Auger electrons of a K vacancy leave are not followed.
    """
    found = []
    fluorescence = _value(xraylib.FluorYield, z, f"{shell}_SHELL")
    for kev, rate, outer in _lines(z, shell):
        if kev >= LEAST_LINE_KEV:
            found.append(Transition(fluorescence * rate, kev, outer if outer in shells(z) else ""))
    for outer, name in _COSTER_KRONIG.get(shell, ()):
        if outer in shells(z):
            found.append(Transition(_value(xraylib.CosKronTransProb, z, name), 0.0, outer))
    return tuple(t for t in found if t.probability > 0)


@cache
def mean_line_energy_kev(z: int, shell: str) -> float:
    """Mean energy in keV that a vacancy sends out in transported lines, with those of the shells then opened."""
    return sum(
        t.probability * (t.line_kev + (mean_line_energy_kev(z, t.opens) if t.opens else 0.0))
        for t in transitions(z, shell)
    )


@cache
def shell_share(z: int, shell: str) -> Floats:
    """Share of an element's photoelectric absorptions in a shell, shape (nodes,); 0 below its edge.

    Kissel's partial cross sections over their total, as in xraylib.
    """
    index = getattr(xraylib, f"{shell}_SHELL")

    def share(energy_kev: float) -> float:
        return xraylib.CS_Photo_Partial(z, index, energy_kev) / xraylib.CS_Photo_Total(z, energy_kev)

    return jumping_on_nodes(z, _SHARE_ENERGIES, share, edge_kev(z, shell), _BESIDE_EDGE_KEV)


def vacancies(elements: Sequence[int]) -> list[tuple[int, str]]:
    """Every vacancy of `elements` whose lines are transported, as (Z, shell)."""
    return [(z, shell) for z in sorted(set(elements)) for shell in shells(z)]


def _lines(z: int, shell: str) -> Iterator[tuple[float, float, str]]:
    """Energy in keV, radiative rate and outer shell of each line."""
    for outer in _OUTER:
        if outer[0] > shell[0] and hasattr(xraylib, f"{shell}{outer}_LINE"):
            rate = _value(xraylib.RadRate, z, f"{shell}{outer}_LINE")
            if rate > 0:
                yield _value(xraylib.LineEnergy, z, f"{shell}{outer}_LINE"), rate, outer


def _value(function: object, z: int, name: str) -> float:
    """xraylib's value, 0 where it has none."""
    try:
        return float(function(z, getattr(xraylib, name)))  # pyright: ignore[reportCallIssue]
    except ValueError:
        return 0.0
