"""Many fields cost little more than few: merged at few source positions, their dose is that of each alone."""

from dataclasses import replace

import numpy as np
import pytest

import spondyl.dose.engines.collapsed_cone as engine
import spondyl.dose.engines.contamination as contamination
import spondyl.dose.engines.merged_release as merged_release
from spondyl.core import Grid
from spondyl.dose import Field, gantry_axes
from spondyl.dose.engines.coarse import coarsen
from spondyl.dose.engines.collapsed_cone import CollapsedConeSettings, collapsed_cone_dose
from spondyl.dose.engines.contamination import add_contamination
from spondyl.dose.engines.merged_maps import node_field
from spondyl.dose.engines.merged_sums import by_mass
from spondyl.dose.engines.released_energy import energy_groups, released_energy
from spondyl.dose.engines.source_nodes import own_nodes, shares_by_number, source_nodes, wider_nodes
from spondyl.dose.fluence import head_fluence, incident_fluence
from spondyl.dose.resample import resample_medium
from spondyl.physics import MATERIALS, Medium, load_machine

MODEL = load_machine("generic-6mv")
COARSE = CollapsedConeSettings(
    primary_degree=11, scatter_degree=11, primary_lines=1, primary_terms=3, scatter_terms=3, margin_mm=40.0
)


def body():
    """An elliptic cylinder of water with a bone and a lung in it, 5 mm voxels."""
    grid = Grid((-117.5, -97.5, -37.5), (5.0, 5.0, 5.0), (16, 40, 48))
    x, y, _ = np.moveaxis(grid.point_at(np.stack(np.indices(grid.shape), axis=-1)), -1, 0)
    names = ("water", "bone", "lung")
    kind = np.zeros(grid.shape, np.uint8)
    kind[np.hypot(x, y - 40) < 20] = 1
    kind[np.hypot(x - 60, y + 20) < 25] = 2
    density = np.array([1.0, 1.5, 0.3], np.float32)[kind]
    density[(x / 115) ** 2 + (y / 95) ** 2 > 1] = 0.0
    chosen = tuple(MATERIALS[name] for name in names)
    return Medium(grid, density, kind, chosen)


def turned_field(gantry_deg, fluence=1.0, couch_deg=0.0, collimator_deg=20.0, isocentre_mm=(0.0, 20.0, 0.0)):
    direction, u, v = gantry_axes(gantry_deg, collimator_deg, couch_deg)
    source = np.asarray(isocentre_mm) - 1000.0 * direction
    edges = np.array([-15.0, 5.0, 20.0])
    maps = fluence * np.array([[1.0, 0.3], [0.6, 1.0]])
    return Field("f", tuple(source), isocentre_mm, tuple(u), tuple(v), edges, edges, maps, gantry_deg)


def arc(count=40):
    return [turned_field(g, 1.0 + 0.5 * np.sin(np.deg2rad(3 * g))) for g in np.arange(count) * 360.0 / count + 1.3]


@pytest.fixture(scope="module")
def medium():
    return body()


def dose_of(fields, medium, alone, monkeypatch, model=MODEL):
    monkeypatch.setattr(engine, "MOST_ALONE", len(fields) if alone else 0)
    return collapsed_cone_dose(fields, medium, model, settings=COARSE)


def test_an_arcs_merged_dose_is_that_of_its_fields_within_3_permille(medium, monkeypatch):
    alone, merged = (dose_of(arc(), medium, way, monkeypatch) for way in (True, False))
    assert np.abs(merged - alone).max() < 0.003 * alone.max()
    # The head's scatter from nodes 30 degrees apart: its way through the body is averaged, a permille of all energy.
    assert merged.sum() == pytest.approx(alone.sum(), rel=2e-3)


def test_a_helix_is_merged_at_both_ends_of_its_way(medium, monkeypatch):
    """Three turns over 60 mm: two positions along the couch for each azimuth, 3.4 degrees apart.

    Worst voxel 0.38 % of the maximum with six turns, where an arc has 0.2 to 0.3 %.
    """
    steps = np.arange(36)
    fields = [turned_field(k * 30.0 + 4.0, isocentre_mm=(0.0, 20.0, -30.0 + 60.0 * k / 35)) for k in steps]
    nodes = source_nodes(fields, 10.0, 150.0)
    assert {round(float(node.isocentre_mm[2]), 6) for node in nodes} == {-30.0, 30.0}
    for number, shares in enumerate(shares_by_number(nodes, len(fields))):
        assert sum(share for _, share in shares) == pytest.approx(1.0)
        middle = sum(share * nodes[n].isocentre_mm[2] for n, share in shares)
        assert middle == pytest.approx(fields[number].isocentre_mm[2])
    alone, merged = (dose_of(fields, medium, way, monkeypatch) for way in (True, False))
    assert np.abs(merged - alone).max() < 0.005 * alone.max()


def test_fields_on_the_nodes_are_merged_without_any_change(medium, monkeypatch):
    bare = replace(MODEL, head_scatter=None)
    fields = [turned_field(g) for g in (0.0, 30.0, 60.0)]
    alone, merged = (dose_of(fields, medium, way, monkeypatch, bare) for way in (True, False))
    assert np.abs(merged - alone).max() < 1e-6 * alone.max()


def test_the_heads_scatter_on_a_node_is_the_fields_own_turned_to_its_axes():
    field = turned_field(30.0)
    (node,) = source_nodes([field], 30.0, np.inf)
    own = head_fluence(field, MODEL, 5.0)
    _, found = node_field(node, [field], [own], MODEL.sad_mm)
    assert found.photons_per_cm2.sum() == pytest.approx(own.photons_per_cm2.sum(), rel=0.01)
    assert found.photons_per_cm2.max() == pytest.approx(own.photons_per_cm2.max(), rel=0.01)


def test_beams_out_of_plane_and_moved_isocentres_are_merged_too(medium, monkeypatch):
    fields = [turned_field(g, couch_deg=c) for g, c in ((4.0, 25.0), (33.0, 335.0), (200.0, 15.0))]
    fields += [turned_field(97.0, isocentre_mm=(0.0, 20.0, z)) for z in (-15.0, 15.0)]
    alone, merged = (dose_of(fields, medium, way, monkeypatch) for way in (True, False))
    assert np.abs(merged - alone).max() < 0.006 * alone.max()


def test_shares_keep_the_mean_angle_and_add_to_one():
    fields = [turned_field(g) for g in (357.0, 13.0, 20.0)]
    nodes = source_nodes(fields, 10.0, 40.0)
    found = {number: [] for number in range(3)}
    for node in nodes:
        for number, share in node.shares:
            found[number].append((node.azimuth_deg, share))
    assert sorted(found[0]) == [(0.0, pytest.approx(0.7)), (350.0, pytest.approx(0.3))]
    assert sorted(found[1]) == [(10.0, pytest.approx(0.7)), (20.0, pytest.approx(0.3))]
    assert found[2] == [(20.0, pytest.approx(1.0))]
    direction, u, v = nodes[-1].axes
    for made, wanted in zip((direction, u, v), gantry_axes(nodes[-1].azimuth_deg), strict=True):
        assert made == pytest.approx(wanted)


def test_nodes_do_not_grow_with_the_number_of_fields():
    assert len(source_nodes(arc(180), 10.0, 40.0)) == 36
    assert len(source_nodes(arc(720), 10.0, 40.0)) == 36


def test_coarse_energy_is_shared_by_mass_and_none_is_lost(medium):
    factor = (2, 2, 2)
    _, grid = coarsen(medium.density_g_per_cm3, medium.grid, factor)
    coarse = resample_medium(medium, grid)
    groups = energy_groups(MODEL.spectrum, coarse, (2.0,))
    field = turned_field(40.0)
    found = released_energy(field, incident_fluence(field, MODEL), coarse, groups)
    fine = by_mass(found, coarse, medium, factor)
    assert fine.primary.sum() / 8 == pytest.approx(found.primary.sum(), rel=1e-5)
    own = released_energy(field, incident_fluence(field, MODEL), medium, groups)
    assert fine.scatter.sum() == pytest.approx(own.scatter.sum(), rel=0.02)


def test_an_arcs_contaminating_electrons_are_those_of_its_fields(medium, monkeypatch):
    nothing = np.zeros(medium.grid.shape, np.float32)
    fields = arc()
    merged = add_contamination(nothing, fields, medium, MODEL, medium.grid)
    monkeypatch.setattr(contamination, "MOST_ALONE", len(fields))
    alone = add_contamination(nothing, fields, medium, MODEL, medium.grid)
    assert np.abs(merged - alone).max() < 0.02 * alone.max()
    assert merged.sum() == pytest.approx(alone.sum(), rel=5e-3)


def test_shares_in_near_nodes_and_theirs_in_wide_ones_are_shares_in_wide_ones():
    fields = [turned_field(g) for g in (357.0, 13.0, 20.0, 22.4)]
    near = source_nodes(fields, 5.0, 40.0)
    wide = wider_nodes(near, 10.0, 40.0)
    direct = source_nodes(fields, 10.0, 40.0)
    for number, parts in enumerate(shares_by_number(near, len(fields))):
        found = {}
        for n, share in parts:
            for node in wide:
                more = dict(node.shares).get(n, 0.0) * share
                found[node.azimuth_deg] = found.get(node.azimuth_deg, 0.0) + more
        for node in direct:
            assert found.get(node.azimuth_deg, 0.0) == pytest.approx(dict(node.shares).get(number, 0.0), abs=1e-9)


def test_fields_at_one_place_have_one_node_of_their_own():
    nodes = own_nodes([turned_field(g, 1.0, 0.0, c) for g in (10.0, 11.0) for c in (20.0, 110.0)])
    assert [node.shares for node in nodes] == [((0, 1.0), (1, 1.0)), ((2, 1.0), (3, 1.0))]
    assert np.allclose(nodes[0].source_mm(1000.0), turned_field(10.0).source_mm)


def test_fields_close_together_share_what_stands_in_their_way(medium, monkeypatch):
    fields = [turned_field(g, 1.0 + 0.5 * np.cos(g), 0.0, c) for c in (20.0, 110.0) for g in np.arange(21.0, 60.0, 2.0)]
    assert len(source_nodes(fields, merged_release.WAY_NODE_DEG, 40.0)) < len(fields)
    merged = dose_of(fields, medium, False, monkeypatch)
    monkeypatch.setattr(merged_release, "WAY_NODE_DEG", 0.5)  # more nodes than fields: each from its own position
    own = dose_of(fields, medium, False, monkeypatch)
    assert np.abs(merged - own).max() < 0.003 * own.max()
    assert merged.sum() == pytest.approx(own.sum(), rel=1e-3)
