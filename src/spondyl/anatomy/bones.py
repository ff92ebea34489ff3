"""The vertebrae that the tumour touches, cut into parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spondyl.anatomy.foramen import foramen
from spondyl.anatomy.involvement import certain_overlap_cm3, expected_overlap_cm3
from spondyl.anatomy.levels import LEVELS, level_in_name, neighbour
from spondyl.anatomy.names import find_role
from spondyl.anatomy.neural import z_extent_mm
from spondyl.anatomy.sectors import SECTORS, Vertebra, cut_vertebra, divide_given
from spondyl.anatomy.structure import Structure, Structures, from_coverage
from spondyl.core.errors import VolumeError

SAME_BONE = 0.5
"""A named vertebra that shares more than this of itself with the one to treat is the same bone under two names."""


BEYOND_MM = 3.0
"""A tumour that reaches this far past the ends of its vertebra is told, since the next one may be involved."""


@dataclass(frozen=True)
class Bones:
    """Vertebrae that the GTV touches, the canal, and what had to be assumed."""

    vertebrae: tuple[Vertebra, ...]
    canal: Structure
    assumptions: tuple[str, ...]


def involved_bones(
    structures: Structures, gtv: Structure, level: str | None, *, touch_cm3: float, derive_canal: bool
) -> Bones:
    """Find and cut every vertebra that the GTV touches.

    The vertebra to treat is the structure "vertebra", or the six sectors, or the one named after `level`; others
    are those named after a level, as "vertebra_L2".

    Raises
    ------
    VolumeError
        If neither vertebra nor sectors nor canal are there, or the GTV touches none of the vertebrae.
    """
    assumptions: list[str] = []
    sectors = _given_sectors(structures, level, assumptions)
    masks = _masks(structures, sectors, level)
    if sectors is None and not masks:
        raise VolumeError(
            "no vertebra found: give the whole vertebra as a structure named vertebra or "
            "vertebra_L3, or the six sectors "
            f"{', '.join(SECTORS)}; there are {', '.join(structures)}"
        )
    touched = {name: mask for name, mask in masks.items() if certain_overlap_cm3(gtv, mask) >= touch_cm3}
    by_sectors = sectors is not None and sum(certain_overlap_cm3(gtv, s) for s in sectors.values()) >= touch_cm3
    if not touched and not by_sectors:
        names = ", ".join([*(masks), *(sectors or ())])
        raise VolumeError(
            f'"{gtv.name}" touches none of {names} by {touch_cm3:g} cm3 or more; give the vertebra it '
            "lies in, or correct the level"
        )
    _refuse_other_level(level, masks, touched, sectors is not None, by_sectors, gtv.name)
    canal = _canal(structures, sectors if by_sectors else None, touched, derive_canal, assumptions)
    vertebrae: list[Vertebra] = []
    if sectors is not None and by_sectors:
        vertebrae.append(divide_given(sectors, canal, level or ""))
        touched.pop("vertebra", None)
    for name, mask in touched.items():
        vertebrae.append(cut_vertebra(mask, canal, level_in_name(name) or level or ""))
        assumptions.append(f"sectors of {vertebrae[-1].level or name} were computed from its mask and the canal")
        assumptions.extend(_cut_off(mask))
    assumptions.extend(_beyond(gtv, vertebrae, masks))
    return Bones(tuple(vertebrae), canal, tuple(assumptions))


def _beyond(gtv: Structure, vertebrae: list[Vertebra], masks: dict[str, Structure]) -> list[str]:
    """Say where the tumour reaches past its vertebrae to a level of which no mask is there."""
    extents = [z_extent_mm(part) for v in vertebrae for part in v.parts.values() if not part.is_empty]
    low, high = z_extent_mm(gtv)
    known = {level_in_name(name) for name in masks} | {v.level for v in vertebrae}
    said: list[str] = []
    for past, steps, word in (
        (max(e[1] for e in extents) - high, -1, "above"),
        (low - min(e[0] for e in extents), 1, "below"),
    ):
        levels = sorted((v.level for v in vertebrae if v.level), key=LEVELS.index)
        next_level = neighbour(levels[0 if steps < 0 else -1], steps) if levels else None
        if past < -BEYOND_MM and next_level not in known:
            name = f"vertebra_{next_level}" if next_level else "the next vertebra"
            said.append(
                f"the GTV reaches {-past:.0f} mm {word} its vertebra and there is no {name}: if it involves that bone, "
                "give its mask; now only the tumour itself is in the CTV there"
            )
    return said


def _refuse_other_level(
    level: str | None,
    masks: dict[str, Structure],
    touched: dict[str, Structure],
    has_sectors: bool,
    by_sectors: bool,
    gtv: str,
) -> None:
    """The level to treat must be among the touched ones, where its bone is known."""
    if level is None:
        return
    own = [name for name in masks if level_in_name(name) in (None, level)]
    if by_sectors or any(name in touched for name in own) or not (own or has_sectors):
        return
    raise VolumeError(
        f'case.yaml says level {level}, but "{gtv}" touches only {", ".join(touched)}; correct the '
        "level or the structures"
    )


def _given_sectors(structures: Structures, level: str | None, assumptions: list[str]) -> Structures | None:
    found = {role: structure for role in SECTORS if (structure := find_role(structures, role)) is not None}
    missing = [role for role in SECTORS if role not in found]
    if not missing:
        return Structures([replace(structure, name=role) for role, structure in found.items()])
    if found and find_role(structures, "vertebra") is not None:
        assumptions.append(
            f"the given sectors lack {', '.join(missing)}: all six were computed from the vertebra instead"
        )
    elif found and not any(level_in_name(name) for name in structures):
        raise VolumeError(
            f"sectors of {level or 'the vertebra'} are incomplete: {', '.join(missing)} missing; give "
            "all six, or the whole vertebra"
        )
    return None


def _masks(structures: Structures, sectors: Structures | None, level: str | None) -> dict[str, Structure]:
    """Whole vertebrae by name, without a second mask of the one to treat."""
    index = find_role(structures, "vertebra")
    masks: dict[str, Structure] = {} if index is None else {"vertebra": index}
    same = [index] if index is not None else list((sectors or {}).values())
    for name, mask in structures.items():
        if level_in_name(name) is None or mask.is_empty:
            continue
        shared = sum(expected_overlap_cm3(mask, other) for other in same)
        if shared > SAME_BONE * mask.volume_cm3:
            continue
        if level_in_name(name) == level and same:
            raise VolumeError(
                f'two bones are {level}: "{name}" and {", ".join(s.name for s in same)} share {shared:.1f} of '
                f"{mask.volume_cm3:.1f} cm3; correct the level or rename one"
            )
        masks[name] = mask
    return masks


def no_canal(why: str) -> VolumeError:
    """What is said where no canal is given, whatever is done with the case."""
    return VolumeError(
        f"no spinal canal found, needed {why}: give a structure named spinal_canal; `spondyl volumes --derive-canal` "
        "computes one from the vertebra's ring"
    )


def _canal(
    structures: Structures,
    sectors: Structures | None,
    masks: dict[str, Structure],
    derive: bool,
    assumptions: list[str],
) -> Structure:
    found = find_role(structures, "canal")
    if found is not None:
        return found
    if not derive:
        raise no_canal("to cut the vertebra into its parts")
    whole = list(masks.values()) or [_together(sectors)]
    canals = [foramen(mask, *_reach(mask)) for mask in whole]
    coverage = np.maximum.reduce([canal.full() for canal in canals])
    assumptions.append(
        "the spinal canal was computed from the ring of the vertebra, as no structure spinal_canal was given"
    )
    first = canals[0]
    if len(canals) == 1:
        return first
    made = tuple(step for c in canals for step in c.made)
    return from_coverage(first.name, "canal", first.grid, coverage, made=made, colour=first.colour)


def _reach(mask: Structure) -> tuple[float, float]:
    """The mask's height and 15 mm more at both ends: beyond any PTV margin in use."""
    z = mask.local_grid.axis_mm("z")
    return float(z[0]) - 15.0, float(z[-1]) + 15.0


def _together(sectors: Structures | None) -> Structure:
    if sectors is None:
        raise VolumeError("no spinal canal and no vertebra to compute it from; give both")
    first = sectors["vertebral_body"]
    coverage = np.maximum.reduce([sector.full() for sector in sectors.values()])
    return from_coverage("vertebra", "bone", first.grid, coverage)


def _cut_off(mask: Structure) -> tuple[str, ...]:
    low, high = mask.box[0].start, mask.box[0].stop
    if low > 0 and high < mask.grid.shape[0]:
        return ()
    return (f"{mask.name} reaches the end of the CT: its sectors and the CTV may be cut off there",)
