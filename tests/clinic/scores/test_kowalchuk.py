"""Kowalchuk 2022, JAMA Oncol 8:412-419, over its complete input space."""

from __future__ import annotations

from itertools import product

import pytest

from spondyl.clinic.scores import kowalchuk
from spondyl.clinic.scores.kowalchuk import BANDS

ANSWERS = (True, False, None)
GTV_CM3 = (10.1, 10.0, None)  # above 10 counts, exactly 10 does not
SINS = (7, 6, None)  # above 6 counts, exactly 6 does not


def test_bands_cover_0_to_4_without_gap_or_overlap() -> None:
    assert [total for band in BANDS for total in range(band.low, band.high + 1)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("epidural", "lumbar", "gtv", "sins"), list(product(ANSWERS, ANSWERS, GTV_CM3, SINS)))
def test_every_combination(epidural: bool | None, lumbar: bool | None, gtv: float | None, sins: int | None) -> None:
    score = kowalchuk(epidural=epidural, lumbar=lumbar, gtv_cm3=gtv, sins=sins)
    counted = [epidural, lumbar, None if gtv is None else gtv > 10, None if sins is None else sins > 6]
    assert score.low == counted.count(True)
    assert score.high == counted.count(True) + counted.count(None)
    assert len(score.missing) == counted.count(None)
    assert {b.name for b in score.bands} == {
        b.name for b in BANDS for t in range(score.low, score.high + 1) if b.low <= t <= b.high
    }


@pytest.mark.parametrize(("total", "band"), [(0, "low"), (1, "low"), (2, "intermediate"), (3, "high"), (4, "high")])
def test_a_known_total_has_one_band(total: int, band: str) -> None:
    score = kowalchuk(
        epidural=total > 0, lumbar=total > 1, gtv_cm3=11.0 if total > 2 else 9.0, sins=8 if total > 3 else 3
    )
    assert (score.total, [b.name for b in score.bands]) == (total, [band])
