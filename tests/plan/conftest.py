"""A small planning problem with an answer that can be reasoned about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from cord_cylinder import SETTINGS, cylinder_case
from scipy import sparse

from spondyl.anatomy import Case
from spondyl.plan import make_plan
from spondyl.plan.job import PlanResult
from spondyl.plan.leaves import leaves_of
from spondyl.plan.matvec import sparse_rows
from spondyl.plan.problem import Problem, Samples


def line_problem(overlap_mm: float = 0.0) -> Problem:
    """Beamlets 2.5 mm apart on a line of points 1 mm apart, each a Gaussian of 3 mm: target 30-60 mm, cord after it.

    The cord begins 4 mm beyond the target, less `overlap_mm`.
    """
    points = np.arange(0.0, 100.0)
    centres = np.arange(20.0, 82.0, 2.5)
    matrix = 0.02 * np.exp(-((points[:, None] - centres[None, :]) ** 2) / (2 * 3.0**2))
    matrix[matrix < 1e-6] = 0.0
    target = np.flatnonzero((points >= 30) & (points <= 60))
    cord = np.flatnonzero((points >= 64 - overlap_mm) & (points <= 74 - overlap_mm))
    order = np.concatenate([target, cord, np.arange(len(points))])
    pick = sparse.csr_matrix((np.ones(len(order)), (np.arange(len(order)), order)), shape=(len(order), len(points)))

    def samples(start: int, n: int, volume: float) -> Samples:
        return Samples(slice(start, start + n), np.full(n, 1.0 / n), volume)

    a, b = len(target), len(target) + len(cord)
    everything = Samples(slice(b, len(order)), np.full(100, 0.01), 100.0, np.full(100, 3.0))
    count = len(centres)
    return Problem(
        sparse_rows(sparse.csr_matrix(matrix)),
        sparse_rows(pick),
        {"PTV": samples(0, a, 31.0), "Cord": samples(a, b - a, 1.1), "Falloff": everything},
        leaves_of([(1, count)], np.arange(count)),
        30.0,
        np.zeros(len(points)),
    )


@pytest.fixture
def make_line_problem() -> Callable[[float], Problem]:
    return line_problem


@pytest.fixture
def problem() -> Problem:
    return line_problem()


@pytest.fixture(scope="session")
def case() -> Case:
    """The cylinder with a tumour before a cord."""
    return cylinder_case()


@pytest.fixture(scope="session")
def plain(case: Case) -> PlanResult:
    """Its plan with nothing asked for but the protocol."""
    return make_plan(case, case.structures, settings=SETTINGS)
