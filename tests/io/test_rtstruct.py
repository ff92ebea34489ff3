"""RTSTRUCT in: roles, colours, what is left out and why, contours between slices, frames of reference."""

import re
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import FRAME, item, rtstruct, square

from spondyl.anatomy.polygons import area_mm2
from spondyl.core import Grid
from spondyl.core.errors import DicomError, StructureError
from spondyl.io import grid_for, read_contours, read_rtstruct
from spondyl.io.roles import interpreted_type, role_of

EXPORT = Path(__file__).parents[1] / "data" / "tps_export_breast"
GRID = Grid((-20.0, -20.0, 100.0), (1.0, 1.0, 3.0), (6, 30, 30), FRAME)


def save(ds, tmp_path) -> Path:
    ds.save_as(tmp_path / "s.dcm", enforce_file_format=True)
    return tmp_path / "s.dcm"


def box(count: int = 4) -> list[list[float]]:
    return [square(100.0 + 3.0 * k) for k in range(count)]


def test_a_box_has_its_volume(tmp_path) -> None:
    """6 x 6 mm squares on 4 slices 3 mm apart: 0.432 cm3 with half a slice at each end, 0.324 without."""
    path = save(rtstruct({"GTV": ("GTV", box())}), tmp_path)
    assert read_rtstruct(path, GRID)["GTV"].volume_cm3 == pytest.approx(0.432, rel=1e-3)
    assert read_rtstruct(path, GRID, cap="none")["GTV"].volume_cm3 == pytest.approx(0.324, rel=1e-3)


def test_contours_are_kept(tmp_path) -> None:
    read = read_rtstruct(save(rtstruct({"GTV": ("GTV", box())}), tmp_path), GRID)["GTV"]
    assert [c.z_mm for c in read.contours] == [100.0, 103.0, 106.0, 109.0]
    np.testing.assert_array_equal(read.contours[0].points_mm, [[-14, -14], [-8, -14], [-8, -8], [-14, -8]])
    assert (read.role, read.colour) == ("target", "#ff8000")


def test_roi_without_contours_is_empty(tmp_path) -> None:
    read = read_rtstruct(save(rtstruct({"Areola": ("AVOIDANCE", []), "GTV": ("GTV", box())}), tmp_path), GRID)
    assert list(read) == ["Areola", "GTV"]
    assert read["Areola"].is_empty


def test_points_and_open_contours_are_left_out_and_named(tmp_path) -> None:
    ds = rtstruct({"GTV": ("GTV", box())})
    ds.ROIContourSequence[0].ContourSequence += [
        item(ContourGeometricType="POINT", NumberOfContourPoints=1, ContourData=[0, 0, 100]),
        item(ContourGeometricType="OPEN_PLANAR", NumberOfContourPoints=4, ContourData=square(100.0)),
        item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=2, ContourData=[0, 0, 100, 1, 1, 100]),
    ]
    roi = read_contours(save(ds, tmp_path))["GTV"]
    assert len(roi.contours) == 4
    assert [what.split(",")[0] for what in roi.left_out] == [
        "1 POINT contours",
        "1 OPEN_PLANAR contours",
        "1 contours of fewer than 3 points",
    ]


def spoilt(**values):
    ds = rtstruct({"GTV": ("GTV", box())})
    for keyword, value in values.items():
        setattr(ds.ROIContourSequence[0].ContourSequence[1], keyword, value)
    return ds


@pytest.mark.parametrize(
    ("ds", "kind", "said"),
    [
        (spoilt(NumberOfContourPoints=5), DicomError, "12 numbers, expected 3 finite ones for each of its 5 points"),
        (spoilt(ContourData=square(100.0)[:-1]), DicomError, "11 numbers"),
        (
            spoilt(ContourData=[0, 0, 100, 9, 0, 101, 9, 9, 102, 0, 9, 103]),
            StructureError,
            "spans 3.00 mm along z, expected axial contours",
        ),
        (spoilt(ContourData=[1e8 * v for v in square(100.0)]), DicomError, "mm from the origin"),
    ],
)
def test_refused(tmp_path, ds, kind, said) -> None:
    with pytest.raises(kind, match=re.escape(said)):
        read_contours(save(ds, tmp_path))


def test_two_rois_of_one_name(tmp_path) -> None:
    ds = rtstruct({"GTV": ("GTV", box()), "GTV2": ("GTV", box())})
    ds.StructureSetROISequence[1].ROIName = "GTV"
    with pytest.raises(StructureError, match=r'two ROIs named "GTV" \(numbers 1 and 2\)'):
        read_contours(save(ds, tmp_path))


def test_other_frame_of_reference(tmp_path) -> None:
    path = save(rtstruct({"GTV": ("GTV", box())}, frame="9.9"), tmp_path)
    with pytest.raises(
        DicomError, match=r'frame of reference of "GTV" is 9.9, expected the CT.s 1.2.3.3; register it first'
    ):
        read_rtstruct(path, GRID)


def test_grid_without_a_ct(tmp_path) -> None:
    rois = read_contours(save(rtstruct({"GTV": ("GTV", box())}), tmp_path))
    grid = grid_for(rois)
    assert (grid.spacing_mm, grid.frame_of_reference_uid) == ((1.0, 1.0, 3.0), FRAME)
    low, high = grid.bounds_mm()
    assert (low < (-14, -14, 98.5)).all()
    assert (high > (-8, -8, 110.5)).all()
    path = save(rtstruct({"GTV": ("GTV", box())}), tmp_path)
    assert read_rtstruct(path, grid)["GTV"].volume_cm3 == pytest.approx(0.432, rel=1e-3)
    with pytest.raises(StructureError, match="no contours"):
        grid_for({})


def test_planning_system_export() -> None:
    rois = read_contours(EXPORT / "rtss.dcm")
    assert [r.name for r in rois.values() if not r.contours] == ["Areola"]
    assert len(rois["Lt Lung"].contours) == 165
    assert rois["BODY"].role == "external"


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("BODY", "EXTERNAL", "external"),
        ("GTV", "", "target"),
        ("PTV_Eval", "PTV", "target"),
        ("SpinalCord", "ORGAN", "oar"),
        ("SpinalCord_PRV02", "AVOIDANCE", "prv"),
        ("SpinalCanal", "ORGAN", "canal"),
        ("ThecalSac", "", "oar"),
        ("Lung_L", "AVOIDANCE", "oar"),
        ("VB_L3", "ORGAN", "bone"),
        ("vertebra_T10", "", "bone"),
        ("couch", "SUPPORT", "other"),
        ("z_ring", "", "avoidance"),
        ("xyz", "", "other"),
    ],
)
def test_roles(name, kind, role) -> None:
    assert role_of(name, kind) == role


def test_written_types() -> None:
    assert [interpreted_type(n, "target") for n in ("GTV", "CTV_1", "PTV_Eval", "boost")] == [
        "GTV",
        "CTV",
        "PTV",
        "TREATED_VOLUME",
    ]
    assert interpreted_type("x", "bone") == ""


def test_a_contour_stored_twice_counts_once(tmp_path) -> None:
    """Under the even-odd rule a doubled polygon would erase its slice; a copy may start elsewhere or run backwards."""
    turned = box()[1][6:] + box()[1][:6]
    backwards = np.reshape(box()[2], (-1, 3))[::-1].ravel().tolist()
    path = save(rtstruct({"GTV": ("GTV", [*box(), turned, backwards])}), tmp_path)
    roi = read_contours(path)["GTV"]
    assert len(roi.contours) == 4
    assert roi.left_out == ("2 contours stored twice on their plane",)
    assert read_rtstruct(path, GRID)["GTV"].volume_cm3 == pytest.approx(0.432, rel=1e-3)


def test_contours_that_overlap_in_part_count_once_and_are_told(tmp_path) -> None:
    """Exclusive or would leave out what both enclose: squares of 6 mm, 3 mm apart along x and y, share 9 of 36 mm2."""
    planes = [2.0, 4.0, 6.0]
    drawn = [square(z) for z in planes] + [square(4.0, -11.0, -5.0)]
    roi = read_contours(save(rtstruct({"GTV": ("GTV", drawn)}), tmp_path))["GTV"]
    assert [c.z_mm for c in roi.contours].count(4.0) == 1
    joined = next(c for c in roi.contours if c.z_mm == 4.0)
    assert abs(area_mm2(joined.points_mm)) == pytest.approx(2 * 36 - 9)
    assert roi.notes == ("contours that overlap in part at z 4.0 mm counted as one (union); check the drawing",)
