"""Registration of a moved copy of the real CTs, and what a couch must do in IEC 61217 terms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from spondyl.anatomy.registration import register
from spondyl.anatomy.registration_couch import CouchMove, couch_correction, couch_move
from spondyl.core import Grid, Image, Rigid
from spondyl.core.errors import ImageError
from spondyl.dose import gantry_axes
from spondyl.io import bundled_case, open_case

ISOCENTRE = (12.0, -30.0, 600.0)
RADIUS_MM, NOISE_HU = 100.0, 40.0


def cone_beam(ct: Image, motion: Rigid, centre: np.ndarray, half_z_mm: float = 70.0) -> Image:
    """What a cone-beam CT shows of a patient moved by `motion`.

    Other voxels, a field of view of 200 mm, 85 % of the HU range, cupping of 80 HU, noise of 40 HU.
    """
    spacing, half = np.array([1.5, 1.5, 2.0]), np.array([RADIUS_MM, RADIUS_MM, half_z_mm])
    count = (2 * half / spacing).astype(int)
    low = centre - half + 0.37
    grid = Grid((low[0], low[1], low[2]), (1.5, 1.5, 2.0), (count[2], count[1], count[0]))
    z, y, x = np.meshgrid(*(grid.axis_mm(a) for a in "zyx"), indexing="ij")
    index = ct.grid.index_of(motion.inverse.moves(np.stack((x, y, z), axis=-1)))
    hu = map_coordinates(ct.values.astype(np.float32), np.moveaxis(index, -1, 0), order=3, cval=-1000.0)
    radius = np.hypot(x - centre[0], y - centre[1])
    seen = 0.85 * (hu + 1000.0) - 1000.0 - 80.0 * (1.0 - (radius / RADIUS_MM) ** 2)
    seen += np.random.default_rng(7).normal(0.0, NOISE_HU, hu.shape)
    return Image(grid, np.where(radius > RADIUS_MM, -1000.0, seen).astype(np.float32))


@pytest.fixture(scope="module")
def case():
    return open_case(bundled_case("lumbar_l3"))


def middle(case) -> np.ndarray:
    low, high = case.structures["GTV"].local_grid.bounds_mm()
    return (low + high) / 2


MOVES = [
    CouchMove(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    CouchMove(1.5, -1.2, 0.8, 1.0, -0.6, 0.5),
    CouchMove(-6.0, 9.0, -4.0, -1.5, 2.0, 2.5),
    CouchMove(10.0, -12.0, 8.0, 3.0, -2.0, 3.5),
]


@pytest.mark.parametrize("move", MOVES, ids=lambda m: f"{m.lateral_mm:g}mm")
def test_a_moved_copy_is_found_to_a_fraction_of_a_millimetre(case, move: CouchMove) -> None:
    """0.3 mm and 0.3 degrees, as issue 5 asks; also 30 mm from the isocentre along each axis."""
    centre = middle(case)
    patient = move.motion(centre)
    found = register(case.ct, cone_beam(case.ct, patient, centre), case.structures["GTV"])
    left = patient.inverse.then(found.motion)
    around = centre + 30.0 * np.concatenate((np.zeros((1, 3)), np.eye(3), -np.eye(3)))
    assert np.linalg.norm(left.moves(around) - around, axis=1).max() < 0.3
    assert left.turn_deg < 0.3
    assert found.likeness_after > 0.9


def test_the_thoracic_case_too() -> None:
    case = open_case(bundled_case("thoracic_t11"))
    centre = middle(case)
    patient = CouchMove(-3.0, 5.0, 2.0, 1.0, 1.0, -1.0).motion(centre)
    found = register(case.ct, cone_beam(case.ct, patient, centre), case.structures["GTV"])
    left = patient.inverse.then(found.motion)
    assert np.linalg.norm(left.shift_at(centre)) < 0.3
    assert left.turn_deg < 0.3


def test_a_result_that_is_no_set_up_is_refused(case) -> None:
    """The right one, 56 mm off, from a first guess near it: no couch goes there."""
    centre = middle(case)
    patient = CouchMove(30.0, -40.0, 25.0, 1.0, 1.0, -1.0).motion(centre)
    guess = Rigid(np.eye(3), np.array([28.0, -22.0, -43.0]))
    with pytest.raises(ImageError, match=r"registration ended 5[56]"):
        register(case.ct, cone_beam(case.ct, patient, centre, 100.0), case.structures["GTV"], guess)


def test_an_image_of_elsewhere_is_refused(case) -> None:
    centre = middle(case)
    away = cone_beam(case.ct, CouchMove(0, 0, 0, 0, 0, 0).motion(centre), centre)
    away = Image(Grid((500.0, 0.0, 0.0), away.grid.spacing_mm, away.grid.shape), away.values)
    with pytest.raises(ImageError, match="shows 0 % of the bone around the target"):
        register(case.ct, away, case.structures["GTV"])


def test_an_image_of_something_else_is_refused(case) -> None:
    centre = middle(case)
    other = cone_beam(case.ct, CouchMove(0, 0, 0, 0, 0, 0).motion(centre), centre)
    noise = np.random.default_rng(0).normal(0, 100, other.grid.shape).astype(np.float32)
    with pytest.raises(ImageError, match="check that both show the same patient and level"):
        register(case.ct, Image(other.grid, noise), case.structures["GTV"])


@pytest.mark.parametrize(
    ("move", "point", "goes_to"),
    [  # (lateral, longitudinal, vertical, pitch, roll, rotation); from the isocentre, LPS: left, posterior, superior
        (CouchMove(1, 0, 0, 0, 0, 0), (0, 0, 0), (1, 0, 0)),  # to the patient's left
        (CouchMove(0, 1, 0, 0, 0, 0), (0, 0, 0), (0, 0, 1)),  # superior, to the gantry
        (CouchMove(0, 0, 1, 0, 0, 0), (0, 0, 0), (0, -1, 0)),  # up: anterior
        (CouchMove(0, 0, 0, 90 - 5, 0, 0), (0, 0, 1), (0, -0.9961947, 0.0871557)),  # pitch lifts the head
        (CouchMove(0, 0, 0, 0, 90, 0), (1, 0, 0), (0, 1, 0)),  # roll lowers the patient's left side
        (CouchMove(0, 0, 0, 0, 0, 90), (1, 0, 0), (0, 0, 1)),  # from above, left of the patient goes to the gantry
    ],
)
def test_signs_are_those_of_iec_61217(move: CouchMove, point, goes_to) -> None:
    found = move.motion(ISOCENTRE).moves(np.add(ISOCENTRE, point)) - ISOCENTRE
    np.testing.assert_allclose(found, goes_to, atol=1e-6)


def test_a_couch_rotation_is_that_of_a_field() -> None:
    """A field with the couch at 30 degrees meets the patient as one at 0 meets a patient turned by 30 degrees."""
    turn = CouchMove(0, 0, 0, 0, 0, 30).motion((0, 0, 0))
    for straight, turned in zip(gantry_axes(70.0, 10.0, 0.0), gantry_axes(70.0, 10.0, 30.0), strict=True):
        np.testing.assert_allclose(turn.inverse.turns(straight), turned, atol=1e-12)


def test_a_motion_is_told_as_six_numbers_and_back() -> None:
    move = CouchMove(1.5, -2.0, 3.0, 2.0, -3.0, 4.0)
    assert vars(couch_move(move.motion(ISOCENTRE), ISOCENTRE)) == pytest.approx(vars(move))


def test_the_correction_undoes_where_the_patient_lies() -> None:
    patient = CouchMove(4.0, -1.0, 2.0, 1.0, 2.0, -3.0).motion(ISOCENTRE)
    after = patient.then(couch_correction(patient, ISOCENTRE).motion(ISOCENTRE))
    np.testing.assert_allclose(after.matrix, np.eye(4), atol=1e-9)


def test_shifts_alone_are_undone_with_the_other_sign() -> None:
    patient = CouchMove(4.0, -1.0, 2.0, 0.0, 0.0, 0.0).motion(ISOCENTRE)
    found = couch_correction(patient, ISOCENTRE)
    assert (found.lateral_mm, found.longitudinal_mm, found.vertical_mm) == pytest.approx((-4.0, 1.0, -2.0))
