"""Dose influence of nine fields on TG-119: ours, on the CT, beams, beamlets and grid that pyRadPlan used."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from spondyl.anatomy import Structures, from_coverage
from spondyl.core import Grid, Image
from spondyl.dose import Field, beamlet_influence, gantry_axes
from spondyl.physics import load_machine, medium_from_ct

BEAMLET_MM = 5.0
LATERAL_CUT_MM = 50.0  # pyRadPlan's, so that both have the same rows


def fields_of(peer: Path, sad_mm: float = 1000.0) -> list[Field]:
    """pyRadPlan's rays as masked beamlet grids."""
    rays = np.load(peer / "rays.npz")
    fields: list[Field] = []
    for i in range(9):
        bev, isocentre = rays[f"beam{i}"], rays[f"isocentre{i}"]
        gantry = 40.0 * i
        direction, u, v = gantry_axes(gantry)
        nu = np.rint((bev[:, 0] - bev[:, 0].min()) / BEAMLET_MM).astype(int)
        nv = np.rint((bev[:, 2] - bev[:, 2].min()) / BEAMLET_MM).astype(int)
        fluence = np.zeros((nv.max() + 1, nu.max() + 1))
        fluence[nv, nu] = 1.0
        edges = [low - BEAMLET_MM / 2 + BEAMLET_MM * np.arange(n + 1) for low, n in (
            (bev[:, 0].min(), fluence.shape[1]), (bev[:, 2].min(), fluence.shape[0]))]  # fmt: skip
        source = isocentre - sad_mm * direction
        fields.append(
            Field(f"{gantry:.0f}", tuple(source), tuple(isocentre), tuple(u), tuple(v), *edges, fluence, gantry)
        )
    return fields


def rows_of(fields: list[Field], grid: Grid, inside: np.ndarray) -> np.ndarray:
    """Voxels inside the body within `LATERAL_CUT_MM` of some beamlet, seen from the source."""
    rows = np.flatnonzero(inside)
    points = grid.point_at(np.stack(np.unravel_index(rows, grid.shape), axis=-1))
    near = np.zeros(len(rows), bool)
    for field in fields:
        from_source = points - field.source_mm
        scale = field.sad_mm / (from_source @ field.direction)
        u, v = (from_source @ np.asarray(axis) * scale for axis in (field.u, field.v))
        near |= (
            (u > field.u_edges_mm[0] - LATERAL_CUT_MM) & (u < field.u_edges_mm[-1] + LATERAL_CUT_MM)
            & (v > field.v_edges_mm[0] - LATERAL_CUT_MM) & (v < field.v_edges_mm[-1] + LATERAL_CUT_MM)
        )  # fmt: skip
    return rows[near]


def nearest_index(grid: Grid, ct_grid: Grid, axis: str) -> np.ndarray:
    """For each voxel of `grid` along `axis` the nearest one of the CT."""
    i = "xyz".index(axis)
    found = np.rint((grid.axis_mm(axis) - ct_grid.origin_mm[i]) / ct_grid.spacing_mm[i]).astype(int)
    return np.clip(found, 0, ct_grid.shape[2 - i] - 1)


def main(peer: Path, out: Path) -> None:
    """Measure in a fresh process; compile first on a small set of rows, so that a warm cache is what is timed."""
    ct = sitk.ReadImage(str(peer / "ct.nii.gz"))
    hu = sitk.GetArrayFromImage(ct).astype(np.float32)
    ct_grid = Grid(ct.GetOrigin(), ct.GetSpacing(), hu.shape)
    body = sitk.GetArrayFromImage(sitk.ReadImage(str(peer / "mask_BODY.nii.gz")))
    structures = Structures([from_coverage("BODY", "external", ct_grid, body.astype(np.float32))])
    grid = Grid((-250.75, -250.75, -160.0), (2.5, 2.5, 2.5), (129, 201, 201))
    index = [nearest_index(grid, ct_grid, axis) for axis in "zyx"]
    inside = body[np.ix_(*index)] > 0
    fields, model = fields_of(peer), load_machine("generic-6mv")
    rows = rows_of(fields, grid, inside)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    beamlet_influence(fields[:1], medium_from_ct(Image(ct_grid, hu), structures), model, rows[:100], grid)
    start = time.perf_counter()
    medium = medium_from_ct(Image(ct_grid, hu), structures)
    made = beamlet_influence(fields, medium, model, rows, grid)
    seconds = time.perf_counter() - start
    figures = {
        "seconds": seconds, "before_gb": before,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "beamlets": made.beamlets, "rows": len(made.rows), "nonzeros": len(made.data),
    }  # fmt: skip
    out.write_text(json.dumps(figures, indent=2))
    print(figures)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
