"""How much of the vertebra's body, pedicles and sectors the tumour fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spondyl.anatomy.involvement import certain_overlap_cm3, expected_overlap_cm3
from spondyl.anatomy.measured.values import Known, spanning
from spondyl.anatomy.sectors import SECTORS, Vertebra
from spondyl.anatomy.structure import Structure

TOUCH_CM3 = 0.03
"""A sector counts as touched from this overlap on, as in `spondyl volumes` (docs/clinical/volumes.md)."""


@dataclass(frozen=True)
class SectorShare:
    """What the tumour takes of one sector.

    Parameters
    ----------
    volume_cm3
        Of the sector.
    percent
        Of it that the tumour fills.
    touched
        Whether they share at least `TOUCH_CM3`.
    certain
        Whether that holds as well with the tumour's border half a voxel further in and half a voxel further out.
    """

    volume_cm3: float
    percent: Known
    touched: bool
    certain: bool


def sector_shares(
    vertebra: Vertebra, gtv: Structure, smaller: Structure, larger: Structure
) -> Mapping[str, SectorShare]:
    """Shares of the six sectors, in the consortium's order.

    Parameters
    ----------
    smaller, larger
        The tumour with its border half a voxel further in and out: the range.
    """
    return {name: _share(vertebra.sector(name), gtv, smaller, larger) for name in SECTORS}


def _share(parts: tuple[Structure, ...], gtv: Structure, smaller: Structure, larger: Structure) -> SectorShare:
    volume = sum(part.volume_cm3 for part in parts)
    shares = [
        100 * sum(expected_overlap_cm3(tumour, part) for part in parts) / volume if volume else 0.0
        for tumour in (gtv, smaller, larger)
    ]
    touched = [
        sum(certain_overlap_cm3(tumour, part) for part in parts) >= TOUCH_CM3 for tumour in (gtv, smaller, larger)
    ]
    return SectorShare(volume, spanning(*shares), touched[0], len(set(touched)) == 1)
