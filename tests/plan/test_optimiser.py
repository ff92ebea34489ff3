import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from spondyl.plan.optimiser import minimise


@pytest.fixture
def least_squares():
    rng = np.random.default_rng(7)
    return rng.normal(size=(60, 25)), rng.normal(size=60)


def test_non_negative_least_squares_is_scipys(least_squares):
    a, b = least_squares
    expected, residual = nnls(a, b)
    assert (expected == 0).sum() > 5  # the bound matters

    def function(x):
        miss = a @ x - b
        return float(miss @ miss), 2 * a.T @ miss

    found = minimise(function, np.ones(25), iterations=400, tolerance=1e-14)
    assert found.value == pytest.approx(residual**2, rel=1e-8)
    np.testing.assert_allclose(found.x, expected, atol=1e-4)


def test_curved_function_ends_where_scipys_l_bfgs_b_does():
    def function(x):  # Rosenbrock with its valley's end beyond the bound of the first variable
        y = x - np.array([0.5, 0.0])
        value = (1 - y[0]) ** 2 + 100 * (y[1] - y[0] ** 2) ** 2
        return value, np.array([-2 * (1 - y[0]) - 400 * y[0] * (y[1] - y[0] ** 2), 200 * (y[1] - y[0] ** 2)])

    expected = minimize(function, np.array([0.2, 3.0]), jac=True, bounds=[(0, None)] * 2, tol=1e-14)
    found = minimise(function, np.array([0.2, 3.0]), iterations=500, tolerance=1e-16)
    assert found.value == pytest.approx(expected.fun, abs=1e-8)


def test_stops_at_the_goal():
    found = minimise(lambda x: (float(x @ x), 2 * x), np.full(3, 5.0), below=1.0)
    assert found.value <= 1.0
    assert found.reason in ("goal reached", "stationary")


def test_same_input_same_bits(least_squares):
    a, b = least_squares

    def function(x):
        miss = a @ x - b
        return float(miss @ miss), 2 * a.T @ miss

    runs = [minimise(function, np.ones(25)) for _ in range(2)]
    assert (runs[0].x == runs[1].x).all()
