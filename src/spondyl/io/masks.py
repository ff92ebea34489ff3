"""structures/*.nii.gz with structures.json: masks on the CT's grid, or refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import ROLES, Structure, Structures, from_coverage
from spondyl.core.errors import CaseError, GridError, ImageError, nearest
from spondyl.core.grid import Grid
from spondyl.core.progress import Progress, silent
from spondyl.io.nifti import Volume, read_nifti
from spondyl.io.roles import role_of

GRID_TOLERANCE_MM = 0.02
"""NIfTI keeps affines in 32 bit and DICOM positions in about four decimals."""
_KEYS = ("file", "role", "colour", "volume_cm3")
_MAX_JSON_BYTES = 1 << 22


def read_masks(
    folder: Path, grid: Grid, right_handed: bool | None, progress: Progress = silent
) -> tuple[Structures, tuple[str, ...]]:
    """Read the masks that structures.json in `folder` lists.

    Parameters
    ----------
    folder
        The case folder.
    grid
        The CT's grid.
    right_handed
        Whether the CT's NIfTI file stored right-handed axes, None where the CT is DICOM (then the masks must agree
        with the first of them).

    Returns
    -------
    Structures, tuple of str
        And what was odd but usable.

    Raises
    ------
    CaseError
        If structures.json is not what it should be or a listed file is missing.
    GridError
        If a mask is not on the CT's grid, or is mirrored against it.
    ImageError
        If a mask holds values outside 0 to 1.
    """
    listed = _listed(folder / "structures.json")
    made: list[Structure] = []
    notes: list[str] = []
    whose = "the CT's"
    for index, (name, entry) in enumerate(listed.items()):
        what = f'mask of "{name}" ({entry["file"]})'
        volume = _volume(name, entry, folder, grid)
        check_on_grid(volume, grid, right_handed, what, whose)
        if right_handed is None:
            right_handed, whose = volume.right_handed, f"those of {what}"
        structure = _structure(name, entry, volume, grid)
        stated = entry.get("volume_cm3")
        if stated is not None and abs(structure.volume_cm3 - stated) > max(0.02, 0.01 * stated):
            notes.append(f'"{name}": structures.json says {stated} cm3, its mask holds {structure.volume_cm3:.2f} cm3')
        made.append(structure)
        progress("reading masks", (index + 1) / len(listed))
    known = {_inside(folder, entry["file"], name) for name, entry in listed.items()}
    for path in sorted((folder / "structures").glob("*.nii*")):
        if path.resolve() not in known:
            notes.append(f"structures/{path.name} is not in structures.json and was not read")
    return Structures(made), tuple(notes)


def _listed(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        raise CaseError(
            f'{path} not found; it lists each mask: {{"GTV": {{"file": "structures/GTV.nii.gz", "role": "target"}}}}'
        )
    if path.stat().st_size > _MAX_JSON_BYTES:
        raise CaseError(f"{path} has {path.stat().st_size} bytes, expected a list of structures; is it another file?")
    try:
        data = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_doubles)
    except (ValueError, RecursionError, OSError) as error:
        raise CaseError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(data, dict):
        raise CaseError(f"{path} holds a {type(data).__name__}, expected structures by name")
    for name, entry in data.items():
        _check_entry(name, entry, path)
    return data


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f'"{key}" is there twice; keep one')
        found[key] = value
    return found


def _check_entry(name: str, entry: Any, path: Path) -> None:
    if not name.strip():
        raise CaseError(f"{path}: a structure has no name; give it one")
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
        raise CaseError(f'{path}: "{name}" has no "file", expected the path of its mask')
    for key in entry:
        if key not in _KEYS:
            raise CaseError(
                f'{path}: "{name}.{key}" is not a known key; nearest: {", ".join(nearest(key, _KEYS) or _KEYS)}'
            )
    role = entry.get("role")
    if role is not None and role not in ROLES:
        raise CaseError(
            f'{path}: "{name}" has role "{role}", expected one of {", ".join(ROLES)}; nearest: '
            f"{', '.join(nearest(str(role), ROLES))}"
        )
    colour = entry.get("colour", "#808080")
    if not isinstance(colour, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise CaseError(f'{path}: "{name}" has colour {colour!r}, expected "#rrggbb"')
    volume = entry.get("volume_cm3")
    if volume is not None and (
        isinstance(volume, bool) or not isinstance(volume, (int, float)) or not 0 <= volume < 1e7
    ):
        raise CaseError(f'{path}: "{name}" has volume_cm3 {volume!r}, expected cm3 as a number of at least 0')


def _inside(folder: Path, file: str, name: str) -> Path:
    path = (folder / file).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise CaseError(
            f'structures.json: "{name}" is in {file}, expected a file inside the case folder; copy it there'
        )
    return path


def _volume(name: str, entry: Mapping[str, Any], folder: Path, grid: Grid) -> Volume:
    path = _inside(folder, entry["file"], name)
    if not path.is_file():
        raise CaseError(
            f'{folder / entry["file"]} not found, the mask of "{name}"; add it or take "{name}" out of structures.json'
        )
    return read_nifti(path, max_voxels=4 * int(np.prod(grid.shape)))


def _structure(name: str, entry: Mapping[str, Any], volume: Volume, grid: Grid) -> Structure:
    coverage = _coverage(volume.values, f'mask of "{name}" ({entry["file"]})')
    role = entry.get("role") or role_of(name)
    return from_coverage(
        name, role, grid, coverage, made=(f"mask read from {entry['file']}",), colour=entry.get("colour", "#808080")
    )


def check_on_grid(volume: Volume, grid: Grid, right_handed: bool | None, what: str, whose: str = "the CT's") -> None:
    """Refuse a mask that is not on the CT's grid, or whose axes are mirrored against the CT's.

    Axes in another order, or turned in pairs, are the same place and were reordered. One flipped axis alone
    means that one of the two files has its left and right (or front and back, or up and down) from elsewhere:
    whether its voxels were turned with it cannot be seen, so it is refused.

    Raises
    ------
    GridError
        If the mask has other voxels, or its axes are mirrored.
    """
    if not volume.grid.same_space(grid, GRID_TOLERANCE_MM):
        got, want = volume.grid, grid
        mirrored = got.shape == want.shape and np.allclose(got.spacing_mm, want.spacing_mm, atol=1e-3)
        hint = "its affine looks flipped or shifted" if mirrored else "it is another image's"
        raise GridError(
            f"{what} is not on the CT's grid: {_said(got)}, expected {_said(want)}; {hint}: export or resample "
            "it on the CT"
        )
    if right_handed is not None and volume.right_handed != right_handed:
        raise GridError(
            f"{what} has a mirrored affine: its axes are {_hand(volume.right_handed)}, {whose} {_hand(right_handed)}, "
            "so its left and right may be swapped; export it with the CT's orientation"
        )


def _said(grid: Grid) -> str:
    low, high = grid.bounds_mm()
    return f"{grid.shape[::-1]} voxels from {np.round(low, 2).tolist()} to {np.round(high, 2).tolist()} mm"


def _hand(right: bool) -> str:
    return "right-handed" if right else "left-handed"


def _coverage(values: NDArray[Any], what: str) -> NDArray[np.float32]:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ImageError(f"{what} holds numbers that are not finite, expected 0 to 1; export it again")
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise ImageError(
            f"{what} holds values from {low:g} to {high:g}, expected 0 and 1 or fractions between; save one "
            "label a file"
        )
    return values.astype(np.float32)
