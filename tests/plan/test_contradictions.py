"""A target inside an organ that may have less: refused by name; beside it, or partly inside it, not."""

import numpy as np
import pytest

from spondyl.anatomy import Structures, from_coverage
from spondyl.core import Grid
from spondyl.core.errors import PlanError
from spondyl.evaluate import load_protocol
from spondyl.plan.contradictions import refuse_contradictions
from spondyl.plan.goals import Goal
from spondyl.plan.prescription import Prescription, prescription_of, wishlist_of
from spondyl.plan.wishlist import Wish, Wishlist

GRID = Grid((0.0, 0.0, 0.0), (5.0, 5.0, 5.0), (10, 10, 40))  # a voxel is 0.125 cm3
ASKED = Prescription("PTV", 30.0, 5, "D90%")


def _slab(name, role, first, after):
    coverage = np.zeros(GRID.shape)
    coverage[:, :, first:after] = 1.0
    return from_coverage(name, role, GRID, coverage)


def _list(limit=25.0, metric="D0.03cc", level="wish"):
    coverage = Goal("PTV", "D90%", -1, 30.0)
    wishes = (Wish("coverage", ((coverage, 1.0),)),) if level == "wish" else ()
    return Wishlist((Goal("Cord", metric, 1, limit),), () if wishes else (coverage,), wishes)


@pytest.mark.parametrize("level", ["wish", "mandatory"])
def test_a_target_inside_the_cord_is_refused(level):
    """125 cm3 of target, all of it in 250 cm3 of cord that may have 25 Gy."""
    structures = Structures([_slab("PTV", "target", 10, 20), _slab("Cord", "oar", 5, 25)])
    told = (
        r"PTV D90% >= 30 and Cord D0.03cc <= 25 contradict .* 125.00 of 125.00 cm3 of PTV lie in Cord; draw PTV without"
    )
    with pytest.raises(PlanError, match=told):
        refuse_contradictions(_list(level=level), structures, ASKED)


@pytest.mark.parametrize(
    ("cord", "wishlist"),
    [
        ((20, 30), _list()),  # beside it
        ((19, 30), _list()),  # 10 % inside: the coldest tenth may lie there
        ((5, 25), _list(limit=30.0)),  # the cord may have what is prescribed
        ((5, 25), _list(metric="D60%")),  # 40 % of the cord stays below; the target fits into the other 60 %
    ],
)
def test_what_can_hold_is_not_refused(cord, wishlist):
    structures = Structures([_slab("PTV", "target", 10, 20), _slab("Cord", "oar", *cord)])
    refuse_contradictions(wishlist, structures, ASKED)


def test_a_fifth_inside_is_one_tenth_too_much():
    structures = Structures([_slab("PTV", "target", 10, 20), _slab("Cord", "oar", 18, 30)])
    with pytest.raises(PlanError, match=r"25.00 of 125.00 cm3"):
        refuse_contradictions(_list(), structures, ASKED)


def test_the_trials_own_goals_hold_together():
    """Table 1 asks 30 Gy of PTV_Eval, which is drawn without the cord's margin."""
    rules = load_protocol("sib-sbrt-30in5")
    structures = Structures([_slab("PTV_Eval", "target", 10, 20), _slab("SpinalCord_PRV02", "prv", 20, 24)])
    refuse_contradictions(wishlist_of(rules), structures, prescription_of(rules))
