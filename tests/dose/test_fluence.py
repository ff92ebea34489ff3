"""Fluence in air at the isocentre plane: areas, edges, head scatter, horns, geometry."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from spondyl.core.errors import DoseError
from spondyl.dose import Field, gantry_axes, incident_fluence
from spondyl.physics import BeamModel, HeadScatter, Horns, bare_beam, load_machine, mohan_6mv

BARE = bare_beam(mohan_6mv())


def field_of(u_edges, v_edges, fluence, gantry=0.0):
    direction, u, v = gantry_axes(gantry)
    return Field(
        "f",
        tuple(-1000 * direction),
        (0, 0, 0),
        tuple(u),
        tuple(v),
        np.asarray(u_edges, float),
        np.asarray(v_edges, float),
        fluence,
    )


@pytest.mark.parametrize("pixel_mm", [0.7, 1.0, 2.3])
def test_area_is_kept_whatever_the_pixel(pixel_mm):
    field = field_of([-15.15, 15.15], [-10.1, 3.3], np.ones((1, 1)))
    fluence = incident_fluence(field, BARE, pixel_mm=pixel_mm)
    assert fluence.photons_per_cm2.sum() * pixel_mm**2 == pytest.approx(30.3 * 13.4, rel=1e-9)  # mm2


def test_a_sharp_edge_keeps_its_place_within_a_pixel():
    field = field_of([-10.3, 10.3], [-10, 10], np.ones((1, 1)))
    fluence = incident_fluence(field, BARE, pixel_mm=1.0)
    middle = fluence.photons_per_cm2[fluence.v_mm.size // 2]
    assert middle[np.abs(fluence.u_mm) < 9.5] == pytest.approx(1.0)
    # The edge lies 0.3 mm beyond pixel edge 10 on a map that is centred on the field.
    covered = np.clip(10.3 - (np.abs(fluence.u_mm) - 0.5), 0, 1)
    assert middle == pytest.approx(covered, abs=1e-12)


def test_source_size_blurs_the_edge_as_a_gaussian():
    model = BeamModel("b", mohan_6mv(), 1000.0, penumbra_fwhm_mm=4.0)
    fluence = incident_fluence(field_of([-30, 30], [-30, 30], np.ones((1, 1))), model, pixel_mm=0.25)
    row = fluence.photons_per_cm2[fluence.v_mm.size // 2]
    sigma = 4.0 / 2.354820
    assert row == pytest.approx(ndtr((30 - np.abs(fluence.u_mm)) / sigma), abs=2e-3)


def test_horns_are_measured_in_the_plane_and_kept_by_solid_angle():
    horns = Horns(np.array([0.0, 100.0, 200.0]), np.array([1.0, 1.05, 1.05]))
    model = BeamModel("b", mohan_6mv(), 1000.0, horns=horns)
    fluence = incident_fluence(field_of([-150, 150], [-2, 2], np.ones((1, 1))), model, pixel_mm=1.0)
    at = np.abs(fluence.u_mm - 100).argmin()
    radius = np.hypot(fluence.u_mm[at], fluence.v_mm[2])
    assert fluence.photons_per_cm2[2, at] == pytest.approx(
        np.interp(radius, [0, 100, 200], [1, 1.05, 1.05]) * (1 + (radius / 1000) ** 2)
    )


def test_head_scatter_of_a_very_large_field_is_its_fraction():
    head = HeadScatter(0.08, 15.0, 120.0, 345.0)
    model = BeamModel("b", mohan_6mv(), 1000.0, head_scatter=head)
    fluence = incident_fluence(field_of([-400, 400], [-400, 400], np.ones((1, 1))), model, pixel_mm=10.0)
    assert fluence.photons_per_cm2[fluence.v_mm.size // 2, fluence.u_mm.size // 2] == pytest.approx(1.08, abs=1e-4)
    # Similar triangles: a point 120 mm down, seen through a plane at 345 mm from one at 1000 mm.
    assert head.at_isocentre(1000.0) == pytest.approx((15.0 * (655 / 880) * (1000 / 345), (225 / 880) * (1000 / 345)))


def test_fluence_is_linear_in_mu_and_counts_photons():
    machine = load_machine("generic-6mv")
    field = field_of(np.arange(-20, 21, 5), np.arange(-10, 11, 2.5), np.random.default_rng(0).random((8, 8)))
    one = incident_fluence(field, machine).photons_per_cm2
    three = incident_fluence(replace(field, fluence=3 * field.fluence), machine).photons_per_cm2
    assert three == pytest.approx(3 * one)


def test_gantry_90_comes_from_the_patients_left():
    field = field_of([-5, 5], [-5, 5], np.ones((1, 1)), gantry=90.0)
    assert field.source_mm == pytest.approx((1000.0, 0.0, 0.0), abs=1e-9)  # LPS: +x is the patient's left


def test_a_source_at_another_distance_is_refused():
    field = replace(field_of([-5, 5], [-5, 5], np.ones((1, 1))), source_mm=(0, -800, 0))
    with pytest.raises(DoseError, match=r"800\.0 mm from the isocentre.*SAD 1000\.0 mm"):
        incident_fluence(field, BARE)
