"""A machine as a YAML file: read, checked, written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field

from spondyl.core import writing
from spondyl.core.errors import MachineError
from spondyl.physics.beam_model import BeamModel, Contamination, HeadScatter, Horns, ReferenceCondition
from spondyl.physics.data_file import by_name_or_path, names_in, parse_yaml
from spondyl.physics.spectra import Spectrum

SEE = "see docs/how-to/fit-a-machine.md"
FOLDER = "data/machines"

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SpectrumFacts(_Closed):
    """Photons per bin at the bin's centre."""

    energy_mev: tuple[Positive, ...]
    photons: tuple[NotNegative, ...]


class HeadScatterFacts(_Closed):
    """As `HeadScatter`."""

    fraction: NotNegative
    sigma_mm: Positive
    source_distance_mm: Positive
    collimator_distance_mm: Positive


class FluenceFacts(_Closed):
    """As `Horns`."""

    radius_mm: tuple[NotNegative, ...]
    relative_fluence: tuple[NotNegative, ...]


class ContaminationFacts(_Closed):
    """As `Contamination`."""

    surface_gy_cm2: NotNegative
    sigma_mm: Positive
    range_mm: Positive


class ReferenceFacts(_Closed):
    """As `ReferenceCondition`."""

    ssd_mm: Positive
    depth_mm: Positive
    field_mm: Positive
    dose_gy_per_mu: Positive


class MachineFile(_Closed):
    """What a machine file holds; unknown keys are refused."""

    name: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    sad_mm: Positive
    penumbra_fwhm_mm: NotNegative
    spectrum: SpectrumFacts
    photons_per_cm2_per_mu: Positive
    reference: ReferenceFacts
    head_scatter: HeadScatterFacts | None = None
    contamination: ContaminationFacts | None = None
    primary_fluence: FluenceFacts | None = None

    def beam_model(self) -> BeamModel:
        """The beam that the file describes."""
        horns = self.primary_fluence
        return BeamModel(
            name=self.name,
            spectrum=Spectrum(np.asarray(self.spectrum.energy_mev), np.asarray(self.spectrum.photons)),
            sad_mm=self.sad_mm,
            penumbra_fwhm_mm=self.penumbra_fwhm_mm,
            head_scatter=HeadScatter(**self.head_scatter.model_dump()) if self.head_scatter else None,
            horns=Horns(np.asarray(horns.radius_mm), np.asarray(horns.relative_fluence)) if horns else None,
            contamination=Contamination(**self.contamination.model_dump()) if self.contamination else None,
            photons_per_cm2_per_mu=self.photons_per_cm2_per_mu,
            reference=ReferenceCondition(**self.reference.model_dump()),
            source=self.source,
        )


def machine_names() -> tuple[str, ...]:
    """The machines that spondyl carries."""
    return names_in(FOLDER)


def load_machine(name: str) -> BeamModel:
    """A machine that spondyl carries, by name, or one from a YAML file, by path.

    Raises
    ------
    MachineError
        If there is no such machine or file, or the file is incomplete or contradicts itself.
    """
    found = by_name_or_path(name, FOLDER, "machine", "machine file")
    return parse_machine(found.text, found.what)


def parse_machine(text: str, what: str = "machine file") -> BeamModel:
    """The beam of a machine file's text; `what` names it in messages.

    Raises
    ------
    MachineError
        If the text is not YAML, a key is missing or unknown, or a value is out of its range.
    """
    return parse_yaml(MachineFile, text, what, "machine file", SEE).beam_model()


def write_machine(path: Path, model: BeamModel, comment: str = "") -> None:
    """Write a machine file, whole or not at all; `comment` goes on top, line by line.

    Raises
    ------
    MachineError
        If `model` is a bare beam.
    """
    if model.photons_per_cm2_per_mu is None or model.reference is None:
        raise MachineError(f'beam "{model.name}" is not a machine: it has no photons per MU; fit or calibrate it first')
    facts: dict[str, Any] = {
        "name": model.name,
        "source": model.source,
        "sad_mm": model.sad_mm,
        "reference": vars(model.reference),
        "photons_per_cm2_per_mu": _short(model.photons_per_cm2_per_mu),
        "penumbra_fwhm_mm": _short(model.penumbra_fwhm_mm),
    }
    for key, part in (("head_scatter", model.head_scatter), ("contamination", model.contamination)):
        if part is not None:
            facts[key] = {name: _short(value) for name, value in vars(part).items()}
    spectrum = model.spectrum
    facts["spectrum"] = {"energy_mev": spectrum.energy_mev.tolist(), "photons": [_short(v) for v in spectrum.photons]}
    if model.horns is not None:
        horns = model.horns
        facts["primary_fluence"] = {
            "radius_mm": horns.radius_mm.tolist(),
            "relative_fluence": horns.relative_fluence.tolist(),
        }
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    body = yaml.dump(facts, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    with writing(path) as temporary:
        temporary.write_text(head + body, encoding="utf-8")


def _short(value: float) -> float:
    """Seven significant digits: a tenth of a millionth is far below what is known of a beam."""
    return float(f"{value:.7g}")
