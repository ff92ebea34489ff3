"""Which vertebrae next to the lesion's can be measured, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass, field

from spondyl.anatomy.levels import LEVELS, level_in_name, neighbour
from spondyl.anatomy.measured.values import Unknown
from spondyl.anatomy.sectors import Vertebra, cut_vertebra
from spondyl.anatomy.structure import Structure, Structures
from spondyl.core.errors import VolumeError


@dataclass(frozen=True)
class Neighbours:
    """The vertebra above and the one below, each with its parts or with the reason why it cannot be measured.

    `involved` holds the levels among them that the tumour touches: measured, but no healthy reference.
    """

    above: Vertebra | Unknown
    below: Vertebra | Unknown
    involved: frozenset[str] = field(default_factory=frozenset)

    @property
    def known(self) -> tuple[Vertebra, ...]:
        return tuple(v for v in (self.above, self.below) if isinstance(v, Vertebra))


def has_measurable_body(level: str) -> bool:
    """Whether a free vertebra with two endplates: C3 to L5. C1 has no body, C2 the dens, the sacrum is one bone."""
    return LEVELS.index("C3") <= LEVELS.index(level) <= LEVELS.index("L5")


def find_neighbours(
    structures: Structures, canal: Structure, level: str | None, involved: tuple[str, ...]
) -> Neighbours:
    """Find and cut the vertebrae above and below `level`.

    Parameters
    ----------
    involved
        Levels that the tumour touches.
    """
    if level is None:
        unknown = Unknown("the level is not known, so no mask can be named its neighbour; give level in case.yaml")
        return Neighbours(unknown, unknown)
    above, below = (_neighbour(structures, canal, level, steps) for steps in (-1, 1))
    return Neighbours(above, below, frozenset(involved) - {level})


def _neighbour(structures: Structures, canal: Structure, level: str, steps: int) -> Vertebra | Unknown:
    other = neighbour(level, steps)
    if other is None or not has_measurable_body(other):
        return Unknown(f"{other or 'no vertebra'} next to {level} has no body between two endplates")
    mask = next((s for name, s in structures.items() if level_in_name(name) == other and not s.is_empty), None)
    if mask is None:
        return Unknown(f"there is no mask vertebra_{other}")
    try:
        found = cut_vertebra(mask, canal, other)
    except VolumeError as error:
        return Unknown(f"{other}: {error}")
    return Unknown(f"{mask.name}: {cut}") if (cut := cut_off(found)) else found


def cut_off(vertebra: Vertebra) -> str:
    """Says so where the CT ends within the body; empty where it does not."""
    body = vertebra.parts["vertebral_body"]
    filled = body.coverage.max(axis=(1, 2)) > 0
    low = body.box[0].start + int(filled.argmax())
    high = body.box[0].stop - int(filled[::-1].argmax())
    return "its body reaches the end of the CT" if low == 0 or high == body.grid.shape[0] else ""
