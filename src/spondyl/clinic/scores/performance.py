"""Karnofsky's and ECOG's performance status, and the ranges by which one is read as the other."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.score import Answer, known, open_to, undefined

KPS_OF_ECOG: Mapping[int, tuple[int, int]] = {
    0: (90, 100),
    1: (70, 80),
    2: (50, 60),
    3: (30, 40),
    4: (10, 20),
    5: (0, 0),
}
"""KPS by ECOG, ends included. Two crosswalks agree that KPS 80 is ECOG 1; the ranges themselves are not confirmed.

Each KPS has one ECOG. The other way round there is a range, never one KPS.
"""
CROSSWALK_STATUS = "confirmed_secondary"


def ecog_of_kps(kps: int) -> int:
    """The ECOG status whose range holds a KPS.

    >>> ecog_of_kps(80), ecog_of_kps(60), ecog_of_kps(0)
    (1, 2, 5)
    """
    return next(ecog for ecog, (low, high) in KPS_OF_ECOG.items() if low <= kps <= high)


def kps_row(facts: Facts, rows: Mapping[str, tuple[int, int]]) -> Answer:
    """Which row of a table, each a range of KPS, the patient is in.

    A score asks for KPS as it was published: an ECOG status is told beside it and never scored in its place.
    """
    kps, ecog = facts.clinical.kps, facts.clinical.ecog
    if kps is None:
        hint = "" if ecog is None else f"KPS unknown; ECOG {ecog} would be KPS {_range(ecog)}, which is not scored"
        return open_to(*rows, needs=("clinical.kps",), said=hint)
    for row, (low, high) in rows.items():
        if low <= kps <= high:
            return known(row, f"KPS {kps}")
    return undefined(*rows, why=f"KPS {kps} is in no row of the table", said=f"KPS {kps}")


def _range(ecog: int) -> str:
    low, high = KPS_OF_ECOG[ecog]
    return f"{low}" if low == high else f"{low} to {high}"
