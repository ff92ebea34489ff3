"""What a clinic measures of its beam, read from a folder of small CSV tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import MachineError, nearest, unreadable
from spondyl.physics.beam_model import Horns

Floats = NDArray[np.float64]

TABLES = {
    "tpr": ("depth_mm", "field_size_mm", "tpr"),
    "output_factor": ("square_field_side_mm", "output_factor"),
    "primary_fluence": ("radius_mm", "relative_primary_fluence"),
    "parameters": ("parameter", "value", "unit"),
}
REQUIRED = ("SAD", "source_collimator_distance", "dose_reference_ssd", "dose_reference_depth")
DEFAULTS = {"smallest_field": 10.0, "shallowest_depth": 10.0, "deepest_depth": 300.0}


@dataclass(frozen=True)
class MeasuredBeam:
    """Measured tables of one beam.

    Parameters
    ----------
    name
        Folder or prefix that it was read from.
    depth_mm, field_mm, tpr
        Shapes (d,), (f,) and (f, d): tissue-phantom ratio, the detector at the isocentre's distance, each field
        over its own value at `tpr_reference_mm`. Not a number where not measured.
    tpr_reference_mm
        The depth where every field's ratio is 1.
    output_field_mm, output_factor
        Shape (o,): dose in square fields over that in the `reference_field_mm`, same MU.
    horns
        Primary fluence in air.
    parameters
        The numbers of `parameters.csv`.
    """

    name: str
    depth_mm: Floats
    field_mm: Floats
    tpr: Floats
    tpr_reference_mm: float
    output_field_mm: Floats
    output_factor: Floats
    reference_field_mm: float
    horns: Horns
    parameters: dict[str, float]

    def used_depths(self) -> NDArray[np.bool_]:
        """Depths that count in the agreement."""
        low, high = self.parameters["shallowest_depth"], self.parameters["deepest_depth"]
        return (self.depth_mm >= low) & (self.depth_mm <= high)


def read_measured(folder: Path, prefix: str = "") -> MeasuredBeam:
    """Read `tpr.csv`, `output_factor.csv`, `primary_fluence.csv` and `parameters.csv`, each with `prefix` before it.

    Raises
    ------
    MachineError
        If a file is missing, has other columns or a cell that is not a number, or the tables contradict themselves.
    """
    start = _prefix(folder, prefix)
    parameters = _parameters(folder / f"{start}parameters.csv")
    depth, field, ratio = _grid(_table(folder / f"{start}tpr.csv", "tpr"), folder / f"{start}tpr.csv")
    output_path = folder / f"{start}output_factor.csv"
    output = _table(output_path, "output_factor")
    fluence = _table(folder / f"{start}primary_fluence.csv", "primary_fluence")
    used = field >= parameters["smallest_field"]
    output = output[np.argsort(output[:, 0])]
    output = output[output[:, 0] >= parameters["smallest_field"]]
    if not used.any() or len(output) < 3:
        raise MachineError(
            f"{folder} has {used.sum()} TPR fields and {len(output)} output factors, expected 1 and 3 or more"
        )
    if bool((output[:, 1] <= 0).any()):
        raise MachineError(f"{output_path} holds an output factor that is not positive; check the table")
    ones = np.flatnonzero(np.abs(output[:, 1] - 1) < 1e-6)
    if len(ones) != 1:
        raise MachineError(
            f"{output_path} must be 1 at exactly one field, got {len(ones)}; normalise it to the reference field"
        )
    return MeasuredBeam(
        start.rstrip("_") or folder.name,
        depth,
        field[used],
        ratio[used],
        _reference_depth(depth, ratio[used], folder / f"{start}tpr.csv"),
        output[:, 0],
        output[:, 1],
        float(output[ones[0], 0]),
        Horns(fluence[:, 0], fluence[:, 1]),
        parameters,
    )


def _prefix(folder: Path, prefix: str) -> str:
    if not folder.is_dir():
        raise MachineError(
            f"{folder} is not a folder, expected one with tpr.csv, output_factor.csv, ...; check the path"
        )
    found = sorted(path.name[: -len("tpr.csv")] for path in folder.glob("*tpr.csv"))
    wanted = prefix if not prefix or prefix.endswith("_") else f"{prefix}_"
    if wanted in found:
        return wanted
    if not prefix and len(found) == 1:
        return found[0]
    if not found:
        inside = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
        raise MachineError(f"{folder} has no table tpr.csv, it has: {inside}; name the folder that holds the tables")
    names = ", ".join(name.rstrip("_") or "(none)" for name in found)
    near = nearest(wanted, found)
    hint = f"; did you mean --prefix {near[0].rstrip('_')}?" if near else "; choose one with --prefix"
    raise MachineError(f'{folder} has no "{wanted}tpr.csv", it has: {names}{hint}')


def _rows(path: Path, table: str) -> list[list[str]]:
    columns = TABLES[table]
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MachineError(
            f"{path} cannot be read: {unreadable(error)}; expected a CSV file with columns {','.join(columns)}"
        ) from error
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip() and not line.startswith("#")]
    if not rows or tuple(rows[0]) != columns:
        raise MachineError(f"{path} has columns {rows[0] if rows else []}, expected {','.join(columns)}")
    bad = [number for number, row in enumerate(rows[1:], 2) if len(row) != len(columns)]
    if bad:
        raise MachineError(f"{path}, row {bad[0]}: expected {len(columns)} cells, got {len(rows[bad[0] - 1])}")
    return rows[1:]


def _number(path: Path, text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise MachineError(f'{path} holds "{text}", expected a number') from error
    if not np.isfinite(value) or value < 0:
        raise MachineError(f"{path} holds {text}, expected a number that is finite and not negative")
    return value


def _table(path: Path, table: str) -> Floats:
    rows = [[_number(path, cell) for cell in row] for row in _rows(path, table)]
    if len(rows) < 2:
        raise MachineError(f"{path} has {len(rows)} rows, expected two or more")
    return np.asarray(rows)


def _parameters(path: Path) -> dict[str, float]:
    found = {row[0]: _number(path, row[1]) for row in _rows(path, "parameters")}
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise MachineError(f"{path} lacks {', '.join(missing)}; expected {', '.join(REQUIRED)}")
    return DEFAULTS | found


def _grid(table: Floats, path: Path) -> tuple[Floats, Floats, Floats]:
    depth, field = np.unique(table[:, 0]), np.unique(table[:, 1])
    ratio = np.full((len(field), len(depth)), np.nan)
    at = (np.searchsorted(field, table[:, 1]), np.searchsorted(depth, table[:, 0]))
    if len(set(zip(*at, strict=True))) != len(table):
        raise MachineError(f"{path} gives a depth and field twice, expected each once; remove the double rows")
    ratio[at] = table[:, 2]
    return depth, field, ratio


def _reference_depth(depth: Floats, ratio: Floats, path: Path) -> float:
    at = np.flatnonzero((np.abs(ratio - 1) < 1e-6).all(axis=0))
    if len(at) != 1:
        raise MachineError(
            f"{path} must be 1 for all fields at exactly one depth, got {len(at)}; normalise each field there"
        )
    return float(depth[at[0]])
