"""Fluence for weighted objectives: one pass over the influence matrix per iteration.

For objectives that are sums over voxels a row's dose, its share of the value, its derivative and its push on the
beamlets are computed together while the row is in the cache, so the matrix is read once for value and gradient.
`spondyl plan` does not use weights (see `lexicographic`); this is for comparison with systems that do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.core.errors import PlanError
from spondyl.plan.matvec import PARTIALS, Floats, SparseRows, sparse_rows
from spondyl.plan.objectives import generalised_eud
from spondyl.plan.optimiser import Minimum, Pairs, minimise

Kind = Literal["squared_deviation", "squared_overdose", "squared_underdose", "mean", "eud"]
MEMORY = 30
WATCH_EVERY = 25
"""Iterations between looks at every row."""
WATCH_FROM = 0.92
"""Share of its upper limit from which a row is in play."""
_CODE = {"squared_deviation": 0, "squared_overdose": 1, "squared_underdose": 2, "mean": 3}


@dataclass(frozen=True)
class WeightedObjective:
    """One term of the sum to minimise.

    Parameters
    ----------
    kind
        "squared_deviation", "squared_overdose", "squared_underdose": mean over the voxels of the squared miss, Gy2;
        "mean": mean dose, Gy; "eud": squared excess of the generalised equivalent uniform dose over `dose_gy`, Gy2.
    rows
        Rows of the influence matrix, a structure's voxels.
    dose_gy
        Reference; not used by "mean".
    weight
        Penalty.
    exponent
        Of the equivalent uniform dose.
    """

    kind: Kind
    rows: NDArray[np.integer[Any]]
    dose_gy: float = 0.0
    weight: float = 1.0
    exponent: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise PlanError(f'objective "{self.kind}" is unknown, expected one of {", ".join(get_args(Kind))}')
        if len(self.rows) == 0:
            raise PlanError(f'objective "{self.kind}" has no voxels; give the rows of a structure')


def optimise_fluence(
    influence: Any,
    objectives: Sequence[WeightedObjective],
    *,
    start: Floats | None = None,
    iterations: int = 500,
    tolerance: float = 1e-5,
    below: float | None = None,
) -> Minimum:
    """Beamlet weights that minimise the weighted sum of `objectives`.

    Parameters
    ----------
    influence
        Dose per unit of beamlet weight: scipy sparse or `SparseRows`, shape (voxels, beamlets).
    start
        Beamlet weights to start from; equal ones otherwise, such that the objectives' doses are met on average.
    iterations, tolerance, below
        As in `optimiser.minimise`.

    Raises
    ------
    PlanError
        If there is no objective, or one names rows that the matrix does not have.
    """
    value = FluenceObjective(influence, objectives)
    x = value.start() if start is None else np.maximum(start, 0.0)
    pairs, done, evaluations = Pairs(MEMORY), 0, 0
    while True:
        whole = value.watch(x)
        evaluations += 1
        if below is not None and whole <= below:
            return Minimum(x, whole, done, evaluations, "goal reached")
        if done >= iterations:
            return Minimum(x, whole, done, evaluations, "iterations used up")
        found = minimise(
            value, x, iterations=min(WATCH_EVERY, iterations - done), tolerance=tolerance, below=below, pairs=pairs
        )
        x, done, evaluations = found.x, done + max(1, found.iterations), evaluations + found.evaluations
        settled = found.reason in ("converged", "stationary", "no descent")
        if settled and value.watch(x) - found.value <= tolerance * abs(found.value):
            return Minimum(x, found.value, done, evaluations + 1, found.reason)


class FluenceObjective:
    """The weighted sum as a function of beamlet weights: value and gradient in one pass over the rows in play.

    A row that only has upper limits far above its dose adds nothing. After `watch` such rows are passed over until
    the next `watch`, which sees all of them; before the first, none is.
    """

    def __init__(self, influence: Any, objectives: Sequence[WeightedObjective]) -> None:
        if not objectives:
            raise PlanError("no objectives, expected at least one; say what the fluence is for")
        whole = influence if isinstance(influence, SparseRows) else sparse_rows(influence)
        used = np.unique(np.concatenate([np.asarray(o.rows) for o in objectives]))
        if used[0] < 0 or used[-1] >= whole.rows:
            raise PlanError(f"objectives name rows {used[0]} to {used[-1]}, the influence has 0 to {whole.rows - 1}")
        self.matrix = whole if len(used) == whole.rows else _keep_rows(whole, used)
        placed = [np.searchsorted(used, np.asarray(o.rows)) for o in objectives]
        summed = [(o, rows) for o, rows in zip(objectives, placed, strict=True) if o.kind != "eud"]
        self._eud = [(o, rows) for o, rows in zip(objectives, placed, strict=True) if o.kind == "eud"]
        self._terms = _terms_by_row(summed, len(used))
        self._reference = max((o.dose_gy for o in objectives), default=0.0) or 1.0
        self._active = np.arange(len(used))
        self._watched_gy = _lowest_limit_gy(summed, self._eud_rows(), len(used))

    def start(self) -> Floats:
        """Equal weights; their largest dose is the largest reference."""
        ones = np.ones(self.matrix.columns)
        largest = float(self.matrix.times(ones).max())
        return ones * (self._reference / largest if largest > 0 else 1.0)

    def watch(self, x: Floats) -> float:
        """The value over every row; from here on only rows near or above a limit count, till the next call."""
        dose = self.matrix.times(x)
        self._active = np.flatnonzero(dose >= WATCH_FROM * self._watched_gy)
        return self(x)[0]

    def _eud_rows(self) -> NDArray[np.integer[Any]]:
        return np.concatenate([rows for _, rows in self._eud]) if self._eud else np.zeros(0, np.int64)

    def __call__(self, x: Floats) -> tuple[float, Floats]:
        m = self.matrix
        partial, values = np.empty((PARTIALS, m.columns)), np.empty(PARTIALS)
        dose = np.empty(m.rows)
        _fused(m.indptr, m.indices, m.data, x, *self._terms, self._active, dose, partial, values)
        total, gradient = float(values.sum()), partial.sum(axis=0)
        for objective, rows in self._eud:
            value, slope = generalised_eud(dose[rows], np.full(len(rows), 1.0 / len(rows)), objective.exponent)
            excess = max(0.0, value - objective.dose_gy)
            total += objective.weight * excess**2
            push = np.bincount(rows, 2.0 * objective.weight * excess * slope, m.rows).astype(np.float64)
            gradient += m.transposed_times(push)
        return total, gradient


def _lowest_limit_gy(
    summed: Sequence[tuple[WeightedObjective, NDArray[np.integer[Any]]]], always: NDArray[np.integer[Any]], rows: int
) -> Floats:
    """Per row its lowest upper limit, minus infinity where another kind of term needs the row at any dose."""
    lowest = np.full(rows, np.inf)
    for objective, at in summed:
        limit = objective.dose_gy if objective.kind == "squared_overdose" else -np.inf
        lowest[at] = np.minimum(lowest[at], limit)
    lowest[always] = -np.inf
    return lowest


def _keep_rows(matrix: SparseRows, rows: NDArray[np.integer[Any]]) -> SparseRows:
    counts = np.diff(matrix.indptr)[rows]
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    kept = np.zeros(matrix.rows, dtype=np.bool_)
    kept[rows] = True
    entries = np.repeat(kept, np.diff(matrix.indptr))
    return SparseRows(indptr, matrix.indices[entries], matrix.data[entries], matrix.columns)


def _terms_by_row(
    objectives: Sequence[tuple[WeightedObjective, NDArray[np.integer[Any]]]], rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int8], Floats, Floats]:
    """Per row the terms that it enters: start of each row's terms, code, reference and weight of each term."""
    if not objectives:
        return np.zeros(rows + 1, np.int64), np.zeros(0, np.int8), np.zeros(0), np.zeros(0)
    row = np.concatenate([at for _, at in objectives])
    code = np.concatenate([np.full(len(at), _CODE[o.kind], np.int8) for o, at in objectives])
    reference = np.concatenate([np.full(len(at), o.dose_gy) for o, at in objectives])
    weight = np.concatenate([np.full(len(at), o.weight / len(at)) for o, at in objectives])
    order = np.argsort(row, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))]).astype(np.int64)
    return starts, code[order], reference[order], weight[order]


@njit(parallel=True, cache=True)
def _fused(indptr, indices, data, x, starts, code, reference, weight, active, dose, partial, values):  # type: ignore[no-untyped-def]
    rows, parts = active.size, partial.shape[0]
    for c in prange(parts):
        mine = partial[c]
        mine[:] = 0.0
        total = 0.0
        for a in range(c * rows // parts, (c + 1) * rows // parts):
            i = active[a]
            d = 0.0
            for k in range(indptr[i], indptr[i + 1]):
                d += data[k] * x[indices[k]]
            dose[i] = d
            push = 0.0
            for t in range(starts[i], starts[i + 1]):
                if code[t] == 3:
                    total += weight[t] * d
                    push += weight[t]
                    continue
                miss = d - reference[t]
                if (code[t] == 1 and miss < 0.0) or (code[t] == 2 and miss > 0.0):
                    continue
                total += weight[t] * miss * miss
                push += 2.0 * weight[t] * miss
            if push != 0.0:
                for k in range(indptr[i], indptr[i + 1]):
                    mine[indices[k]] += data[k] * push
        values[c] = total
