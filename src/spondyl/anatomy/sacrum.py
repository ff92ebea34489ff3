"""The CTV of a sacral metastasis from given sectors, and what PTV_Eval must spare there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spondyl.anatomy.consensus import decide_sacrum, sacral_sectors
from spondyl.anatomy.consensus.sacrum_2020 import ADJACENT, INVOLVED, SOURCE
from spondyl.anatomy.involvement import certain_overlap_cm3
from spondyl.anatomy.names import find_role, need_role, plain
from spondyl.anatomy.structure import Structure, Structures, from_coverage
from spondyl.anatomy.volumes import RuleUsed, VolumeSettings
from spondyl.core.citations import Citation
from spondyl.core.errors import StructureError

SPARED = "to take it out of PTV_Eval at the sacrum (sacral canal and bony foramina)"


@dataclass(frozen=True)
class SacralVolume:
    """Bone of the CTV, what PTV_Eval spares, rules and assumptions."""

    bone: Structure
    spared: Structure
    rules: tuple[RuleUsed, ...]
    assumptions: tuple[str, ...]


def sacral_ctv(structures: Structures, gtv: Structure, settings: VolumeSettings) -> SacralVolume:
    """Involved sacral sectors whole, and the adjacent ones that were named.

    Raises
    ------
    VolumeError, StructureError
        If sectors, sacral canal or foramina are missing, or the adjacent sectors were not named.
    """
    spared = _spared(structures)
    sectors = sacral_sectors(structures)
    touched = [name for name, sector in sectors.items() if certain_overlap_cm3(gtv, sector) >= settings.touch_cm3]
    decision = decide_sacrum(touched, sectors, settings.sacrum_adjacent)
    chosen = (*decision.involved, *decision.adjacent)
    coverage = np.maximum.reduce([sectors[name].full() for name in chosen])
    bone = from_coverage(
        "CTV", "target", gtv.grid, coverage, made=(f"sacral sectors {', '.join(chosen)} by sacrum-2020",)
    )
    rules = [
        RuleUsed("sacrum", INVOLVED, decision.involved, Citation(SOURCE.text, SOURCE.doi, "as later work describes it"))
    ]
    if decision.adjacent:
        rules.append(
            RuleUsed(
                "sacrum", ADJACENT, decision.adjacent, Citation(SOURCE.text, SOURCE.doi, "as later work describes it")
            )
        )
    said = (
        "consensus sacrum-2020: the paper's own table could not be confirmed; the involved sectors "
        "are whole, adjacent ones "
        f"were named by the planner: {', '.join(decision.adjacent) or 'none'}",
    )
    return SacralVolume(bone, spared, tuple(rules), said)


def _spared(structures: Structures) -> Structure:
    """Sacral canal and foramina in one structure, under the canal's name."""
    canal = (
        find_role(structures, "sacral_canal")
        or find_role(structures, "canal")
        or need_role(structures, "sacral_canal", SPARED)
    )
    foramina = [
        s
        for name, s in structures.items()
        if plain(name).startswith(("sacralforamin", "foraminasacral")) and not s.is_empty
    ]
    if not foramina:
        raise StructureError(
            'no structure for "sacral_foramina" found, needed to take them out of PTV_Eval; draw sacral_foramina, or '
            f"sacral_foramina_left and sacral_foramina_right; there are {', '.join(structures)}"
        )
    coverage = np.maximum.reduce([s.full() for s in (canal, *foramina)])
    made = f"{canal.name} with {', '.join(s.name for s in foramina)}"
    return replace(from_coverage("SpinalCanal", "canal", canal.grid, coverage, made=(made,)), colour=canal.colour)
