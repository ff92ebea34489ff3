"""One door to all dose engines for external photon fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid, Progress, silent
from spondyl.core.errors import DoseError
from spondyl.dose.dose import Dose
from spondyl.dose.engines.collapsed_cone import (
    FAST,
    FINAL,
    CollapsedConeSettings,
    collapsed_cone_dose,
)
from spondyl.dose.engines.contamination import add_contamination
from spondyl.dose.engines.merged_release import MERGED
from spondyl.dose.engines.pencil_beam import pencil_beam_dose
from spondyl.dose.engines.source_nodes import MOST_ALONE
from spondyl.dose.fields import Field
from spondyl.dose.named import engine_named
from spondyl.dose.resample import calculation_grid, resample_medium
from spondyl.physics import BeamModel, Medium, refuse_beyond_kernels

Compute = Callable[[Sequence[Field], Medium, BeamModel, Grid, str, Progress], NDArray[np.float32]]
QUALITIES: dict[str, CollapsedConeSettings] = {"final": FINAL, "fast": FAST}


@dataclass(frozen=True)
class Engine:
    """A way to compute dose: its name, what it is, the function, and the qualities that it knows."""

    name: str
    about: str
    compute: Compute
    qualities: tuple[str, ...] = ("final",)


def _collapsed_cone(
    fields: Sequence[Field], medium: Medium, model: BeamModel, grid: Grid, quality: str, progress: Progress
) -> NDArray[np.float32]:
    refuse_beyond_kernels(model.spectrum)
    whole, region = calculation_grid(fields, medium, grid)
    local = resample_medium(medium, whole)
    dose = collapsed_cone_dose(fields, local, model, settings=QUALITIES[quality], region=region, progress=progress)
    return dose[region]


def _pencil_beam(
    fields: Sequence[Field], medium: Medium, model: BeamModel, grid: Grid, quality: str, progress: Progress
) -> NDArray[np.float32]:
    refuse_beyond_kernels(model.spectrum)
    return pencil_beam_dose(fields, medium, model, grid, progress)


ENGINES = (
    Engine(
        "collapsed-cone",
        "convolution/superposition with heterogeneous media, for the final dose",
        _collapsed_cone,
        tuple(QUALITIES),
    ),
    Engine("pencil-beam", "separable pencil kernels at radiological depth, for optimisation", _pencil_beam),
)
ENGINE_NAMES: tuple[str, ...] = tuple(engine.name for engine in ENGINES)


def find_engine(name: str) -> Engine:
    """The engine called `name`.

    Raises
    ------
    DoseError
        If there is none; the engines are listed.
    """
    return engine_named(name, ENGINES)


def compute_dose(
    fields: Sequence[Field],
    medium: Medium,
    model: BeamModel,
    *,
    engine: str = "collapsed-cone",
    grid: Grid | None = None,
    quality: str = "final",
    progress: Progress = silent,
) -> Dose:
    """Dose to medium of all `fields` together.

    Parameters
    ----------
    fields
        With fluence in MU for a machine, photons/cm2 in air at the isocentre for a bare beam.
    medium
        The patient or phantom; outside its grid is vacuum.
    model
        The beam that the fields share.
    engine
        One of `ENGINE_NAMES`.
    grid
        Where the dose is wanted; the medium's grid by default. The medium is averaged onto it.
    quality
        "final" or "fast" (collapsed cone only; see docs/theory/photon-dose.md for what it costs).
    progress
        Told how far the work is.

    Returns
    -------
    Dose in Gy for a machine, in Gy cm2 per photon times the fields' fluence for a bare beam.

    Raises
    ------
    DoseError
        If the engine or quality is unknown, there are no fields, none meets the medium, or a photon energy lies
        beyond the kernels.
    """
    chosen = find_engine(engine)
    if quality not in QUALITIES:
        raise DoseError(f'quality "{quality}" is unknown, expected one of {", ".join(QUALITIES)}')
    if not fields:
        raise DoseError("dose needs at least one field, got none")
    where = grid or medium.grid
    values = chosen.compute(fields, medium, model, where, quality, progress)
    values = add_contamination(values, fields, medium, model, where)
    unit = "Gy" if model.is_machine else model.dose_unit
    merged = (MERGED,) if chosen.compute is _collapsed_cone and len(fields) > MOST_ALONE else ()
    counted = f"{len(fields)} fields"
    made = (f"{chosen.name}, {chosen.about}", f'beam "{model.name}"', counted, *merged, *medium.made)
    return Dose(where, values.astype(np.float32), unit, chosen.name, "dose-to-medium", made=made)
