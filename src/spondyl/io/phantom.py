"""A phantom of boxes, spheres or voxels with one beam or source: for commissioning, and for checks by others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Progress, silent, writing
from spondyl.core.errors import PhantomError
from spondyl.dose import ENGINE_NAMES, Dose, Field, compute_dose, find_engine
from spondyl.dose.kv import (
    KV_ENGINE_NAMES,
    KV_UNIT,
    KvPointSource,
    KvSettings,
    compute_kv_result,
    find_kv_engine,
    kv_doses,
    refuse_source_in_air,
)
from spondyl.io.bundled import beside_or_bundled
from spondyl.io.phantom_field import phantom_field
from spondyl.io.phantom_file import KvPointFile, MachineBeamFile, PhantomFile, PhotonBeamFile, read_phantom_file
from spondyl.io.phantom_solids import solids_medium
from spondyl.io.phantom_voxels import voxel_medium
from spondyl.physics import MATERIALS, BeamModel, Material, Medium, bare_beam, load_machine, read_spectrum_csv
from spondyl.physics.kv import read_kv_spectrum


@dataclass(frozen=True)
class FieldJob:
    """A field from outside: what meets the phantom, from which beam, and the quality as `compute_dose` takes it."""

    field: Field
    model: BeamModel
    quality: str


@dataclass(frozen=True)
class SourceJob:
    """A kilovoltage source inside, and how long to compute."""

    source: KvPointSource
    settings: KvSettings


@dataclass(frozen=True)
class Phantom:
    """What a phantom file describes, ready to compute.

    Parameters
    ----------
    medium, job
        What is met, and by what.
    engine
        As `compute_dose` or `compute_kv_dose` takes it.
    unit
        Of the dose that will come out.
    inputs
        Every file that was read, for provenance.
    notes
        What its user should know of it.
    """

    medium: Medium
    job: FieldJob | SourceJob
    engine: str
    unit: str
    inputs: Mapping[str, Path]
    notes: tuple[str, ...] = ()


def read_phantom(path: Path) -> Phantom:
    """Read a phantom file and all it names.

    Raises
    ------
    PhantomError
        If the file, its voxels, or the geometry is not usable.
    MaterialError, MachineError, DoseError
        If a material, spectrum, machine, source or engine is not usable.
    """
    file = read_phantom_file(path)
    _find(file)
    materials = dict(MATERIALS)
    for name, facts in file.materials.items():
        materials[name] = Material(name, facts.density_g_per_cm3, facts.mass_fractions, f"phantom file {path.name}")
    inputs = {"phantom": path}
    if file.voxels is not None:
        inputs["voxels"] = path.parent / file.voxels.file
        medium = voxel_medium(file.voxels, inputs["voxels"], materials)
    else:
        medium = solids_medium(file, materials)
    if file.source is not None:
        job, unit = _source_job(file, file.source, medium, path.parent, inputs), KV_UNIT
    else:
        job, unit = _field_job(file, medium, path.parent, inputs)
    return Phantom(medium, job, file.engine_name, unit, inputs, _vacuum_note(medium, path))


def _find(file: PhantomFile) -> None:
    """Refuse an engine that does not exist, or is not one for what the file has."""
    own, others, what = (
        (ENGINE_NAMES, KV_ENGINE_NAMES, "beam") if file.beam else (KV_ENGINE_NAMES, ENGINE_NAMES, "source")
    )
    if file.engine_name in others:
        raise PhantomError(
            f'engine "{file.engine_name}" does not compute a {what}, expected one of {", ".join(own)}; change engine'
        )
    (find_engine if file.beam else find_kv_engine)(file.engine_name)


def _field_job(file: PhantomFile, medium: Medium, folder: Path, inputs: dict[str, Path]) -> tuple[FieldJob, str]:
    if isinstance(file.beam, PhotonBeamFile):
        inputs["spectrum"] = beside_or_bundled(folder, file.beam.spectrum_csv)
        model = bare_beam(read_spectrum_csv(inputs["spectrum"]), file.beam.sad_mm)
    elif isinstance(file.beam, MachineBeamFile):
        model = load_machine(file.beam.machine)
    else:
        raise PhantomError("a phantom needs a beam or a source; add one")
    field = phantom_field(file.beam, model.sad_mm, medium.grid)
    unit = "Gy" if isinstance(file.beam, MachineBeamFile) and file.beam.mu is not None else model.dose_unit
    return FieldJob(field, model, file.quality), unit


def _source_job(
    file: PhantomFile, source: KvPointFile, medium: Medium, folder: Path, inputs: dict[str, Path]
) -> SourceJob:
    inputs["spectrum"] = beside_or_bundled(folder, source.spectrum_csv)
    refuse_source_in_air(medium, source.position_mm)
    settings = KvSettings(file.histories, file.seed, file.target_uncertainty, file.device)
    return SourceJob(KvPointSource(source.position_mm, read_kv_spectrum(inputs["spectrum"])), settings)


@dataclass(frozen=True)
class PhantomDose:
    """What was computed.

    Parameters
    ----------
    dose
        To medium, on the phantom's own grid, in its unit.
    to_water
        None where the engine does not give it.
    histories
        Photons followed; None where the engine follows none.
    interrupted
        Whether Ctrl-C ended it: `dose` is then the last complete result.
    """

    dose: Dose
    to_water: Dose | None = None
    histories: int | None = None
    interrupted: bool = False


def compute_phantom(phantom: Phantom, progress: Progress = silent) -> PhantomDose:
    """Dose of a phantom's beam or source.

    0 where the density is 0, for there is nothing to take it.

    Raises
    ------
    PhantomError
        If there is no dose anywhere: the beam meets only vacuum.
    """
    if isinstance(phantom.job, SourceJob):
        source, settings = phantom.job.source, phantom.job.settings
        result = compute_kv_result(phantom.medium, source, settings, phantom.engine, progress)
        to_medium, to_water = kv_doses(phantom.medium, phantom.engine, result)
        return PhantomDose(to_medium, to_water, result.histories, result.interrupted)
    dose = compute_dose(
        [phantom.job.field],
        phantom.medium,
        phantom.job.model,
        engine=phantom.engine,
        quality=phantom.job.quality,
        progress=progress,
    )
    values = np.where(phantom.medium.density_g_per_cm3 > 0, dose.values, np.float32(0))
    if not (values > 0).any():
        raise PhantomError(
            "the dose is 0 everywhere: the beam meets only voxels of density 0; give the voxels in its way a density"
        )
    uncertain = dose.relative_uncertainty
    return PhantomDose(Dose(dose.grid, values, phantom.unit, dose.engine, dose.kind, None, uncertain, dose.made))


def write_phantom_dose(path: Path, dose: Dose, to_water: Dose | None = None) -> None:
    """Write `dose.npz`: dose [x, y, z], x_mm, y_mm, z_mm, unit, kind.

    With relative_uncertainty where the engine is statistical, and dose_to_water where it is given.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        "dose": _xyz(dose.values),
        **{f"{axis}_mm": dose.grid.axis_mm(axis) for axis in "xyz"},
        "unit": np.array(dose.unit),
        "kind": np.array(dose.kind),
    }
    if dose.relative_uncertainty is not None:
        arrays["relative_uncertainty"] = _xyz(dose.relative_uncertainty)
    if to_water is not None:
        arrays["dose_to_water"] = _xyz(to_water.values)
    with writing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # pyright: ignore[reportArgumentType]


def _xyz(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.transpose(2, 1, 0))


def _vacuum_note(medium: Medium, path: Path) -> tuple[str, ...]:
    """That there are voxels of density 0; where all are, there is no phantom."""
    empty, count = int((medium.density_g_per_cm3 == 0).sum()), medium.density_g_per_cm3.size
    if empty == count:
        raise PhantomError(
            f"phantom file {path}: all {count} voxels have density 0, expected matter; vacuum takes no dose: give "
            "density_g_per_cm3 in g/cm3"
        )
    if not empty:
        return ()
    return (f"{empty} of {count} voxels have density 0: vacuum takes no dose, dose.npz holds 0 there",)
