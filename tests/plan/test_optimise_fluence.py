import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize

from spondyl.core.errors import PlanError
from spondyl.plan import WeightedObjective, optimise_fluence
from spondyl.plan.fluence import FluenceObjective

TARGET, ORGAN = np.arange(0, 60), np.arange(50, 120)
OBJECTIVES = (
    WeightedObjective("squared_deviation", TARGET, 30.0, 100.0),
    WeightedObjective("squared_overdose", ORGAN, 10.0, 30.0),
    WeightedObjective("squared_underdose", TARGET[:20], 35.0, 10.0),
    WeightedObjective("mean", ORGAN, weight=2.0),
)
EUD = WeightedObjective("eud", ORGAN, 8.0, 5.0, exponent=6.0)


@pytest.fixture
def influence():
    return sparse.random(150, 40, 0.3, format="csr", random_state=1, dtype=np.float32)


def plain(influence, objectives, x):
    """The same sum written out."""
    dose, total = influence.astype(np.float64) @ x, 0.0
    for o in objectives:
        d = dose[o.rows]
        miss = {
            "squared_deviation": d - o.dose_gy,
            "squared_overdose": np.maximum(d - o.dose_gy, 0),
            "squared_underdose": np.minimum(d - o.dose_gy, 0),
        }
        if o.kind == "mean":
            total += o.weight * d.mean()
        elif o.kind == "eud":
            total += o.weight * max(0.0, np.mean(d**o.exponent) ** (1 / o.exponent) - o.dose_gy) ** 2
        else:
            total += o.weight * np.mean(miss[o.kind] ** 2)
    return total


def test_value_and_gradient_are_those_of_the_sum_written_out(influence):
    rng = np.random.default_rng(0)
    x, direction = 3 * rng.random(40), rng.normal(size=40)
    both = (*OBJECTIVES, EUD)
    value, gradient = FluenceObjective(influence, both)(x)
    assert value == pytest.approx(plain(influence, both, x), rel=1e-9)
    step = 1e-5 * direction
    expected = (plain(influence, both, x + step) - plain(influence, both, x - step)) / 2e-5
    assert gradient @ direction == pytest.approx(expected, rel=1e-6)


def test_optimum_is_scipys(influence):
    found = optimise_fluence(influence, OBJECTIVES, iterations=1000, tolerance=1e-10)
    reference = minimize(
        FluenceObjective(influence, OBJECTIVES),
        np.ones(40),
        jac=True,
        bounds=[(0, None)] * 40,
        options={"maxiter": 5000, "ftol": 1e-13, "gtol": 1e-9},
    )
    assert found.value == pytest.approx(reference.fun, rel=1e-5)
    assert (found.x >= 0).all()


def test_same_input_same_bits(influence):
    first, second = (optimise_fluence(influence, OBJECTIVES) for _ in range(2))
    assert (first.x == second.x).all()


def test_rows_beyond_the_matrix_are_refused(influence):
    with pytest.raises(PlanError, match="the influence has 0 to 149"):
        optimise_fluence(influence, [WeightedObjective("mean", np.array([150]))])
