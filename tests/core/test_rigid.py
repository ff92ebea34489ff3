"""Rigid motions: what they do to points and vectors, how they compose, and what is none."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.core.errors import GridError
from spondyl.core.rigid import IDENTITY, Rigid, about_point, from_matrix, rotation_about


def test_a_quarter_turn_about_a_point_and_a_shift() -> None:
    motion = about_point(rotation_about((0, 0, 1), 90.0), (10.0, 0.0, 5.0), (1.0, 2.0, 3.0))
    np.testing.assert_allclose(motion.moves([11.0, 0.0, 5.0]), [11.0, 3.0, 8.0], atol=1e-12)
    np.testing.assert_allclose(motion.turns([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(motion.shift_at([10.0, 0.0, 5.0]), [1.0, 2.0, 3.0], atol=1e-12)
    assert motion.turn_deg == pytest.approx(90.0)


def test_the_inverse_brings_points_back_and_then_means_after() -> None:
    first = about_point(rotation_about((1, 2, 3), 20.0), (5.0, -4.0, 3.0), (1.0, 0.0, -2.0))
    second = Rigid(rotation_about((0, 1, 0), -7.0), np.array([3.0, 3.0, 3.0]))
    points = np.random.default_rng(1).uniform(-100, 100, (5, 3))
    np.testing.assert_allclose(first.inverse.moves(first.moves(points)), points, atol=1e-10)
    np.testing.assert_allclose(first.then(second).moves(points), second.moves(first.moves(points)), atol=1e-10)
    np.testing.assert_allclose(from_matrix(first.matrix).moves(points), first.moves(points), atol=1e-10)


@pytest.mark.parametrize(
    "matrix",
    [np.diag([1.0, 1.0, 1.01, 1.0]), np.diag([1.0, 1.0, -1.0, 1.0]), np.diag([1.0, 1.0, np.nan, 1.0]), np.eye(3),
     np.diag([1.0, 1.0, 1.0, 2.0])],
)  # fmt: skip
def test_scaling_mirrors_and_other_matrices_are_refused(matrix: np.ndarray) -> None:
    with pytest.raises(GridError, match="a rigid motion needs"):
        from_matrix(matrix)


def test_identity_leaves_points_where_they_are() -> None:
    np.testing.assert_array_equal(IDENTITY.moves([[1.0, 2.0, 3.0]]), [[1.0, 2.0, 3.0]])
