"""Beams moved against the patient: the same dose as the patient moved under the beams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spondyl.anatomy import from_coverage
from spondyl.core import Grid, Rigid
from spondyl.core.errors import PlanError
from spondyl.core.rigid import about_point, rotation_about
from spondyl.dose import Dose, Field, compute_dose, gantry_axes
from spondyl.physics import Medium, load_machine, uniform_medium
from spondyl.plan.external.robust import (
    SetupError,
    grid_around,
    moved_fields,
    plan_centre,
    scenario_doses,
    setup_errors,
)
from spondyl.plan.external.static_dose import static_doses

GRID = Grid((-60.0, -60.0, -60.0), (5.0, 5.0, 5.0), (25, 25, 25))
MODEL = load_machine("generic-6mv")
INNER = (slice(4, -4), slice(4, -4), slice(4, -4))


def patient() -> Medium:
    """Water with bone on one side and lung on another, so that no two directions are alike."""
    medium = uniform_medium(GRID)
    z, y, x = np.meshgrid(*(GRID.axis_mm(a) for a in "zyx"), indexing="ij")
    density = np.where(x > 20, 1.5, 1.0) * np.where((y < -20) & (z > 0), 0.3, 1.0)
    density[(np.abs(x) > 45) | (np.abs(y) > 45) | (np.abs(z) > 45)] = 0.001
    return replace(medium, density_g_per_cm3=density.astype(np.float32))


def beams() -> tuple[Field, ...]:
    made = []
    for gantry in (0.0, 70.0):
        direction, u, v = gantry_axes(gantry)
        isocentre = np.array([5.0, 0.0, 5.0])
        source = isocentre - MODEL.sad_mm * direction
        edges = np.array([-15.0, -5.0, 5.0, 15.0])
        fluence = np.arange(1.0, 10.0).reshape(3, 3)
        made.append(Field(f"G{gantry:g}", tuple(source), tuple(isocentre), tuple(u), tuple(v), edges, edges, fluence))
    return tuple(made)


def dose(medium: Medium, fields: tuple[Field, ...]) -> np.ndarray:
    return compute_dose(fields, medium, MODEL, engine="pencil-beam").values


def test_a_shift_of_the_beams_is_one_of_the_patient() -> None:
    """The medium moved by whole voxels, 5 mm left and 10 mm inferior, under beams that stay.

    The engine's rays cut the voxels elsewhere then: 0.35 % of the maximum was found at the borders of bone and lung.
    """
    medium, fields = patient(), beams()
    rolled = replace(medium, density_g_per_cm3=np.roll(medium.density_g_per_cm3, (-2, 1), axis=(0, 2)))
    under = np.roll(dose(rolled, fields), (2, -1), axis=(0, 2))
    against = dose(medium, moved_fields(fields, Rigid(np.eye(3), np.array([5.0, 0.0, -10.0]))))
    np.testing.assert_allclose(against[INNER], under[INNER], atol=5e-3 * under.max())
    assert np.abs(against[INNER] - under[INNER]).mean() < 5e-4 * under.max()


def test_a_turn_of_the_beams_is_one_of_the_patient() -> None:
    """A quarter turn about z through the grid's middle, from x to y."""
    medium, fields = patient(), beams()
    turned = replace(medium, density_g_per_cm3=np.ascontiguousarray(np.rot90(medium.density_g_per_cm3, -1, (1, 2))))
    under = np.rot90(dose(turned, fields), 1, (1, 2))
    motion = about_point(rotation_about((0, 0, 1), 90.0), (0.0, 0.0, 0.0))
    against = dose(medium, moved_fields(fields, motion))
    np.testing.assert_allclose(against[INNER], under[INNER], atol=2e-3 * under.max())


def test_an_error_turns_about_the_isocentre() -> None:
    error = SetupError("x", (1.0, 2.0, 3.0), (0.0, 0.0, 90.0))
    motion = error.motion((10.0, 0.0, 0.0))
    np.testing.assert_allclose(motion.moves([[10.0, 0.0, 0.0], [11.0, 0.0, 0.0]]), [[11, 2, 3], [11, 3, 3]], atol=1e-9)


def test_there_are_twelve_errors_each_its_own() -> None:
    errors = setup_errors()
    assert len({(e.name, e.shift_mm, e.turn_deg) for e in errors}) == 12
    by_name = {e.name: e for e in errors}
    assert by_name["1.5 mm posterior"].shift_mm == (0.0, 1.5, 0.0)
    assert by_name["1 deg rotation +"].turn_deg == (0.0, -1.0, 0.0)  # IEC: about up, which is -y
    assert len(setup_errors(2.0, 0.0)) == 6


@pytest.mark.parametrize("sizes", [(-1.0, 1.0), (1.0, 11.0), (0.0, 0.0), (float("nan"), 1.0)])
def test_errors_that_are_none_are_refused(sizes: tuple[float, float]) -> None:
    with pytest.raises(PlanError, match="expected up to 20 mm and 10 degrees, not both zero"):
        setup_errors(*sizes)


def test_doses_are_those_of_the_course_and_say_what_moved() -> None:
    medium, fields = patient(), beams()
    errors = (SetupError("as planned"), SetupError("5 mm left", (5.0, 0.0, 0.0)))
    found = list(scenario_doses(fields, 5, medium, MODEL, GRID, errors, engine="pencil-beam"))
    np.testing.assert_allclose(found[0][1].values, 5 * dose(medium, fields), rtol=1e-5)
    assert found[1][1].fractions == 5
    assert found[1][1].made[-1] == "patient moved: 5 mm left"
    with pytest.raises(PlanError, match="the plan has no fields"):
        plan_centre(())


def test_the_grid_holds_the_targets_and_organs_at_their_height() -> None:
    def box(name: str, role: str, z: tuple[int, int], x: tuple[int, int]):
        coverage = np.zeros(GRID.shape)
        coverage[z[0] : z[1], 10:12, x[0] : x[1]] = 1
        return from_coverage(name, role, GRID, coverage)

    grid = grid_around(GRID, [box("GTV", "target", (12, 14), (10, 12)), box("Cord", "oar", (0, 25), (16, 18))])
    low, high = grid.bounds_mm()
    assert low[2] <= -2.5 - 30 - 7.5  # the target begins at -2.5 mm
    assert low[2] > -2.5 - 30 - 7.5 - 5
    assert low[0] <= -12.5 - 7.5
    assert high[0] >= 27.5 + 7.5
    assert grid.spacing_mm == GRID.spacing_mm


def falling() -> Dose:
    """A smooth dose with a top between voxels."""
    grid = Grid((-23.75, -21.25, -18.75), (2.5, 2.5, 2.5), (16, 18, 20))
    z, y, x = np.meshgrid(*(grid.axis_mm(a) for a in "zyx"), indexing="ij")
    return Dose(grid, (40.0 * bell(x, y, z)).astype(np.float32), fractions=5, engine="e")


def bell(x, y, z):
    return np.exp(-((x - 1.0) ** 2 + y * y + 0.5 * z * z) / 200.0)


def test_the_static_dose_is_the_planned_one_where_the_tissue_lies_moved() -> None:
    """Against the closed form at the moved places, half a voxel's shift and a turn about a centre of its own."""
    dose, centre = falling(), (2.0, -1.0, 0.0)
    inner = dose.grid.crop((slice(4, -4), slice(4, -4), slice(4, -4)))  # splines see the grid's border near it
    errors = (SetupError("as planned"), SetupError("left", (1.25, 0.0, 0.0)), SetupError("roll", turn_deg=(0, 3.0, 0)))
    found = dict(static_doses(dose, inner, centre, errors))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in inner.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    for error in errors:
        at = error.motion(centre).moves(inner.point_at(index))
        wanted = 40.0 * bell(*at.T).reshape(inner.shape)
        np.testing.assert_allclose(found[error].values, wanted, atol=0.01)
        assert found[error].made[-1] == f"read where the patient lies moved: {error.name}"
    assert np.abs(found[errors[1]].values - found[errors[0]].values).max() > 2.0
