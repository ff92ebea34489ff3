"""DVHs beside those that a commercial planning system stored in its RTDOSE (tests/data/tps_export_breast)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from spondyl.app.cli.evaluate_inputs import gather
from spondyl.evaluate import DVH, dvh, is_drawn, metric

EXPORT = Path(__file__).parents[1] / "data" / "tps_export_breast"
PRESCRIBED_GY = 14.0


@pytest.fixture(scope="module")
def stored() -> dict[str, tuple[np.ndarray, np.ndarray, dict[str, float]]]:
    """Dose edges in Gy, cumulative cm3, and the stored minimum, maximum and mean as they are."""
    numbers = pydicom.dcmread(EXPORT / "rtss.dcm").StructureSetROISequence
    names = {int(item.ROINumber): str(item.ROIName) for item in numbers}
    found = {}
    for item in pydicom.dcmread(EXPORT / "rtdose.dcm").DVHSequence:
        assert item.DoseUnits == "GY"
        data = np.array(item.DVHData, dtype=float).reshape(-1, 2)
        edges = np.concatenate(([0.0], np.cumsum(data[:, 0])[:-1]))
        told = {"min": item.DVHMinimumDose, "max": item.DVHMaximumDose, "mean": item.DVHMeanDose}
        name = names[int(item.DVHReferencedROISequence[0].ReferencedROINumber)]
        found[name] = edges, data[:, 1], {k: float(v) for k, v in told.items()}
    return found


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, DVH]]:
    made: dict[str, dict[str, DVH]] = {}
    for cap in ("half-slice", "none"):
        inputs = gather(None, EXPORT / "rtdose.dcm", EXPORT / "rtss.dcm", None, 7, cap)  # type: ignore[arg-type]
        made[cap] = {
            name: dvh(inputs.dose, s, cap=cap)  # type: ignore[arg-type]
            for name, s in inputs.structures.items()
            if is_drawn(s)
        }
    return made


def at(curve: tuple[np.ndarray, np.ndarray, dict[str, float]], share: float) -> float:
    edges, cm3, _ = curve
    return float(np.interp(-share * cm3[0], -cm3, edges))


def test_the_roi_without_contours_has_no_dvh(stored: dict, ours: dict) -> None:  # type: ignore[type-arg]
    assert "Areola" not in ours["none"]
    assert set(ours["none"]) == set(stored)
    assert len(stored) == 9


def test_minimum_maximum_and_mean_are_percent_of_14_gy(stored: dict) -> None:  # type: ignore[type-arg]
    for edges, cm3, told in stored.values():
        mean = float(np.sum((edges[:-1] + edges[1:]) / 2 * -np.diff(cm3)) / cm3[0])
        assert told["mean"] * PRESCRIBED_GY / 100 == pytest.approx(mean, abs=0.025)  # bins are 0.01 Gy wide


@pytest.mark.parametrize("name", ["Breast", "Heart", "Lt Lung", "Nodes", "Tumor Bed", "Tumor Bed Block"])
def test_agrees_with_the_stored_curve(name: str, stored: dict, ours: dict) -> None:  # type: ignore[type-arg]
    # This system adds nothing beyond the last contour: cap "none".
    curve, told = ours["none"][name], stored[name]
    assert curve.total_cm3 == pytest.approx(told[1][0], rel=0.01)
    assert curve.mean_gy == pytest.approx(told[2]["mean"] * PRESCRIBED_GY / 100, abs=0.02)
    assert curve.max_gy == pytest.approx(told[2]["max"] * PRESCRIBED_GY / 100, abs=0.05)
    for percent in (98, 95, 5, 2):
        assert metric(curve, f"D{percent}%").value == pytest.approx(at(told, percent / 100), abs=0.02)
    assert metric(curve, "D50%").value == pytest.approx(at(told, 0.5), abs=0.06)


def test_three_structures_that_the_system_draws_its_own_way(stored: dict, ours: dict) -> None:  # type: ignore[type-arg]
    # BODY: the contours' area times 3 mm is 14 881 cm3, the system stores 13 944 cm3. Scar, a strip 1 to 2 mm wide,
    # and Borders, drawn on two slices: the stored volumes are below the contours' as well. Doses agree all the same.
    assert ours["half-slice"]["BODY"].total_cm3 == pytest.approx(14881, rel=0.002)
    assert ours["half-slice"]["Borders"].total_cm3 == pytest.approx(1.0776 * 3 / 2.5, rel=0.02)
    for name, tolerance_gy in (("BODY", 0.01), ("Borders", 0.01), ("Scar", 0.15)):
        mean = stored[name][2]["mean"] * PRESCRIBED_GY / 100
        assert ours["none"][name].mean_gy == pytest.approx(mean, abs=tolerance_gy)


@pytest.mark.parametrize(
    ("name", "cm3", "mean_gy", "d95_gy"),
    [("Heart", 440.0, 0.646, 0.038), ("Lt Lung", 2005.6, 0.908, 0.046), ("Tumor Bed", 13.22, 14.293, 14.142)],
)
def test_agrees_with_an_independent_voxel_dvh(name: str, cm3: float, mean_gy: float, d95_gy: float, ours: dict) -> None:  # type: ignore[type-arg]
    # Voxel DVH of an independent check, voxels of the dose grid: its volume of the small tumour bed is 1 % off.
    curve = ours["half-slice"][name]
    assert curve.total_cm3 == pytest.approx(cm3, rel=0.015)
    assert curve.mean_gy == pytest.approx(mean_gy, abs=0.003)
    assert metric(curve, "D95%").value == pytest.approx(d95_gy, abs=0.005)
