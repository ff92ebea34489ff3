"""The names of metrics, and what they are worth where the structure is too small."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.core.errors import ProtocolError
from spondyl.evaluate import metric, parse_metric
from spondyl.evaluate.dvh import from_samples

CURVE = from_samples("a", np.repeat(np.arange(1.0, 11.0), 100), np.full(1000, 0.01))  # 1 cm3 each at 1 to 10 Gy


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("Dmean", "Dmean", "Gy"), ("D_mean", "Dmean", "Gy"), ("max", "Dmax", "Gy"), ("D98%", "D98%", "Gy"),
        ("d98", "D98%", "Gy"), ("D 0.03 cc", "D0.03cc", "Gy"),
        ("D0.03cm3", "D0.03cc", "Gy"), ("D.03cm³", "D0.03cc", "Gy"),
        ("V10Gy", "V10Gy", "%"), ("v10 gy [%]", "V10Gy", "%"),
        ("V10Gy_cc", "V10Gy_cc", "cm3"), ("V10 Gy cm3", "V10Gy_cc", "cm3"),
        ("CV8.4Gy_cc", "CV8.4Gy_cc", "cm3"), ("Volume", "volume", "cm3"),
    ],
)  # fmt: skip
def test_names(text: str, name: str, unit: str) -> None:
    assert (parse_metric(text).name, parse_metric(text).unit) == (name, unit)


@pytest.mark.parametrize("text", ["", "D", "dose", "D98%%", "V-10Gy", "D0.03xx", "Dmedian", "V10Gy_percent_of"])
def test_unknown_names_are_refused_with_examples(text: str) -> None:
    with pytest.raises(ProtocolError, match="expected one like Dmean"):
        parse_metric(text)


@pytest.mark.parametrize("text", ["V95%", "V10", "V10cc"])
def test_a_volume_without_gray_is_not_guessed(text: str) -> None:
    with pytest.raises(ProtocolError, match="does not say how many Gy"):
        parse_metric(text)


def test_more_than_the_whole_is_refused() -> None:
    with pytest.raises(ProtocolError, match="expected 0 to 100 %"):
        parse_metric("D120%")


def test_values() -> None:
    values = {m: metric(CURVE, m).value for m in ("Dmean", "Dmin", "Dmax", "volume", "V6Gy", "V6Gy_cc", "CV6Gy_cc")}
    expected = {"Dmean": 5.5, "Dmin": 1, "Dmax": 10, "volume": 10, "V6Gy": 50, "V6Gy_cc": 5, "CV6Gy_cc": 5}
    assert values == pytest.approx(expected, abs=0.06)
    assert metric(CURVE, "D25%").value == pytest.approx(8)
    assert metric(CURVE, "D2.5cc").value == pytest.approx(8)


def test_a_structure_smaller_than_the_volume_asked_is_unknown_within_its_doses() -> None:
    small = from_samples("nerve", np.array([5.0, 9.0]), np.array([0.01, 0.01]))
    found = metric(small, "D0.03cc")
    assert found.value is None
    assert (found.low, found.high) == (5.0, 9.0)
    assert found.reason == "nerve is 0.02 cm3, smaller than the 0.03 cm3 asked"
