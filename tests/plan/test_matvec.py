import numba
import numpy as np
import pytest
from scipy import sparse

from spondyl.plan.matvec import sparse_rows


@pytest.fixture
def matrix():
    return sparse.random(300, 70, 0.2, format="csr", random_state=3, dtype=np.float32)


def test_products_are_scipys(matrix):
    rng = np.random.default_rng(0)
    x, r = rng.random(70), rng.random(300)
    rows = sparse_rows(matrix)
    exact = matrix.astype(np.float64)
    np.testing.assert_allclose(rows.times(x), exact @ x, rtol=1e-12)
    np.testing.assert_allclose(rows.transposed_times(r), exact.T @ r, rtol=1e-12)


def test_bits_do_not_depend_on_the_thread_count(matrix):
    rows, rng = sparse_rows(matrix), np.random.default_rng(0)
    x, r = rng.random(70), rng.random(300)
    both = rows.times(x), rows.transposed_times(r)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = rows.times(x), rows.transposed_times(r)
    finally:
        numba.set_num_threads(before)
    assert (both[0] == one[0]).all()
    assert (both[1] == one[1]).all()
