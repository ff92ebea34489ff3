"""Names of structures in and out."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.anatomy import Structures, from_coverage, tg263_name
from spondyl.anatomy.levels import checked_level, is_below, level_in_name
from spondyl.anatomy.names import find_role, need_role
from spondyl.core import Grid
from spondyl.core.errors import CaseError, StructureError

GRID = Grid((0, 0, 0), (1, 1, 1), (3, 3, 3))


def named(*names, filled=True):
    return Structures([from_coverage(n, "oar", GRID, np.full(GRID.shape, float(filled))) for n in names])


@pytest.mark.parametrize(
    ("name", "standard"),
    # AAPM TG-263 as HL7's mCODE ConceptMap lists it; sectors are ours.
    [
        ("spinal_cord", "SpinalCord"), ("spinal_canal", "SpinalCanal"), ("thecal_sac", "ThecalSac"),
        ("heart", "Heart"), ("lung_left", "Lung_L"), ("kidney_right", "Kidney_R"),
        ("Right Kidney", "Kidney_R"), ("oesophagus", "Esophagus"), ("aorta", "A_Aorta"),
        ("inferior_vena_cava", "V_Venacava_I"), ("small_bowel", "Bowel_Small"), ("colon", "Colon"),
        ("bowel", "Bowel"), ("bladder", "Bladder"), ("BODY", "Body"),
        ("External", "External"), ("Liver", "Liver"), ("GTV", "GTV"),
        ("PTV_Eval", "PTV_Eval"), ("SpinalCord_PRV02", "SpinalCord_PRV02"),
        ("left_ventricle_xyz", "left_ventricle_xyz"),
        ("pedicle_left", "Pedicle_L"), ("transverse_process_lamina_right", "Lamina_TP_R"),
    ],
)  # fmt: skip
def test_standard_names(name, standard):
    assert tg263_name(name) == standard


def test_roles_are_found_whatever_the_writing():
    for name in ("spinal_cord", "SpinalCord", "Spinal Cord", "cord"):
        found = find_role(named(name, "SpinalCord_PRV02"), "cord")
        assert found is not None
        assert found.name == name


def test_thecal_sac_goes_before_cauda_equina():
    found = find_role(named("CaudaEquina", "thecal_sac"), "sac")
    assert found is not None
    assert found.name == "thecal_sac"


def test_two_names_for_one_role_are_refused():
    with pytest.raises(StructureError, match=r"2 structures could be the cord: cord, spinal_cord"):
        find_role(named("cord", "spinal_cord"), "cord")


def test_a_missing_role_lists_the_nearest_names():
    with pytest.raises(
        StructureError, match='no structure for "cord" found, needed now; nearest of what is there: cort'
    ):
        need_role(named("cort", "liver"), "cord", "now")
    with pytest.raises(StructureError, match='"spinal_cord" is empty'):
        need_role(named("spinal_cord", filled=False), "cord", "now")


def test_levels():
    assert checked_level(" l3 ") == "L3"
    assert checked_level("T09") == "T9"
    assert is_below("L3", "L2")
    assert not is_below("L2", "L2")
    assert level_in_name("vertebra_T10") == "T10"
    with pytest.raises(CaseError, match='level "L9" is not a vertebral level'):
        checked_level("L9")
