"""NIfTI volumes in and out, with the header read here so that nothing in it is believed unseen.

Header fields: NIfTI-1 and NIfTI-2 (Cox et al. 2004, nifti.nimh.nih.gov/nifti-1, nifti2.h). NIfTI counts in RAS mm,
spondyl in LPS mm: x and y change sign.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import ImageError
from spondyl.core.files import writing
from spondyl.core.grid import Grid
from spondyl.core.provenance import DISCLAIMER
from spondyl.io.axes import to_lps

MAX_VOXELS = 1 << 28
"""Largest volume that is read: 1024 slices of 512 x 512."""

_ONE = np.dtype([
    ("sizeof_hdr", "i4"), ("_1", "V36"), ("dim", "i2", 8), ("_2", "V14"), ("datatype", "i2"), ("bitpix", "i2"),
    ("_3", "V2"), ("pixdim", "f4", 8), ("vox_offset", "f4"), ("scl_slope", "f4"), ("scl_inter", "f4"),
    ("_4", "V3"), ("xyzt_units", "u1"), ("_5", "V24"), ("descrip", "S80"), ("_6", "V24"), ("qform_code", "i2"),
    ("sform_code", "i2"), ("quatern", "f4", 3), ("qoffset", "f4", 3), ("srow", "f4", (3, 4)), ("_7", "V16"),
    ("magic", "S4"),
])  # fmt: skip
_TWO = np.dtype([
    ("sizeof_hdr", "i4"), ("magic", "S8"), ("datatype", "i2"), ("bitpix", "i2"), ("dim", "i8", 8),
    ("_1", "V24"), ("pixdim", "f8", 8), ("vox_offset", "i8"), ("scl_slope", "f8"), ("scl_inter", "f8"),
    ("_2", "V48"), ("descrip", "S80"), ("_3", "V24"), ("qform_code", "i4"), ("sform_code", "i4"),
    ("quatern", "f8", 3), ("qoffset", "f8", 3), ("srow", "f8", (3, 4)), ("_4", "V4"), ("xyzt_units", "i4"),
    ("_5", "V36"),
])  # fmt: skip
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}


@dataclass(frozen=True)
class Volume:
    """A NIfTI volume on a `Grid`.

    Parameters
    ----------
    values
        Scaled values, indexed [z, y, x] of `grid`.
    grid
        In LPS mm.
    right_handed
        Whether the file stored its axes right-handed in the patient, before they were reordered.
    """

    values: NDArray[Any]
    grid: Grid
    right_handed: bool


def read_nifti(path: Path, max_voxels: int = MAX_VOXELS) -> Volume:
    """Read a 3D NIfTI file (.nii or .nii.gz) in any axis-aligned orientation.

    Nothing is decompressed beyond what the header says, and nothing at all where that is more than `max_voxels`.

    Raises
    ------
    ImageError
        If it is not NIfTI, truncated, holds more than its header says, says no orientation, gives two
        orientations that disagree, is not 3D, or has more than `max_voxels`.
    GridError
        If it is oblique.
    """
    if not path.is_file():
        raise ImageError(f"{path} not found; expected a NIfTI file")
    try:
        with _opened(path) as stream:
            header = _header(stream, path)
            raw = _voxels(stream, header, path, max_voxels)
    except (OSError, EOFError, zlib.error) as error:
        raise ImageError(f"{path} is truncated or damaged ({error}); copy it again") from error
    affine = _affine(header, path)
    values, grid = to_lps(_scaled(raw, header), np.diag((-1.0, -1.0, 1.0, 1.0)) @ affine, str(path))
    return Volume(values, grid, bool(np.linalg.det(affine[:3, :3]) > 0))


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb")) if zipped else path.open("rb")


def _header(stream: BinaryIO, path: Path) -> Any:
    start = stream.read(540)
    for kind in (_ONE, _TWO):
        for order in ("<", ">"):
            if len(start) < kind.itemsize:
                continue
            header = np.frombuffer(start[: kind.itemsize], dtype=kind.newbyteorder(order))[0]
            if header["sizeof_hdr"] == kind.itemsize and header["magic"][:3] in (b"n+1", b"n+2"):
                return header
    raise ImageError(f"{path} is not a NIfTI file (no n+1 or n+2 header), expected .nii or .nii.gz; convert it first")


def _voxels(stream: BinaryIO, header: Any, path: Path, max_voxels: int) -> NDArray[Any]:
    dim = [int(n) for n in header["dim"]]
    shape = dim[1 : 1 + max(dim[0], 0)] if 3 <= dim[0] <= 7 else []
    if len(shape) < 3 or min(shape) < 1 or any(n > 1 for n in shape[3:]):
        raise ImageError(
            f"{path} has dimensions {tuple(dim[1 : 1 + min(max(dim[0], 0), 7)])}, expected one 3D volume; "
            "extract it first"
        )
    if int(header["datatype"]) not in _TYPES:
        raise ImageError(
            f"{path} has NIfTI datatype {int(header['datatype'])}, expected plain integers or floats; convert it first"
        )
    kind = np.dtype(_TYPES[int(header["datatype"])]).newbyteorder(header.dtype["dim"].base.byteorder)
    count = shape[0] * shape[1] * shape[2]
    if count > max_voxels:
        raise ImageError(
            f"{path} says it holds {count} voxels ({shape}), at most {max_voxels} are expected; crop or resample it"
        )
    size = count * kind.itemsize
    offset = float(header["vox_offset"])
    if not 0 <= offset <= 1 << 24:
        raise ImageError(
            f"{path} says its voxels start at byte {offset}, expected a number after the header; it is damaged"
        )
    stream.seek(int(offset))
    raw = stream.read(size)
    if len(raw) < size:
        raise ImageError(f"{path} is truncated: {len(raw)} bytes of voxels, its header says {size}; copy it again")
    if stream.read(1):
        raise ImageError(
            f"{path} holds more than the {size} bytes of voxels that its header says; it is damaged or not "
            "what it claims"
        )
    return np.frombuffer(raw, dtype=kind).reshape(shape[2], shape[1], shape[0])


def _scaled(raw: NDArray[Any], header: Any) -> NDArray[Any]:
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    native = raw.astype(raw.dtype.newbyteorder("="), copy=False)
    if (slope in (0.0, 1.0) and (inter == 0.0 or slope == 0.0)) or not (np.isfinite(slope) and np.isfinite(inter)):
        return native
    return (native * np.float64(slope) + inter).astype(np.float32)


def _affine(header: Any, path: Path) -> NDArray[np.float64]:
    """RAS affine: sform and qform must agree where both are given."""
    used = ("srow",) * bool(header["sform_code"] > 0) + ("quatern", "qoffset", "pixdim") * bool(
        header["qform_code"] > 0
    )
    if not all(np.isfinite(header[name][..., :4]).all() for name in used):
        raise ImageError(f"{path} has an affine that is not finite; export it again")
    unit = {1: 1000.0, 3: 1e-3}.get(int(header["xyzt_units"]) & 7, 1.0)
    scale = np.diag((unit, unit, unit, 1.0))
    sform = scale @ np.vstack([header["srow"].astype(np.float64), (0, 0, 0, 1)]) if header["sform_code"] > 0 else None
    qform = scale @ _from_quaternion(header) if header["qform_code"] > 0 else None
    if sform is None and qform is None:
        raise ImageError(
            f"{path} has neither sform nor qform, so left and right are unknown; export it with its orientation"
        )
    if sform is not None and qform is not None:
        _agree(sform, qform, header, path)
    chosen = sform if sform is not None else qform
    assert chosen is not None
    return chosen


def _agree(sform: NDArray[np.float64], qform: NDArray[np.float64], header: Any, path: Path) -> None:
    corners = np.array([(i, j, k, 1) for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float).T
    corners[:3] *= np.asarray(header["dim"][1:4], dtype=float)[:, None] - 1
    apart = float(np.abs((sform - qform) @ corners).max())
    if np.isfinite(apart) and apart <= 0.1:
        return
    mirrored = np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0
    what = (
        "mirror each other (left and right would be swapped)"
        if mirrored
        else f"place voxels up to {apart:.1f} mm apart"
    )
    raise ImageError(f"{path}: its sform and qform {what}, expected one orientation; export it again from the source")


def _from_quaternion(header: Any) -> NDArray[np.float64]:
    """qform affine (NIfTI-1 method 2)."""
    b, c, d = (float(q) for q in header["quatern"])
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array([
        [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
        [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
        [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ])  # fmt: skip
    sign = -1.0 if float(header["pixdim"][0]) < 0 else 1.0
    affine = np.eye(4)
    affine[:3, :3] = rotation * (np.asarray(header["pixdim"][1:4], dtype=np.float64) * (1.0, 1.0, sign))
    affine[:3, 3] = header["qoffset"]
    return affine


def write_nifti(path: Path, values: NDArray[Any], grid: Grid, description: str = DISCLAIMER) -> None:
    """Write a volume on `grid` as NIfTI-1, RAS affine of LPS-ordered voxels, whole or not at all.

    The values are kept as they are (uint8, int16, int32, float32 or float64); gzip carries no time, so the same
    volume gives the same file.
    """
    kinds = {np.dtype(t): code for code, t in _TYPES.items()}
    header = np.zeros((), dtype=_ONE.newbyteorder("<"))
    header["sizeof_hdr"], header["magic"], header["vox_offset"] = 348, b"n+1", 352
    header["dim"] = (3, *grid.shape[::-1], 1, 1, 1, 1)
    header["datatype"], header["bitpix"] = kinds[values.dtype.newbyteorder("=")], values.dtype.itemsize * 8
    header["pixdim"] = (1, *grid.spacing_mm, 0, 0, 0, 0)
    header["scl_slope"], header["xyzt_units"], header["descrip"] = 1, 2, description.encode()[:79]
    header["qform_code"] = header["sform_code"] = 1
    header["quatern"], header["qoffset"] = (0, 0, 1), (-grid.origin_mm[0], -grid.origin_mm[1], grid.origin_mm[2])
    header["srow"] = (np.diag((-1.0, -1.0, 1.0, 1.0)) @ grid.affine_mm)[:3]
    body = header.tobytes() + b"\0\0\0\0" + np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    with writing(path) as temporary, temporary.open("wb") as stream:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6) as zipped:
                zipped.write(body)
        else:
            stream.write(body)
