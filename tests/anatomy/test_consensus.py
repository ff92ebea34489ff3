"""The consensus tables, over all 64 combinations of touched sectors."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from spondyl.anatomy.consensus import ISRC_2012, RTOG_0631, Consensus, Row, decide
from spondyl.anatomy.sectors import PARTS, SECTORS
from spondyl.core.citations import Citation, collecting
from spondyl.core.errors import VolumeError

EVERY = [set(c) for c in chain.from_iterable(combinations(SECTORS, n) for n in range(7))]
POSITIONS = ("central", "lateralised_left", "lateralised_right", "diffuse")
BODY = "vertebral_body"


def of_sector(name):
    side = name.rsplit("_", 1)[1]
    both = {f"transverse_process_{side}", f"lamina_{side}"}
    return both if name.startswith("transverse_process_lamina") else {name}


def mirrored(names):
    swap = {"left": "right", "right": "left"}
    return {f"{n.rsplit('_', 1)[0]}_{swap[n.rsplit('_', 1)[1]]}" if n.endswith(("left", "right")) else n for n in names}


def positions(touched):
    return POSITIONS if BODY in touched else ("none",)


def test_there_are_64_combinations():
    assert len(EVERY) == 64


@pytest.mark.parametrize("table", [ISRC_2012, RTOG_0631], ids=lambda t: t.name)
def test_touched_sectors_always_belong_to_the_ctv(table):
    for touched in EVERY:
        for position in positions(touched):
            parts = set(decide(table, touched, position).parts)
            assert parts >= set(chain.from_iterable(of_sector(s) for s in touched)), (touched, position)


@pytest.mark.parametrize("table", [ISRC_2012, RTOG_0631], ids=lambda t: t.name)
def test_a_mirrored_tumour_has_the_mirrored_ctv(table):
    for touched in EVERY:
        for position in positions(touched):
            other = position.replace("left", "x").replace("right", "left").replace("x", "right")
            assert mirrored(decide(table, touched, position).parts) == set(
                decide(table, mirrored(touched), other).parts
            )


@pytest.mark.parametrize("table", [ISRC_2012, RTOG_0631], ids=lambda t: t.name)
def test_more_tumour_never_means_a_smaller_ctv(table):
    for touched in EVERY:
        for more in EVERY:
            if not touched <= more or (BODY in touched) != (BODY in more):
                continue
            for position in positions(touched):
                assert set(decide(table, touched, position).parts) <= set(decide(table, more, position).parts)
        if BODY in touched:
            central, lateral, diffuse = (
                set(decide(table, touched, p).parts) for p in ("central", "lateralised_left", "diffuse")
            )
            assert central <= lateral <= diffuse


TPL, TPR = "transverse_process_lamina_left", "transverse_process_lamina_right"
TABLE = [
    # Cox et al. 2012 as issue 2 of this project states it.
    ({BODY}, "central", {BODY}),
    ({BODY}, "lateralised_left", {BODY, "pedicle_left", "transverse_process_left"}),
    (
        {BODY},
        "diffuse",
        {BODY, "pedicle_left", "pedicle_right", "transverse_process_left", "transverse_process_right"},
    ),
    (
        {BODY, "pedicle_right"},
        "central",
        {BODY, "pedicle_right", "transverse_process_right", "lamina_right"},
    ),
    ({BODY, "pedicle_left", "pedicle_right"}, "central", set(PARTS) - {"spinous_process"}),
    ({"pedicle_left"}, "none", {"pedicle_left", "transverse_process_left", "lamina_left"}),
    ({TPR}, "none", {"lamina_right", "pedicle_right", "transverse_process_right", "spinous_process"}),
    ({"spinous_process"}, "none", {"spinous_process", "lamina_left", "lamina_right"}),
    (set(), "none", set()),
]


@pytest.mark.parametrize(("touched", "position", "expected"), TABLE)
def test_isrc_rows(touched, position, expected):
    assert set(decide(ISRC_2012, touched, position, ("transverse_process_with_pedicle",)).parts) == expected


def test_the_transverse_process_beside_a_tumour_in_the_body_is_a_setting():
    assert set(decide(ISRC_2012, {BODY}, "lateralised_left").parts) == {BODY, "pedicle_left"}
    assert set(decide(ISRC_2012, {BODY}, "diffuse").parts) == {BODY, "pedicle_left", "pedicle_right"}


def test_the_body_beside_a_pedicle_is_a_setting():
    without = decide(ISRC_2012, {"pedicle_left"}, "none").parts
    with_body = decide(ISRC_2012, {"pedicle_left"}, "none", ("pedicle_adds_body",)).parts
    assert set(with_body) - set(without) == {BODY}


@pytest.mark.parametrize(
    ("touched", "options", "expected"),
    # Models of RTOG 0631, Ryu's review 2015, Fig. 1.
    [
        ({BODY}, (), {BODY}),
        ({BODY, "pedicle_left"}, (), {BODY, "pedicle_left", "pedicle_right"}),
        ({BODY, "pedicle_left"}, ("rtog_b_both_elements",), set(PARTS)),
        ({"spinous_process"}, (), set(PARTS) - {BODY, "pedicle_left", "pedicle_right"}),
        ({BODY, TPL}, (), set(PARTS) - {"pedicle_left", "pedicle_right"}),
    ],
)
def test_rtog_models(touched, options, expected):
    assert set(decide(RTOG_0631, touched, "central", options).parts) == expected


def test_rows_cite_their_place():
    with collecting() as used:
        decide(ISRC_2012, {"spinous_process"}, "none")
    source = "Cox BW et al. Int J Radiat Oncol Biol Phys 2012;83:e597-e605"
    assert [str(c) for c in used] == [f"{source}, CTV: spinous process. doi:10.1016/j.ijrobp.2012.03.009"]


def test_a_row_that_names_no_sector_is_refused():
    with pytest.raises(VolumeError, match="names tail"):
        Consensus("x", Citation("x"), (Row("x", ("tail",), ("vertebral_body",), "x"),))
