"""Sacral metastases: what could be confirmed of Dunne et al. 2020, and no more.

The paper's table of sectors was not at hand. Confirmed is what later work says of it: leaving part of an involved
sector out, or the adjacent uninvolved sector, deviates from the recommendation and recurs more often (215 sacral
segments, 2010-2021, "deviation from recommended target volume delineation predicts higher risk of local failure");
and from the trial (Mitsuyoshi et al. 2025) that CTVs there include the ala and posterior elements at risk, and that
sacral canal and bony foramina are left out of PTV_Eval. Which sector counts as adjacent to which is not confirmed, so
whoever plans names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from spondyl.anatomy.structure import Structures
from spondyl.core.citations import Citation, note
from spondyl.core.errors import VolumeError

SOURCE = Citation("Dunne EM et al. Radiother Oncol 2020;145:21-29", "10.1016/j.radonc.2019.11.026")
INVOLVED = "involved sacral sectors, whole (confirmed by a later study of deviations)"
ADJACENT = "adjacent uninvolved sectors (principle confirmed by a later study; which ones was chosen here)"

SECTOR = re.compile(r"^(?:sacrum[_\s-])?(s[1-5])[_\s-](body|ala[_\s-]left|ala[_\s-]right|posterior)$", re.IGNORECASE)
KINDS = ("body", "ala_left", "ala_right", "posterior")


@dataclass(frozen=True)
class SacralDecision:
    """Sacral sectors in the CTV: those the GTV touches, and the adjacent ones that were named."""

    involved: tuple[str, ...]
    adjacent: tuple[str, ...]


def sacral_sectors(structures: Structures) -> Structures:
    """The given sacral sectors, named "S1_body", "S1_ala_left", "S1_ala_right", "S1_posterior" and so on.

    Raises
    ------
    VolumeError
        If there is none: the sacrum's sectors are not computed from a mask of the whole.
    """
    found = {
        _name(name): structure
        for name, structure in structures.items()
        if SECTOR.match(name) and not structure.is_empty
    }
    if not found:
        raise VolumeError(
            "no sacral sector found; consensus sacrum-2020 needs those that the tumour touches as "
            "structures named S1_body, "
            "S1_ala_left, S1_ala_right, S1_posterior (S1 to S5); they are not computed from a whole sacrum"
        )
    return Structures([replace(structure, name=name) for name, structure in found.items()])


def decide_sacrum(touched: Iterable[str], given: Structures, adjacent: tuple[str, ...] | None) -> SacralDecision:
    """Whole sectors that the GTV touches, and the adjacent ones that the planner names.

    Parameters
    ----------
    touched
        Names of the sectors that the GTV touches.
    given
        All given sacral sectors.
    adjacent
        Names of adjacent uninvolved sectors to add; () for none, None where nothing was said.

    Raises
    ------
    VolumeError
        If no sector is touched, nothing was said of adjacent ones, or a named one is not there.
    """
    note(SOURCE)
    involved = tuple(touched)
    if not involved:
        raise VolumeError(
            f"GTV touches none of the given sacral sectors ({', '.join(given)}); check its place or "
            "give the sector it lies in"
        )
    if adjacent is None:
        others = [name for name in given if name not in involved]
        raise VolumeError(
            "consensus sacrum-2020 asks for the uninvolved sectors adjacent to the tumour, and which "
            "ones these are could not "
            "be confirmed from the sources at hand; name them (--sacrum-adjacent "
            f"{','.join(others) or 'S1_body'}) or say none"
        )
    unknown = [name for name in adjacent if name not in given]
    if unknown:
        raise VolumeError(
            f"adjacent sacral sectors {', '.join(unknown)} are not among the structures; there are {', '.join(given)}"
        )
    return SacralDecision(involved, tuple(name for name in adjacent if name not in involved))


def _name(name: str) -> str:
    found = SECTOR.match(name)
    assert found is not None
    return f"{found.group(1).upper()}_{re.sub(r'[ -]', '_', found.group(2).casefold())}"
