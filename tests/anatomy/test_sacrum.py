"""Sacral volumes: confirmed rules, and refusal of the rest."""

from __future__ import annotations

import numpy as np
import pytest
from phantom_case import GRID, SECTORS_AND_VERTEBRA, box, case

from spondyl.anatomy import VolumeSettings, draw_volumes, from_coverage
from spondyl.core.errors import StructureError, VolumeError

PARTS = {
    "S1_body": box((-20, 20), (-38, -8), (-12, 12)),
    "S1_ala_left": box((20, 40), (-38, -8), (-12, 12)),
    "S1_ala_right": box((-40, -20), (-38, -8), (-12, 12)),
    "S1_posterior": box((-20, 20), (8, 20), (-12, 12)),
    "sacral_canal": box((-10, 10), (-8, 8), (-40, 40)),
    "sacral_foramina_left": box((12, 18), (-8, 8), (-4, 4)),
    "sacral_foramina_right": box((-18, -12), (-8, 8), (-4, 4)),
}
GTV = box((24, 36), (-30, -14), (-8, 8))


def sacral(without=(), level="S1"):
    parts = tuple(
        from_coverage(n, "canal" if "canal" in n else "bone", GRID, m) for n, m in PARTS.items() if n not in without
    )
    return case(GTV, level=level, without=(*SECTORS_AND_VERTEBRA, "spinal_canal", "spinal_cord"), more=parts)


def share(volumes, name):
    return float((volumes.structures["CTV"].full() * PARTS[name]).sum() / PARTS[name].sum())


def test_involved_sector_is_whole_and_named_adjacent_ones_are_added():
    volumes = draw_volumes(sacral(), consensus="sacrum-2020", settings=VolumeSettings(sacrum_adjacent=("S1_body",)))
    assert [share(volumes, n) for n in list(PARTS)[:4]] == [1, 1, 0, 0]
    assert any("could not be confirmed" in said for said in volumes.assumptions)
    alone = draw_volumes(sacral(), consensus="sacrum-2020", settings=VolumeSettings(sacrum_adjacent=()))
    assert [share(alone, n) for n in list(PARTS)[:4]] == [0, 1, 0, 0]


def test_ptv_eval_leaves_canal_and_foramina_out():
    volumes = draw_volumes(sacral(), consensus="sacrum-2020", settings=VolumeSettings(sacrum_adjacent=("S1_body",)))
    spared = PARTS["sacral_canal"] | PARTS["sacral_foramina_left"] | PARTS["sacral_foramina_right"]
    assert (volumes.structures["PTV_Eval"].full() * spared).sum() == 0
    assert np.isclose(volumes.structures["SpinalCanal"].volume_cm3, (20 * 16 * 80 + 2 * 6 * 16 * 8) / 1000)


def test_what_is_not_confirmed_or_missing_is_refused():
    with pytest.raises(
        VolumeError,
        match=r"could not be confirmed .* name them \(--sacrum-adjacent S1_body,S1_ala_right,S1_posterior\)",
    ):
        draw_volumes(sacral(), consensus="sacrum-2020")
    with pytest.raises(VolumeError, match="adjacent sacral sectors S2_body are not among"):
        draw_volumes(sacral(), consensus="sacrum-2020", settings=VolumeSettings(sacrum_adjacent=("S2_body",)))
    with pytest.raises(StructureError, match="draw sacral_foramina"):
        draw_volumes(sacral(without=("sacral_foramina_left", "sacral_foramina_right")), consensus="sacrum-2020")
    with pytest.raises(VolumeError, match="no sacral sector found"):
        draw_volumes(sacral(without=tuple(PARTS)[:4]), consensus="sacrum-2020")
    with pytest.raises(VolumeError, match="level T11 is not sacral"):
        draw_volumes(case(GTV), consensus="sacrum-2020")
