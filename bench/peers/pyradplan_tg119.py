"""pyRadPlan's side of the benchmark, run in its own environment; writes what ours needs to repeat it.

    bench/.venv-pyradplan/bin/python bench/peers/pyradplan_tg119.py OUT_DIR

TG-119 from pyRadPlan's wheel, its generic 6 MV photon machine, nine fields, 5 mm beamlets, 2.5 mm dose grid.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pyRadPlan as prp
import SimpleITK as sitk
from pyRadPlan.analysis._dvh import DVHCollection
from pyRadPlan.optimization.problems._nonlin_fluence import NonLinearFluencePlanningProblem
from scipy import sparse

GANTRY_DEG = [float(a) for a in range(0, 360, 40)]


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    figures: dict[str, object] = {"version": prp.__version__}
    ct, cst = prp.load_tg119()
    plan = prp.PhotonPlan(machine="Generic", prescribed_dose=50.0, num_of_fractions=30)
    plan.prop_stf = {"gantry_angles": GANTRY_DEG, "couch_angles": [0.0] * 9, "bixel_width": 5.0}
    plan.prop_dose_calc = {"dose_grid": {"resolution": {"x": 2.5, "y": 2.5, "z": 2.5}}}
    stf = prp.generate_stf(ct, cst, plan)

    start = time.perf_counter()
    dij = prp.calc_dose_influence(ct, cst, stf, plan)
    figures["influence_s"] = time.perf_counter() - start
    figures["influence_peak_gb"] = peak_gb()
    matrix = sparse.csc_matrix(dij.physical_dose.flat[0])
    figures["beamlets"], figures["nonzeros"] = int(matrix.shape[1]), int(matrix.nnz)

    history: dict = {}
    rows: dict[str, np.ndarray] = {}
    evaluate = NonLinearFluencePlanningProblem._objective_function

    def watched(problem: NonLinearFluencePlanningProblem, x: np.ndarray) -> float:
        """Keep which rows of the matrix each objective is evaluated on."""
        for index, objectives in ((info[0], info[1]) for info in ([] if rows else problem._objective_list)):
            for objective in objectives:
                key = f"{len(rows)}|{type(objective).__name__}|{objective.priority}|{objective.parameters[0]}"
                rows[key] = np.asarray(index)
        return evaluate(problem, x)

    NonLinearFluencePlanningProblem._objective_function = watched
    start = time.perf_counter()
    fluence = prp.fluence_optimization(ct, cst, stf, dij, plan, opt_info=history)
    figures["optimisation_s"] = time.perf_counter() - start
    figures["optimisation_peak_gb"] = peak_gb()
    values = history.get("obj_history", [])
    figures["objective_first"], figures["objective_last"] = float(values[0]), float(values[-1])
    figures["evaluations"] = len(values)

    result = dij.compute_result_ct_grid(fluence)
    dose = result["physical_dose"]
    start = time.perf_counter()
    DVHCollection.from_structure_set(cst, dose)
    figures["dvh_s"] = time.perf_counter() - start
    figures["dvh_structures"] = len(cst.vois)

    grid = dij.dose_grid
    np.savez(
        out / "matrix.npz",
        data=matrix.data.astype(np.float32),
        indices=matrix.indices,
        indptr=matrix.indptr,
        shape=matrix.shape,
        fluence=np.asarray(fluence),
    )
    np.savez(out / "objective_rows.npz", **rows)
    sitk.WriteImage(ct.cube_hu, str(out / "ct.nii.gz"))
    sitk.WriteImage(dose, str(out / "dose.nii.gz"))
    rays = {}
    for i, beam in enumerate(stf.beams):
        rays[f"beam{i}"] = np.array([ray.ray_pos_bev for ray in beam.rays])
        rays[f"isocentre{i}"] = np.asarray(beam.iso_center)
    np.savez(out / "rays.npz", **rays)
    structures = []
    for voi in cst.vois:
        name = voi.name.replace(" ", "_")
        sitk.WriteImage(sitk.Cast(voi.mask, sitk.sitkUInt8), str(out / f"mask_{name}.nii.gz"))
        structures.append(
            {
                "name": name,
                "type": voi.voi_type,
                "priority": voi.overlap_priority,
                "objectives": [o.model_dump() for o in voi.objectives],
            }
        )
    figures["structures"] = structures
    figures["dose_grid"] = {
        "dimensions": list(grid.dimensions),
        "resolution": grid.resolution,
        "origin": list(np.asarray(grid.origin)),
    }
    (out / "figures.json").write_text(json.dumps(figures, indent=2, default=str))
    print(json.dumps({k: v for k, v in figures.items() if k != "structures"}, indent=1, default=str))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
