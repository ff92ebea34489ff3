"""Words and settings of a needle plan: what is read, and what is refused in its own words."""

from __future__ import annotations

import pytest

from spondyl.core.errors import DoseError, PlanError
from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.settings import KyphoSettings


@pytest.mark.parametrize(
    ("text", "kind", "dose", "depth"),
    [("8gy-at-13mm", "depth", 8, 13), ("8Gy-at-8mm", "depth", 8, 8), ("10gy-at-boundary", "boundary", 10, None),
     ("7.5gy-minimum", "minimum", 7.5, None)],
)  # fmt: skip
def test_prescriptions_are_read(text: str, kind: str, dose: float, depth: float | None) -> None:
    asked = parse_prescription(text)
    assert (asked.kind, asked.dose_gy, asked.depth_mm) == (kind, dose, depth)


@pytest.mark.parametrize("text", ["8", "8gy", "8gy-at-13", "8gy-at-13cm", "gy-at-8mm", "8gy-at-1mm", "800gy-at-8mm"])
def test_other_prescriptions_are_refused_in_their_own_words(text: str) -> None:
    with pytest.raises(PlanError, match=text):
        parse_prescription(text)


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(PlanError, match="its tip is not"):
        KyphoSettings(entry_mm=(0.0, 0.0, 0.0))
    with pytest.raises(PlanError, match="exclude each other"):
        KyphoSettings(side="left", entry_mm=(0.0, 0.0, 0.0), tip_mm=(0.0, -30.0, 0.0))
    with pytest.raises(PlanError, match='"lft" is unknown; nearest: left'):
        KyphoSettings(side="lft")
    with pytest.raises(DoseError, match="histories must be at least 1"):
        KyphoSettings(histories=0)
    with pytest.raises(DoseError, match='engine "kv-hybird" is unknown'):
        KyphoSettings(engine="kv-hybird")
