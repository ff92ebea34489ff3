"""Jaws and leaves of an RTPLAN's control points: what each device says, and what later points inherit.

A control point names only the devices that moved; the others stay where they were (DICOM PS3.3 C.8.8.14.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DicomError
from spondyl.dose import LeafAperture
from spondyl.io.dicom_file import numbers, text
from spondyl.physics import Linac, linac_names, load_linac

Floats = NDArray[np.float64]
X_JAWS, Y_JAWS, LEAVES = ("X", "ASYMX"), ("Y", "ASYMY"), ("MLCX", "MLCX1")
SAME_EDGE_MM = 0.1
"""How far a leaf's side may lie from the linac's: files round them to tenths of a millimetre."""
CROSSED_MM = 0.05
"""How far facing leaf tips may overlap in a file: what rounding to tenths of a millimetre does."""


@dataclass(frozen=True)
class Devices:
    """The beam limiting devices that a beam declares.

    Parameters
    ----------
    kinds
        Their types, "ASYMX" for example, in the file's order.
    leaves
        The one of them with leaves along x, empty where there is none.
    edges_mm
        Its leaves' sides, shape (pairs + 1,), empty where there is none.
    """

    kinds: tuple[str, ...]
    leaves: str
    edges_mm: Floats


def read_devices(beam: Any, path: Path, what: str) -> Devices:
    """The devices of a beam; `what` names it in messages.

    Raises
    ------
    DicomError
        If leaves move along y, stand in two layers, or their number and sides contradict each other.
    """
    declared = beam.get("BeamLimitingDeviceSequence") or []
    kinds = tuple(text(one, "RTBeamLimitingDeviceType") for one in declared)
    strange = [kind for kind in kinds if kind not in (*X_JAWS, *Y_JAWS, *LEAVES)]
    if strange:
        why = "two layers of leaves" if strange[0] == "MLCX2" else "a device that is not computed"
        raise DicomError(
            f"{path}: {what} has {strange[0]}, {why}; expected jaws and one layer of leaves along x "
            f"({', '.join((*X_JAWS, *Y_JAWS, *LEAVES))}), leave the beam out"
        )
    if not kinds or len(set(kinds)) < len(kinds) or sum(kind in LEAVES for kind in kinds) > 1:
        raise DicomError(
            f"{path}: {what} declares the devices {', '.join(kinds) or 'none'}, expected each once, jaws or leaves; "
            "export it again"
        )
    leaves = next((kind for kind in kinds if kind in LEAVES), "")
    if not leaves:
        return Devices(kinds, "", np.zeros(0))
    one = declared[kinds.index(leaves)]
    edges, pairs = numbers(one, "LeafPositionBoundaries", 0, path), int(one.get("NumberOfLeafJawPairs") or 0)
    if len(edges) != pairs + 1 or bool((np.diff(edges) <= 0).any()):
        raise DicomError(
            f"{path}: {what} has {pairs} pairs of leaves with {len(edges)} sides, expected one side more than pairs, "
            "ascending; export it again"
        )
    return Devices(kinds, leaves, edges)


def check_leaves(devices: Devices, linac: Linac, path: Path, what: str) -> None:
    """See that the leaves are the linac's.

    Raises
    ------
    DicomError
        If their number or sides differ; linacs that have these leaves are named.
    """
    if not devices.leaves or _same_edges(devices.edges_mm, linac):
        return
    fitting = [name for name in linac_names() if _same_edges(devices.edges_mm, load_linac(name))]
    hint = f"give --linac {' or '.join(fitting)}" if fitting else "give --linac FILE.yaml of a linac that has them"
    widths = np.unique(np.diff(devices.edges_mm).round(2))
    raise DicomError(
        f"{path}: {what} has {len(devices.edges_mm) - 1} pairs of leaves of {_listed(widths)} mm, linac "
        f'"{linac.name}" has {linac.mlc.pairs} of {_listed(np.unique(linac.mlc.leaf_widths_mm))} mm; {hint}'
    )


def _same_edges(edges: Floats, linac: Linac) -> bool:
    own = linac.mlc.leaf_edges_mm
    return edges.shape == own.shape and bool(np.abs(edges - own).max() <= SAME_EDGE_MM)


def _listed(widths: Floats) -> str:
    return " and ".join(f"{width:g}" for width in widths)


def positions(points: Sequence[Any], devices: Devices, path: Path, what: str) -> list[dict[str, Floats]]:
    """Where every declared device stands at each control point, in mm at the isocentre, by its type.

    Raises
    ------
    DicomError
        If the first point leaves a device out, or a device has another number of positions than it has leaves.
    """
    found: list[dict[str, Floats]] = []
    for number, point in enumerate(points):
        now = dict(found[-1]) if found else {}
        for one in point.get("BeamLimitingDevicePositionSequence") or []:
            kind = text(one, "RTBeamLimitingDeviceType")
            count = 2 * (len(devices.edges_mm) - 1) if kind == devices.leaves else 2
            now[kind] = numbers(one, "LeafJawPositions", count, path)
        missing = [kind for kind in devices.kinds if kind not in now]
        if missing:
            raise DicomError(
                f"{path}: {what} declares {missing[0]}, and control point {number} does not say where it stands; "
                "export it again"
            )
        found.append(now)
    return found


def aperture(at: Mapping[str, Floats], devices: Devices, linac: Linac, path: Path, what: str) -> LeafAperture:
    """The opening of one control point.

    Jaws that a machine does not have are as open as the linac's go, leaves that it does not have lie behind the jaws.
    Of two pairs of jaws along one axis the narrower opening counts.

    Raises
    ------
    DicomError
        If leaves or jaws cross.
    """
    limits = linac.jaw_limits_mm
    x1, x2 = _jaws(at, X_JAWS, (limits[0][0], limits[1][1]))
    y1, y2 = _jaws(at, Y_JAWS, (limits[2][0], limits[3][1]))
    if devices.leaves:
        leaves = at[devices.leaves].reshape(2, -1).T
    else:
        leaves = np.tile([limits[0][0], limits[1][1]], (linac.mlc.pairs, 1))
    crossed = leaves[:, 0] - leaves[:, 1]
    worst = int(np.argmax(crossed))
    if crossed[worst] > CROSSED_MM or x1 > x2 or y1 > y2:
        told = (
            f"leaf pair {worst + 1} from {leaves[worst, 0]:g} to {leaves[worst, 1]:g} mm"
            if crossed[worst] > CROSSED_MM
            else f"jaws x {x1:g} to {x2:g}, y {y1:g} to {y2:g} mm"
        )
        raise DicomError(f"{path}: {what} has {told}, expected the first bank below the second; export it again")
    middle = leaves.mean(axis=1)
    apart = np.stack((np.minimum(leaves[:, 0], middle), np.maximum(leaves[:, 1], middle)), axis=1)
    return LeafAperture(apart, (x1, x2, y1, y2))


def _jaws(at: Mapping[str, Floats], kinds: tuple[str, ...], widest: tuple[float, float]) -> tuple[float, float]:
    given = [at[kind] for kind in kinds if kind in at]
    if not given:
        return widest
    return float(max(jaws[0] for jaws in given)), float(min(jaws[1] for jaws in given))
