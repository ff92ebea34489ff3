"""A phantom file, as its author wrote it: closed models that refuse what they do not know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from spondyl.core.errors import PhantomError, unreadable
from spondyl.io.phantom_faults import SEE, fault_text

Triple = tuple[float, float, float]
Positive = Annotated[float, Field(gt=0)]
Side = Annotated[float, Field(gt=0, le=400)]

MAX_VOXELS = 60_000_000


def _whole(value: Any) -> Any:
    """1e7 as a whole number: YAML 1.1 reads it as text."""
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return int(number) if isinstance(number, float) and number.is_integer() else value


Count = Annotated[int, BeforeValidator(_whole)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class GridFile(_Closed):
    """Voxel edges and sizes along x, y, z."""

    min_mm: Triple
    max_mm: Triple
    spacing_mm: tuple[Positive, Positive, Positive]

    @model_validator(mode="after")
    def _whole_voxels(self) -> GridFile:
        total = 1.0
        for axis, low, high, step in zip("xyz", self.min_mm, self.max_mm, self.spacing_mm, strict=True):
            if not high > low:
                raise ValueError(f"max_mm must exceed min_mm along {axis}, got {low}..{high}")
            count = (high - low) / step
            if abs(count - round(count)) > 1e-3 or round(count) < 1:
                raise ValueError(
                    f"spacing_mm {step} along {axis} does not divide {low}..{high} ({count:.3f} voxels); "
                    "move an edge or change the spacing"
                )
            total *= count
        if total > MAX_VOXELS:
            raise ValueError(f"{total:.3g} voxels, expected at most {MAX_VOXELS:,}; use a coarser spacing_mm")
        return self


class BoxFile(_Closed):
    shape: Literal["box"]
    material: str
    min_mm: Triple
    max_mm: Triple

    @model_validator(mode="after")
    def _ordered(self) -> BoxFile:
        if any(high <= low for low, high in zip(self.min_mm, self.max_mm, strict=True)):
            raise ValueError(f"box max_mm must exceed min_mm along every axis, got {self.min_mm} and {self.max_mm}")
        return self


class SphereFile(_Closed):
    shape: Literal["sphere"]
    material: str
    centre_mm: Triple
    radius_mm: Positive


class MaterialFile(_Closed):
    density_g_per_cm3: Positive
    mass_fractions: dict[str, Annotated[float, Field(ge=0)]]


class VoxelsFile(_Closed):
    file: Path
    materials: Annotated[list[str], Field(min_length=1, max_length=255)]


class PhotonBeamFile(_Closed):
    """A bare divergent point source."""

    kind: Literal["photon"]
    spectrum_csv: Path
    source_mm: Triple
    direction: Triple
    sad_mm: Annotated[float, Field(gt=0, le=10_000)] = 1000.0
    field_mm: tuple[Side, Side]
    x_axis: Triple = (1.0, 0.0, 0.0)


class MachineBeamFile(_Closed):
    """A machine's open field: placed like a photon beam, or by angles about an isocentre."""

    kind: Literal["machine"]
    machine: str
    field_mm: tuple[Side, Side]
    mu: Positive | None = None
    source_mm: Triple | None = None
    direction: Triple | None = None
    x_axis: Triple = (1.0, 0.0, 0.0)
    isocentre_mm: Triple | None = None
    gantry_deg: float = 0.0
    collimator_deg: float = 0.0
    couch_deg: float = 0.0

    @model_validator(mode="after")
    def _one_placement(self) -> MachineBeamFile:
        by_source = self.source_mm is not None and self.direction is not None
        if by_source == (self.isocentre_mm is not None):
            raise ValueError("give either source_mm and direction, or isocentre_mm with gantry_deg")
        return self


class KvPointFile(_Closed):
    """An isotropic kilovoltage point source inside the grid."""

    kind: Literal["kv-point"]
    position_mm: Triple
    spectrum_csv: Path


Solid = Annotated[BoxFile | SphereFile, Field(discriminator="shape")]
Beam = Annotated[PhotonBeamFile | MachineBeamFile, Field(discriminator="kind")]


class PhantomFile(_Closed):
    """The whole file; see docs/how-to/phantom.md."""

    grid: GridFile | None = None
    background: str | None = None
    solids: list[Solid] = []
    voxels: VoxelsFile | None = None
    materials: dict[str, MaterialFile] = {}
    beam: Beam | None = None
    source: KvPointFile | None = None
    engine: str | None = None
    quality: Literal["final", "fast"] = "final"
    histories: Annotated[Count, Field(ge=1)] | None = None
    seed: Annotated[Count, Field(ge=0, lt=2**63)] = 1
    target_uncertainty: Annotated[float, Field(gt=0, lt=1)] | None = None
    device: Literal["cpu", "cuda"] = "cpu"

    @property
    def engine_name(self) -> str:
        """The engine asked for, or the one for what there is."""
        return self.engine or ("collapsed-cone" if self.source is None else "kv-hybrid")

    @model_validator(mode="after")
    def _one_job(self) -> PhantomFile:
        if (self.beam is None) == (self.source is None):
            got = "neither" if self.beam is None else "both"
            raise ValueError(f"give either beam (a field from outside) or source (a point inside), got {got}")
        other = ("histories", "seed", "target_uncertainty", "device") if self.source is None else ("quality",)
        extra = [name for name in other if name in self.model_fields_set]
        if extra:
            what = "source" if self.source is None else "beam"
            raise ValueError(f"{', '.join(extra)} belongs to a {what}, which this phantom does not have; remove it")
        return self

    @model_validator(mode="after")
    def _one_geometry(self) -> PhantomFile:
        if self.voxels is not None:
            extra = [name for name in ("grid", "background", "solids") if getattr(self, name)]
            if extra:
                raise ValueError(f"voxels stands in place of grid, background and solids; remove {', '.join(extra)}")
        elif self.grid is None or self.background is None:
            raise ValueError("give grid and background (and solids), or voxels")
        return self


def read_phantom_file(path: Path) -> PhantomFile:
    """Read and check a phantom file; paths in it are relative to it.

    Raises
    ------
    PhantomError
        If it is not YAML, or a key or value is not what it should be; the place and the remedy are named.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PhantomError(f"phantom file {path} cannot be read: {unreadable(error)}; give a YAML text file") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PhantomError(f"phantom file {path} is not YAML: {_where(error)}; {SEE}") from error
    if not isinstance(content, dict):
        got = "nothing" if content is None else f"a {type(content).__name__}"
        raise PhantomError(
            f"phantom file {path} holds {got}, expected keys and values such as grid, beam, engine; {SEE}"
        )
    try:
        return PhantomFile.model_validate(content)
    except ValidationError as error:
        raise PhantomError(f"phantom file {path}: {fault_text(error.errors(), _KEYS)}") from error


def _where(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


_PARTS: dict[str, type[_Closed]] = {
    "": PhantomFile,
    "grid": GridFile,
    "solids box": BoxFile,
    "solids sphere": SphereFile,
    "materials": MaterialFile,
    "voxels": VoxelsFile,
    "beam photon": PhotonBeamFile,
    "beam machine": MachineBeamFile,
    "source": KvPointFile,
}
_KEYS = {part: tuple(model.model_fields) for part, model in _PARTS.items()}
