import numpy as np
import pytest

from spondyl.plan.sequencing import modulation_factor, sliding_window_mu


def test_open_field_needs_its_own_mu():
    assert sliding_window_mu(np.full((4, 10), 7.0)) == 7.0


def test_rises_add_up_and_the_worst_leaf_pair_rules():
    # rises 10, 15 and 5: 30 MU; a single peak of 20: 20 MU (Spirou and Chui 1994: sum of positive gradients)
    assert sliding_window_mu(np.array([[10.0, 5.0, 20.0, 15.0, 20.0], [0.0, 10.0, 20.0, 10.0, 0.0]])) == 30.0


def test_modulation_is_mu_per_centigray():
    assert modulation_factor(1500.0, 6.0) == pytest.approx(2.5)
