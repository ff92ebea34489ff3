"""A phantom of boxes, spheres or voxels with one beam: for commissioning, and for checks by others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from spondyl.core import Grid, Progress, silent, writing
from spondyl.core.errors import PhantomError
from spondyl.dose import Dose, Field, compute_dose, find_engine, gantry_axes
from spondyl.io.phantom_file import (
    BoxFile,
    MachineBeamFile,
    PhantomFile,
    PhotonBeamFile,
    SphereFile,
    read_phantom_file,
)
from spondyl.io.phantom_voxels import voxel_medium
from spondyl.physics import (
    MATERIALS,
    BeamModel,
    Material,
    Medium,
    bare_beam,
    fill_partly,
    find_material,
    load_machine,
    read_spectrum_csv,
)

_SUB = 4


@dataclass(frozen=True)
class Phantom:
    """What a phantom file describes, ready to compute.

    Parameters
    ----------
    medium, field, model
        What is met, by what, from which beam.
    engine, quality
        As `compute_dose` takes them.
    unit
        Of the dose that will come out.
    inputs
        Every file that was read, for provenance.
    notes
        What its user should know of it.
    """

    medium: Medium
    field: Field
    model: BeamModel
    engine: str
    quality: str
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
        If a material, spectrum, machine or engine is not usable.
    """
    file = read_phantom_file(path)
    find_engine(file.engine)
    materials = dict(MATERIALS)
    for name, facts in file.materials.items():
        materials[name] = Material(name, facts.density_g_per_cm3, facts.mass_fractions, f"phantom file {path.name}")
    inputs = {"phantom": path}
    if file.voxels is not None:
        inputs["voxels"] = path.parent / file.voxels.file
        medium = voxel_medium(file.voxels, inputs["voxels"], materials)
    else:
        medium = _from_solids(file, materials)
    if isinstance(file.beam, PhotonBeamFile):
        inputs["spectrum"] = path.parent / file.beam.spectrum_csv
        model = bare_beam(read_spectrum_csv(inputs["spectrum"]), file.beam.sad_mm)
    else:
        model = load_machine(file.beam.machine)
    field = _field(file.beam, model.sad_mm)
    _refuse_source_inside(field, medium.grid)
    _refuse_beside(field, medium.grid)
    unit = "Gy" if isinstance(file.beam, MachineBeamFile) and file.beam.mu is not None else model.dose_unit
    return Phantom(medium, field, model, file.engine, file.quality, unit, inputs, _vacuum_note(medium, path))


def compute_phantom(phantom: Phantom, progress: Progress = silent) -> Dose:
    """Dose on the phantom's own grid, in its unit; 0 where the density is 0, for there is nothing to take it.

    Raises
    ------
    PhantomError
        If there is no dose anywhere: the beam meets only vacuum.
    """
    dose = compute_dose(
        [phantom.field],
        phantom.medium,
        phantom.model,
        engine=phantom.engine,
        quality=phantom.quality,
        progress=progress,
    )
    values = np.where(phantom.medium.density_g_per_cm3 > 0, dose.values, np.float32(0))
    if not (values > 0).any():
        raise PhantomError(
            "the dose is 0 everywhere: the beam meets only voxels of density 0; give the voxels in its way a density"
        )
    return Dose(dose.grid, values, phantom.unit, dose.engine, dose.kind, None, dose.relative_uncertainty, dose.made)


def write_phantom_dose(path: Path, dose: Dose) -> None:
    """Write `dose.npz`: dose [x, y, z], x_mm, y_mm, z_mm, unit, and relative_uncertainty where there is one."""
    arrays: dict[str, NDArray[np.generic]] = {
        "dose": np.ascontiguousarray(dose.values.transpose(2, 1, 0)),
        **{f"{axis}_mm": dose.grid.axis_mm(axis) for axis in "xyz"},
        "unit": np.array(dose.unit),
    }
    if dose.relative_uncertainty is not None:
        arrays["relative_uncertainty"] = np.ascontiguousarray(dose.relative_uncertainty.transpose(2, 1, 0))
    with writing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # pyright: ignore[reportArgumentType]


def _from_solids(file: PhantomFile, materials: Mapping[str, Material]) -> Medium:
    if file.grid is None or file.background is None:
        raise PhantomError("a phantom without voxels needs grid and background; add them")
    low, high, step = (np.asarray(a) for a in (file.grid.min_mm, file.grid.max_mm, file.grid.spacing_mm))
    count = np.rint((high - low) / step).astype(int)
    grid = Grid(_triple(low + step / 2), _triple(step), (int(count[2]), int(count[1]), int(count[0])))
    used = [find_material(file.background, materials)]
    density = np.full(grid.shape, used[0].density_g_per_cm3, np.float32)
    index = np.zeros(grid.shape, np.uint16)
    for solid in file.solids:
        box, share = _box_share(solid, grid) if isinstance(solid, BoxFile) else _sphere_share(solid, grid)
        fill_partly(density[box], index[box], used, share, find_material(solid.material, materials))
    return Medium(grid, density, index, tuple(used), (f"{len(file.solids)} solids in {used[0].name}",))


def _box_share(solid: BoxFile, grid: Grid) -> tuple[tuple[slice, slice, slice], NDArray[np.float32]]:
    """Fraction of each voxel inside a box, exact, within the slices that it touches."""
    shares, slices = [], []
    for axis in "zyx":
        i = "xyz".index(axis)
        step, centres = grid.spacing_mm[i], grid.axis_mm(axis)
        overlap = np.minimum(centres + step / 2, solid.max_mm[i]) - np.maximum(centres - step / 2, solid.min_mm[i])
        share = np.clip(overlap / step, 0, 1)
        share[share < 1e-6], share[share > 1 - 1e-6] = 0, 1
        filled = np.flatnonzero(share)
        part = slice(int(filled[0]), int(filled[-1]) + 1) if filled.size else slice(0, 0)
        shares.append(share[part])
        slices.append(part)
    product = shares[0][:, None, None] * shares[1][None, :, None] * shares[2][None, None, :]
    return (slices[0], slices[1], slices[2]), product.astype(np.float32)


def _sphere_share(solid: SphereFile, grid: Grid) -> tuple[tuple[slice, slice, slice], NDArray[np.float32]]:
    """Fraction of each voxel inside a sphere by 4 x 4 x 4 points a voxel, within the slices that it touches."""
    slices, squares = [], []
    for axis in "zyx":
        i = "xyz".index(axis)
        step, centres = grid.spacing_mm[i], grid.axis_mm(axis)
        near = np.flatnonzero(np.abs(centres - solid.centre_mm[i]) <= solid.radius_mm + step / 2)
        part = slice(int(near[0]), int(near[-1]) + 1) if near.size else slice(0, 0)
        offsets = ((np.arange(_SUB) + 0.5) / _SUB - 0.5) * step
        points = centres[part][:, None] + offsets[None, :] - solid.centre_mm[i]
        slices.append(part)
        squares.append(points.ravel() ** 2)
    inside = squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :] <= solid.radius_mm**2
    n = [len(s) // _SUB for s in squares]
    share = inside.reshape(n[0], _SUB, n[1], _SUB, n[2], _SUB).mean(axis=(1, 3, 5))
    return (slices[0], slices[1], slices[2]), share.astype(np.float32)


def _field(beam: PhotonBeamFile | MachineBeamFile, sad_mm: float) -> Field:
    half = np.asarray(beam.field_mm) / 2
    mu = (beam.mu or 1.0) if isinstance(beam, MachineBeamFile) else 1.0
    angles = {}
    if isinstance(beam, MachineBeamFile) and beam.isocentre_mm is not None:
        direction, u, v = gantry_axes(beam.gantry_deg, beam.collimator_deg, beam.couch_deg)
        isocentre = np.asarray(beam.isocentre_mm)
        source = isocentre - sad_mm * direction
        angles = {"gantry_deg": beam.gantry_deg, "collimator_deg": beam.collimator_deg, "couch_deg": beam.couch_deg}
    else:
        if beam.source_mm is None or beam.direction is None:
            raise PhantomError("beam needs source_mm and direction, or isocentre_mm; add them")
        source = np.asarray(beam.source_mm)
        direction = _unit(beam.direction, "beam.direction")
        u = _unit(np.asarray(beam.x_axis) - np.dot(beam.x_axis, direction) * direction, "beam.x_axis", beam.x_axis)
        v = np.cross(direction, u)
        isocentre = source + sad_mm * direction
    return Field(
        "beam", _triple(source), _triple(isocentre), _triple(u), _triple(v), np.array([-half[0], half[0]]),
        np.array([-half[1], half[1]]), np.full((1, 1), mu), **angles,
    )  # fmt: skip


def _unit(vector: ArrayLike, name: str, given: ArrayLike | None = None) -> NDArray[np.float64]:
    length = float(np.linalg.norm(vector))
    if length < 1e-6:
        what = "must not be parallel to direction" if given is not None else "must not be zero"
        raise PhantomError(f"{name} {what}, got {vector if given is None else given}; choose another vector")
    return np.asarray(vector) / length


def _refuse_source_inside(field: Field, grid: Grid) -> None:
    low, high = grid.bounds_mm()
    source = np.asarray(field.source_mm)
    distance = float(np.linalg.norm(np.maximum(np.maximum(low - source, source - high), 0)))
    if distance < 10.0:
        raise PhantomError(
            f"beam source {field.source_mm} lies inside the phantom's grid {low.tolist()}..{high.tolist()} mm "
            "or within 10 mm of it; move source_mm back"
        )


def _refuse_beside(field: Field, grid: Grid) -> None:
    """A beam no ray of which meets the grid: a place inside both would solve ten linear inequalities."""
    low, high = grid.bounds_mm()
    u, v, axis = np.asarray(field.u), np.asarray(field.v), field.direction
    sides = []
    for across, edges in ((u, field.u_edges_mm), (v, field.v_edges_mm)):
        sides += [field.sad_mm * across - edges[-1] * axis, edges[0] * axis - field.sad_mm * across]
    rows = np.array([*sides, -field.sad_mm * axis]) / field.sad_mm
    found = linprog(np.zeros(3), rows, rows @ np.asarray(field.source_mm), bounds=list(zip(low, high, strict=True)))
    if found.status == 2:
        raise PhantomError(
            f"the beam from {_place(field.source_mm)} mm along {_place(field.direction)} misses the phantom in "
            f"{_place(low)} to {_place(high)} mm; turn the beam (direction or gantry_deg) towards it, or move one"
        )


def _place(values: ArrayLike) -> str:
    return f"({', '.join(f'{a:.5g}' for a in _triple(values))})"


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


def _triple(values: ArrayLike) -> tuple[float, float, float]:
    x, y, z = (float(a) for a in np.asarray(values, np.float64))
    return x, y, z
