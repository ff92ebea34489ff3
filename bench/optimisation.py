"""Fluence optimisation to pyRadPlan's objective value: its matrix, its objectives, its voxels, our optimiser.

Reads what `peers/pyradplan_tg119.py` left: the influence matrix, and for each objective the rows it is evaluated on.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

from spondyl.plan.fluence import FluenceObjective, WeightedObjective, optimise_fluence
from spondyl.plan.matvec import sparse_rows

KINDS = {
    "SquaredDeviation": "squared_deviation",
    "SquaredOverdosing": "squared_overdose",
    "SquaredUnderdosing": "squared_underdose",
    "MeanDose": "mean",
}
WITHIN = 1.001  # of the peer's last value


def objectives_of(peer: Path) -> list[WeightedObjective]:
    """The peer's objectives on the peer's rows."""
    stored = np.load(peer / "objective_rows.npz")
    found = []
    for key in stored:
        _, kind, priority, dose_gy = key.split("|")
        found.append(WeightedObjective(KINDS[kind], np.flatnonzero(stored[key]), float(dose_gy), float(priority)))
    return found


def main(peer: Path, out: Path) -> None:
    figures = json.loads((peer / "figures.json").read_text())
    stored = np.load(peer / "matrix.npz")
    columns = sparse.csc_matrix((stored["data"], stored["indices"], stored["indptr"]), shape=stored["shape"])
    peer_fluence = stored["fluence"]
    del stored
    rows = columns.tocsr()
    del columns
    matrix = sparse_rows(rows)
    objectives = objectives_of(peer)
    value = FluenceObjective(matrix, objectives)
    peer_value = value(peer_fluence)[0]  # compiles, and checks that both mean the same
    target = WITHIN * figures["objective_last"]
    small = [WeightedObjective(o.kind, o.rows[:50], o.dose_gy, o.weight) for o in objectives]
    optimise_fluence(matrix, small, iterations=3)  # compiles the rest
    start = time.perf_counter()
    found = optimise_fluence(matrix, objectives, below=target)
    seconds = time.perf_counter() - start
    ours = {
        "seconds": seconds,
        "objective": value(found.x)[0],
        "target": target,
        "peer_objective_by_our_evaluation": peer_value,
        "evaluations": found.evaluations,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
    }
    out.write_text(json.dumps(ours, indent=2))
    print(ours, "ratio", figures["optimisation_s"] / seconds)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
