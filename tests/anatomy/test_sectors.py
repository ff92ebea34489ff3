"""Sectors computed from a vertebra and its canal, against the L2-L4 subregion labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from subregions import ARTICULAR, BODY, POSTERIOR, SPINOUS, TRANSVERSE, Subregions, dice

from spondyl.anatomy import PARTS, SECTORS, Structures, cut_vertebra, divide_given, foramen, from_coverage
from spondyl.anatomy.frame import vertebra_frame
from spondyl.core import Grid
from spondyl.core.errors import VolumeError


def _posterior(vertebra):
    return np.maximum.reduce([vertebra.parts[name].full() for name in PARTS[1:]])


@pytest.mark.parametrize(
    ("level", "body", "posterior", "spinous"),
    # Overlap (Dice) measured here with TPTBox's labels, rounded down; the image cuts through L2 and L4.
    [("L2", 0.98, 0.98, 0.95), ("L3", 0.99, 0.99, 0.84), ("L4", 0.99, 0.99, 0.81)],
)
def test_body_posterior_elements_and_spinous_process_overlap_the_labels(level, body, posterior, spinous):
    data = Subregions(level)
    cut = cut_vertebra(data.vertebra, foramen(data.vertebra), level)
    assert dice(cut.parts["vertebral_body"], data.structure("body", BODY)) >= body
    assert dice(_posterior(cut), data.structure("posterior", POSTERIOR).full()) >= posterior
    assert dice(cut.parts["spinous_process"], data.structure("spinous", SPINOUS)) >= spinous


@pytest.mark.parametrize("level", ["L3", "L4"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_transverse_and_articular_processes_are_on_their_side(level, side):
    data = Subregions(level)
    cut = cut_vertebra(data.vertebra, foramen(data.vertebra), level)
    # The labels' costal process is the lateral part of ours, which takes the articular pillar in.
    costal = data.structure("tp", TRANSVERSE[side]).full()
    assert (cut.parts[f"transverse_process_{side}"].full() * costal).sum() / costal.sum() >= 0.92
    assert (cut.parts[f"lamina_{side}"].full() * costal).sum() == 0
    own = np.maximum.reduce([cut.parts[name].full() for name in PARTS if name.endswith(side)])
    facet = data.structure("facet", ARTICULAR[side]).full()
    assert (own * facet).sum() / facet.sum() >= 0.97  # the rest lies in the body's label border or the spinous process


@pytest.mark.parametrize(("pitch", "roll"), [(20.0, 0.0), (-20.0, 0.0), (0.0, 15.0), (15.0, -15.0)])
def test_sectors_follow_a_tilted_vertebra(pitch, roll):
    data = Subregions("L3", pitch, roll)
    cut = cut_vertebra(data.vertebra, foramen(data.vertebra))
    assert dice(cut.parts["vertebral_body"], data.structure("body", BODY)) >= 0.98
    assert dice(cut.parts["spinous_process"], data.structure("spinous", SPINOUS)) >= 0.80
    upright = cut_vertebra(Subregions("L3").vertebra, foramen(Subregions("L3").vertebra))
    cosine = np.cos(np.radians(pitch)) * np.cos(np.radians(roll))
    assert cut.frame.axes[2] @ upright.frame.axes[2] == pytest.approx(cosine, abs=0.06)


def test_parts_are_disjoint_and_cover_the_bone():
    data = Subregions("L3")
    cut = cut_vertebra(data.vertebra, foramen(data.vertebra))
    together = np.sum([part.full() for part in cut.parts.values()], axis=0)
    np.testing.assert_array_equal(together, data.vertebra.full())


def test_a_mirrored_vertebra_has_mirrored_sectors():
    data = Subregions("L3")
    plain = cut_vertebra(data.vertebra, foramen(data.vertebra))
    mirrored = from_coverage("L3", "bone", data.grid, data.vertebra.full()[:, :, ::-1])
    other = cut_vertebra(mirrored, foramen(mirrored))
    for left, right in (("pedicle_left", "pedicle_right"), ("lamina_left", "lamina_right")):
        assert dice(plain.parts[left].full(), other.parts[right].full()[:, :, ::-1]) >= 0.9
    assert other.frame.axes[0] @ np.array([1.0, 0, 0]) > 0.95  # left stays the patient's left


def test_given_sectors_stay_and_only_lamina_and_transverse_process_are_divided():
    data = Subregions("L3")
    canal = foramen(data.vertebra)
    cut = cut_vertebra(data.vertebra, canal)
    given = []
    for name in SECTORS:
        coverage = np.maximum.reduce([part.full() for part in cut.sector(name)])
        given.append(from_coverage(name, "bone", data.grid, coverage))
    again = divide_given(Structures(given), canal)
    assert again.given
    for name in SECTORS:
        joined = np.maximum.reduce([part.full() for part in again.sector(name)])
        np.testing.assert_array_equal(joined, Structures(given)[name].full())
    with pytest.raises(VolumeError, match="pedicle_left missing"):
        divide_given(Structures([s for s in given if s.name != "pedicle_left"]), canal)


def test_foramen_is_empty_of_bone_and_refused_without_a_ring():
    data = Subregions("L3")
    canal = foramen(data.vertebra)
    assert (canal.full() * data.vertebra.full()).sum() == 0
    with pytest.raises(VolumeError, match='no canal found in "body"'):
        foramen(data.structure("body", BODY))


def test_foramen_finds_a_tilted_bore():
    # A block 60 x 60 x 30 mm with a round bore of 16 mm diameter, tilted 15 degrees forwards.
    grid = Grid((-30, -30, -15), (1, 1, 1), (31, 61, 61))
    z, y, x = np.meshgrid(*(grid.axis_mm(a) for a in "zyx"), indexing="ij")
    tilt = np.tan(np.radians(15))
    bore = x**2 + (y - tilt * z) ** 2 < 8**2
    canal = foramen(from_coverage("block", "bone", grid, ~bore))
    # What is free all along is at most the bore (6.2 cm3), and narrower by less than half a voxel all round.
    assert np.pi * 7.5**2 * 31 / 1000 <= canal.volume_cm3 <= np.pi * 8**2 * 31 / 1000
    assert dice(canal.full(), bore.astype(float)) > 0.94


def test_a_canal_that_misses_the_vertebra_is_refused():
    data = Subregions("L3")
    canal = foramen(data.vertebra)
    short = replace(canal, box=(slice(0, 2), *canal.box[1:]), coverage=canal.coverage[:2])
    with pytest.raises(VolumeError, match="expected at least 3; extend the canal"):
        vertebra_frame(data.vertebra, short)
