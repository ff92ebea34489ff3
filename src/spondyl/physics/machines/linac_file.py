"""A linac as a YAML file: read and checked; every value stands with its source."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from spondyl.physics.data_file import by_name_or_path, names_in, parse_yaml
from spondyl.physics.machines.linac import Linac, MultileafCollimator

SEE = "see docs/how-to/write-a-linac.md"
FOLDER = "data/machines/linacs"
Text = Annotated[str, Field(min_length=1)]
Limits = tuple[float, float]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sourced(_Closed):
    """A number and where it comes from."""

    value: float
    source: Text


class LeafRun(_Closed):
    """Neighbouring leaf pairs of one width."""

    pairs: Annotated[int, Field(gt=0)]
    width_mm: Annotated[float, Field(gt=0)]


class CollimatorFacts(_Closed):
    """As `MultileafCollimator`; the leaves run from the negative v side, centred on the axis."""

    name: Text
    leaves: Annotated[tuple[LeafRun, ...], Field(min_length=1)]
    leaves_source: Text
    transmission: Sourced
    tongue_and_groove_mm: Sourced
    leaf_offset_mm: Sourced
    least_gap_mm: Sourced
    most_overtravel_mm: Sourced
    most_retraction_mm: Sourced
    most_span_mm: Sourced
    interdigitates: bool
    interdigitates_source: Text
    leaf_speed_mm_per_s: Sourced

    def collimator(self) -> MultileafCollimator:
        """The collimator of these facts."""
        widths = np.concatenate([np.full(run.pairs, run.width_mm) for run in self.leaves])
        edges = np.concatenate([[0.0], np.cumsum(widths)])
        numbers = {key: fact.value for key, fact in self if isinstance(fact, Sourced)}
        return MultileafCollimator(
            name=self.name,
            leaf_edges_mm=edges - edges[-1] / 2,
            interdigitates=self.interdigitates,
            **numbers,
        )


class JawFacts(_Closed):
    """Transmission and reach of the jaws."""

    transmission: Sourced
    x1_mm: Limits
    x2_mm: Limits
    y1_mm: Limits
    y2_mm: Limits
    limits_source: Text


class LinacFile(_Closed):
    """What a linac file holds; unknown keys are refused."""

    name: Text
    about: Text
    beam: Text
    nominal_mv: Sourced
    flattened: bool
    validated: bool
    collimator: CollimatorFacts
    jaws: JawFacts
    gantry_speed_deg_per_s: Sourced
    dose_rate_mu_per_min: Sourced
    least_dose_rate_mu_per_min: Sourced

    def linac(self) -> Linac:
        """The linac that the file describes."""
        jaws = self.jaws
        return Linac(
            name=self.name,
            beam=self.beam,
            nominal_mv=self.nominal_mv.value,
            flattened=self.flattened,
            mlc=self.collimator.collimator(),
            jaw_transmission=jaws.transmission.value,
            jaw_limits_mm=(jaws.x1_mm, jaws.x2_mm, jaws.y1_mm, jaws.y2_mm),
            gantry_speed_deg_per_s=self.gantry_speed_deg_per_s.value,
            dose_rate_mu_per_min=self.dose_rate_mu_per_min.value,
            least_dose_rate_mu_per_min=self.least_dose_rate_mu_per_min.value,
            validated=self.validated,
            source=self.about,
        )


def linac_names() -> tuple[str, ...]:
    """The linacs that spondyl carries."""
    return names_in(FOLDER)


def load_linac(name: str) -> Linac:
    """A linac that spondyl carries, by name, or one from a YAML file, by path.

    Raises
    ------
    MachineError
        If there is no such linac or file, or the file is incomplete or contradicts itself.
    """
    found = by_name_or_path(name, FOLDER, "linac", "linac file")
    return parse_linac(found.text, found.what)


def parse_linac(text: str, what: str = "linac file") -> Linac:
    """The linac of a file's text; `what` names it in messages.

    Raises
    ------
    MachineError
        If the text is not YAML, a key is missing or unknown, or a value is out of its range.
    """
    return parse_yaml(LinacFile, text, what, "linac file", SEE).linac()
