"""What must be said of the machines of beams: whether anybody compared them with measured data."""

from __future__ import annotations

from collections.abc import Iterable

from spondyl.dose import LeafAperture
from spondyl.physics import load_linac
from spondyl.plan.external.beams import Beam


def caveats(beams: Iterable[Beam]) -> tuple[str, ...]:
    """One sentence for each machine that needs one."""
    leaves = {beam.linac: isinstance(beam.points[0].aperture, LeafAperture) for beam in beams}
    told = (load_linac(name).caveat if has_leaves else _of_other(name) for name, has_leaves in leaves.items())
    return tuple(text for text in told if text)


def _of_other(name: str) -> str:
    """Robots and helical machines: none of them is validated."""
    return f"machine {name}: no measured data of such a machine were compared with its beam; the dose is not validated"
