"""Every sum score over its complete input space, against points typed again from the publications' tables.

Each item is a list of (facts, points); unknown facts stand for every point of the item. Each combination is scored
and compared with the sum of the points and with the band typed here.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import pytest
from facts_paths import facts_of

from spondyl.clinic import scores
from spondyl.clinic.facts import Facts
from spondyl.clinic.scores import Score

Row = tuple[dict[str, Any], tuple[int, ...]]
"""Facts, and the points they may give."""
S, L, N = "clinical.systemic.", "clinical.lesion.", "clinical.neurology."

KPS_TOKUHASHI: list[Row] = [
    ({"clinical.kps": 10}, (0,)),
    ({"clinical.kps": 40}, (0,)),
    ({"clinical.kps": 50}, (1,)),
    ({"clinical.kps": 70}, (1,)),
    ({"clinical.kps": 80}, (2,)),
    ({"clinical.kps": 100}, (2,)),
    ({"clinical.kps": 0}, (0, 1, 2)),  # no row
    ({}, (0, 1, 2)),
]
EXTRASPINAL: list[Row] = [
    ({S + "extraspinal_bone_metastases": 0}, (2,)),
    ({S + "extraspinal_bone_metastases": 1}, (1,)),
    ({S + "extraspinal_bone_metastases": 2}, (1,)),
    ({S + "extraspinal_bone_metastases": 3}, (0,)),
    ({}, (0, 1, 2)),
]
VERTEBRAE: list[Row] = [
    ({S + "other_spinal_metastases": 0}, (2,)),
    ({S + "involved_levels": ["T3", "T8"]}, (1,)),
    ({S + "other_spinal_metastases": 2}, (0,)),
    ({S + "diffuse_spinal": True}, (0, 1)),
    ({}, (0, 1, 2)),
]
ORGANS: list[Row] = [
    ({S + "visceral_metastases": 0}, (2,)),
    ({S + "visceral": [{"organ": "liver", "resectable": True}]}, (1,)),
    ({S + "visceral": [{"organ": "liver", "resectable": True}, {"organ": "lung", "resectable": False}]}, (0,)),
    ({S + "visceral_metastases": 2}, (0, 1)),
    ({}, (0, 1, 2)),
]
PALSY: list[Row] = [
    ({N + "frankel": "A"}, (0,)),
    ({N + "frankel": "B"}, (0,)),
    ({N + "frankel": "C"}, (1,)),
    ({N + "frankel": "D"}, (1,)),
    ({N + "frankel": "E"}, (2,)),
    ({N + "ambulatory": True}, (1, 2)),
    ({}, (0, 1, 2)),
]
SITE_1990: list[Row] = [
    ({"histology": "non-small cell lung carcinoma"}, (0,)),
    ({"histology": "gastric adenocarcinoma"}, (0,)),
    ({"histology": "renal cell carcinoma"}, (1,)),
    ({"histology": "hepatocellular carcinoma"}, (1,)),
    ({"histology": "endometrial carcinoma"}, (1,)),
    ({"histology": "melanoma"}, (1,)),
    ({"histology": "carcinoma of unknown primary"}, (1,)),
    ({"histology": "papillary thyroid carcinoma"}, (2,)),
    ({"histology": "prostate adenocarcinoma"}, (2,)),
    ({"histology": "breast carcinoma"}, (2,)),
    ({"histology": "rectal adenocarcinoma"}, (2,)),
    ({"histology": "colorectal carcinoma"}, (1, 2)),  # rectum or others
    ({}, (0, 1, 2)),
]
SITE_2005: list[Row] = [
    ({"histology": "small cell lung carcinoma"}, (0,)),
    ({"histology": "osteosarcoma"}, (0,)),
    ({"histology": "stomach cancer"}, (0,)),
    ({"histology": "urothelial carcinoma of the bladder"}, (0,)),
    ({"histology": "esophageal carcinoma"}, (0,)),
    ({"histology": "pancreatic carcinoma"}, (0,)),
    ({"histology": "HCC"}, (1,)),
    ({"histology": "gallbladder carcinoma"}, (1,)),
    ({"histology": "unknown primary"}, (1,)),
    ({"histology": "melanoma"}, (2,)),
    ({"histology": "kidney cancer"}, (3,)),
    ({"histology": "uterine carcinoma"}, (3,)),
    ({"histology": "rectal carcinoma"}, (4,)),
    ({"histology": "thyroid carcinoma"}, (5,)),
    ({"histology": "breast carcinoma"}, (5,)),
    ({"histology": "prostate carcinoma"}, (5,)),
    ({"histology": "carcinoid"}, (5,)),
    ({"histology": "gastro-oesophageal junction carcinoma"}, (0,)),  # either is 0
    ({"histology": "cholangiocarcinoma"}, (1, 2)),  # liver, gallbladder or others: not placed
    ({}, (0, 5)),
]
SINS: list[list[Row]] = [
    [
        *(({"level": level}, (3,)) for level in ("C2", "C7", "T2", "T11", "L1", "L5", "S1")),
        *(({"level": level}, (2,)) for level in ("C3", "C6", "L2", "L4")),
        *(({"level": level}, (1,)) for level in ("T3", "T10")),
        *(({"level": level}, (0,)) for level in ("S2", "S5")),
        ({}, (0, 1, 2, 3)),
    ],
    [
        ({"clinical.pain.mechanical": True}, (3,)),
        ({"clinical.pain.present": True, "clinical.pain.mechanical": False}, (1,)),
        ({"clinical.pain.present": False}, (0,)),
        ({"clinical.pain.present": True}, (1, 3)),
        ({"clinical.pain.vas_0_10": 6}, (1, 3)),
        ({"clinical.pain.vas_0_10": 6, "clinical.pain.mechanical": False}, (1,)),
        ({"clinical.pain.vas_0_10": 0}, (0, 1, 3)),
        ({}, (0, 1, 3)),
    ],
    [
        *(({L + "bone_lesion_type": kind}, (p,)) for kind, p in (("lytic", 2), ("mixed", 1), ("blastic", 0))),
        ({}, (0, 2)),
    ],
    [
        ({L + "alignment": "subluxation"}, (4,)),
        ({L + "alignment": "kyphosis"}, (2,)),
        ({L + "alignment": "normal"}, (0,)),
        ({}, (0, 4)),
    ],
    [
        ({L + "collapse_percent": 51}, (3,)),
        ({L + "collapse_percent": 49}, (2,)),
        ({L + "collapse_percent": 50}, (2, 3)),  # undefined
        ({L + "collapse_percent": 0, L + "body_involvement_percent": 51}, (1,)),
        ({L + "collapse_percent": 0, L + "body_involvement_percent": 50}, (0,)),
        ({L + "collapse_percent": 0}, (0, 1)),
        ({}, (0, 3)),
    ],
    [
        ({L + "posterolateral_involvement": "bilateral"}, (3,)),
        ({L + "posterolateral_left": True, L + "posterolateral_right": False}, (1,)),
        ({L + "posterolateral_involvement": "none"}, (0,)),
        ({}, (0, 3)),
    ],
]
TOMITA: list[list[Row]] = [
    [
        ({"histology": "breast carcinoma"}, (1,)),
        ({"histology": "thyroid carcinoma"}, (1,)),
        ({"histology": "prostate carcinoma"}, (1,)),
        ({"histology": "renal cell carcinoma"}, (2,)),
        ({"histology": "endometrial carcinoma"}, (2,)),
        ({"histology": "lung carcinoma"}, (4,)),
        ({"histology": "stomach carcinoma"}, (4,)),
        ({"histology": "melanoma"}, (1, 2, 4)),  # not placed
        ({}, (1, 2, 4)),
    ],
    [
        (facts, {0: (4,), 1: (2,), 2: (0,)}[p[0]] if len(p) == 1 else ((2, 4) if p == (0, 1) else (0, 4)))
        for facts, p in ORGANS
    ],
    [
        ({S + "extraspinal_bone_metastases": 0, S + "other_spinal_metastases": 0}, (1,)),
        ({S + "extraspinal_bone_metastases": 1}, (2,)),
        ({S + "other_spinal_metastases": 1}, (2,)),
        ({S + "extraspinal_bone_metastases": 0}, (1, 2)),
        ({}, (1, 2)),
    ],
]
ONE_BONE = {S + "extraspinal_bone_metastases": 0, S + "other_spinal_metastases": 0}
BAUER: list[list[Row]] = [
    [({S + "visceral_metastases": 0}, (1,)), ({S + "visceral_metastases": 3}, (0,)), ({}, (0, 1))],
    [
        ({"histology": "lung carcinoma"}, (0,)),
        *(({"histology": name}, (2,)) for name in ("breast carcinoma", "RCC", "lymphoma", "multiple myeloma")),
        *(({"histology": name}, (1,)) for name in ("prostate carcinoma", "melanoma")),
        ({"histology": "unknown primary"}, (0, 1)),  # whether it is a lung cancer is not placed
        ({"histology": "plasmacytoma"}, (1, 2)),  # whether it is a myeloma is not placed
        ({}, (0, 2)),
    ],
    [(ONE_BONE, (1,)), ({S + "other_spinal_metastases": 4}, (0,)), ({}, (0, 1))],
]
VAN_DER_LINDEN: list[list[Row]] = [
    [
        *(({"clinical.kps": kps}, (0,)) for kps in (20, 30, 40)),
        *(({"clinical.kps": kps}, (1,)) for kps in (50, 60, 70)),
        *(({"clinical.kps": kps}, (2,)) for kps in (80, 90, 100)),
        *(({"clinical.kps": kps}, (0, 2)) for kps in (0, 10)),  # no row
        ({}, (0, 2)),
    ],
    [
        *(({"histology": name}, (p,)) for name, p in (("breast", 3), ("prostate", 2), ("NSCLC", 1), ("melanoma", 0))),
        ({}, (0, 3)),
    ],
    [({S + "visceral_metastases": 0}, (1,)), ({S + "visceral_metastases": 1}, (0,)), ({}, (0, 1))],
]
B = "clinical.laboratory."
NORMAL_BLOOD = {
    B + "crp_mg_per_dl": 0.39,
    B + "ldh_iu_per_l": 249,
    B + "albumin_g_per_dl": 3.7,
    B + "platelets_per_ul": 100000,
    B + "calcium_mg_per_dl": 10.2,
    B + "bilirubin_mg_per_dl": 1.3,
}
HORMONE, TARGET = "clinical.primary.hormone_dependent", "clinical.primary.molecularly_targeted"
KATAGIRI: list[list[Row]] = [
    [
        ({"histology": "breast carcinoma", HORMONE: True}, (0,)),
        ({"histology": "triple negative breast cancer"}, (2,)),
        ({"histology": "prostate carcinoma", HORMONE: False}, (2,)),
        ({"histology": "breast carcinoma, ER positive"}, (0, 2)),  # receptors alone do not say dependence
        ({"histology": "thyroid carcinoma"}, (0,)),
        ({"histology": "myeloma"}, (0,)),
        ({"histology": "lung carcinoma", TARGET: True}, (2,)),
        ({"histology": "lung carcinoma", TARGET: False}, (3,)),
        ({"histology": "renal cell carcinoma"}, (2,)),
        ({"histology": "melanoma"}, (3,)),
        ({"histology": "unknown primary"}, (3,)),
        ({}, (0, 3)),
    ],
    [
        ({S + "visceral_metastases": 0, S + "brain_metastases": 0}, (0,)),
        ({S + "visceral_metastases": 0, S + "brain_metastases": 2}, (1,)),
        ({S + "visceral": [{"organ": "liver", "disseminated": False}]}, (1,)),
        ({S + "visceral": [{"organ": "pleura", "disseminated": True}]}, (2,)),
        ({S + "visceral_metastases": 1}, (1, 2)),
        ({S + "visceral_metastases": 0}, (0, 1)),
        ({}, (0, 2)),
    ],
    [
        (NORMAL_BLOOD, (0,)),
        ({**NORMAL_BLOOD, B + "crp_mg_per_dl": 0.4}, (1,)),
        ({**NORMAL_BLOOD, B + "ldh_iu_per_l": 250}, (1,)),
        ({**NORMAL_BLOOD, B + "albumin_g_per_dl": 3.69}, (1,)),
        ({B + "platelets_per_ul": 99999}, (2,)),
        ({B + "calcium_mg_per_dl": 10.3}, (2,)),
        ({B + "bilirubin_mg_per_dl": 1.4, B + "crp_mg_per_dl": 9}, (2,)),
        ({B + "crp_mg_per_dl": 1}, (1, 2)),
        ({}, (0, 2)),
    ],
    [
        *(({"clinical.ecog": ecog}, (int(ecog >= 3),)) for ecog in range(5)),
        ({"clinical.ecog": 5}, (0, 1)),  # no row
        ({}, (0, 1)),
    ],
    [*(({S + "previous_chemotherapy": given}, (int(given),)) for given in (False, True)), ({}, (0, 1))],
    [(ONE_BONE, (0,)), ({S + "other_spinal_metastases": 1}, (1,)), ({}, (0, 1))],
]
NESMS: list[list[Row]] = [
    [
        ({"histology": "breast", S + "visceral_metastases": 0}, (1,)),  # modified Bauer 3 or 4
        ({"histology": "lung", S + "visceral_metastases": 1}, (0,)),  # 0 or 1
        ({"histology": "melanoma", S + "visceral_metastases": 0}, (0, 1)),  # 2 or 3
        ({}, (0, 1)),
    ],
    [
        ({N + "ambulation": "independent"}, (1,)),
        ({N + "ambulation": "with aid"}, (0,)),
        ({N + "ambulation": "not ambulatory"}, (0,)),
        ({N + "ambulatory": True}, (0, 1)),
        ({}, (0, 1)),
    ],
    [({B + "albumin_g_per_dl": 3.5}, (1,)), ({B + "albumin_g_per_dl": 3.4}, (0,)), ({}, (0, 1))],
]
PRISM: list[list[Row]] = [
    [
        ({"clinical.sex": "female"}, (2,)),
        ({"clinical.sex": "male"}, (0,)),
        ({"clinical.sex": "other"}, (0, 2)),
        ({}, (0, 2)),
    ],
    [
        *(({"clinical.kps": kps}, (max(0, (kps - 60) // 10),)) for kps in (0, 50, 60, 70, 80, 90, 100)),
        ({}, (0, 4)),
    ],
    [
        ({"clinical.prior_surgery.at_this_level": True}, (2,)),
        ({"clinical.prior_surgery.operations": []}, (0,)),
        ({}, (0, 2)),
    ],
    [
        ({"clinical.prior_radiotherapy.courses": [{"levels": ["T8"]}]}, (-2,)),
        ({"clinical.prior_radiotherapy.to_this_level": False}, (0,)),
        ({}, (-2, 0)),
    ],
    [
        ({S + "visceral_metastases": 2, S + "brain_metastases": 1}, (-3,)),
        ({S + "visceral_metastases": 1, S + "brain_metastases": 0}, (-1,)),
        ({**ONE_BONE, S + "visceral_metastases": 0, S + "brain_metastases": 0}, (3,)),
        ({S + "visceral_metastases": 0, S + "brain_metastases": 0, S + "other_spinal_metastases": 1}, (0,)),
        ({S + "visceral_metastases": 1}, (-2, -1)),
        ({}, (-21, 3)),
    ],
    [
        ({"clinical.primary.months_diagnosis_to_metastasis": 60}, (0,)),
        ({"clinical.primary.months_diagnosis_to_metastasis": 60.5}, (3,)),
        ({}, (0, 3)),
    ],
]
SPACES: dict[str, tuple[list[list[Row]], dict[str, tuple[int, int]]]] = {
    "sins": (SINS, {"stable": (0, 6), "indeterminate": (7, 12), "unstable": (13, 18)}),
    "tokuhashi_1990": (
        [KPS_TOKUHASHI, EXTRASPINAL, VERTEBRAE, ORGANS, PALSY, SITE_1990],
        {"0-5": (0, 5), "6-8": (6, 8), "9-12": (9, 12)},
    ),
    "tokuhashi_2005": (
        [KPS_TOKUHASHI, EXTRASPINAL, VERTEBRAE, ORGANS, PALSY, SITE_2005],
        {"0-8": (0, 8), "9-11": (9, 11), "12-15": (12, 15)},
    ),
    "tomita": (TOMITA, {"2-3": (2, 3), "4-5": (4, 5), "6-7": (6, 7), "8-10": (8, 10)}),
    "modified_bauer": (BAUER, {"0-1": (0, 1), "2": (2, 2), "3-4": (3, 4)}),
    "nesms": (NESMS, {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3": (3, 3)}),
    "van_der_linden": (VAN_DER_LINDEN, {"A": (0, 3), "B": (4, 5), "C": (6, 6)}),
    "katagiri": (KATAGIRI, {"0-3": (0, 3), "4-6": (4, 6), "7-10": (7, 10)}),
    "prism": (PRISM, {"group 4": (-99, 0), "group 3": (1, 3), "group 2": (4, 7), "group 1": (8, 99)}),
}


def _one_of_each(rows: list[Row]) -> list[Row]:
    """One row for every set of points: the others differ in nothing that a sum can see."""
    return list({points: (facts, points) for facts, points in rows}.values())


@pytest.mark.parametrize("name", SPACES)
def test_every_row_of_every_item(name: str) -> None:
    """Each row with every other item unknown: the range moves by its points, and by nothing else."""
    items, _ = SPACES[name]
    function: Callable[[Facts], Score] = getattr(scores, name)
    for place, rows in enumerate(items):
        others = [item[-1][1] for other, item in enumerate(items) if other != place]
        for facts, points in rows:
            base = {} if name == "sins" else {"level": "T8"}
            score = function(facts_of({**base, **facts}))
            assert score.low == sum(min(p) for p in others) + min(points), (facts, score.low)
            assert score.high == sum(max(p) for p in others) + max(points), (facts, score.high)


@pytest.mark.parametrize("name", SPACES)
def test_every_combination(name: str) -> None:
    items, bands = SPACES[name]
    base = {} if name == "sins" else {"level": "T8"}
    function: Callable[[Facts], Score] = getattr(scores, name)
    for rows in product(*(_one_of_each(item) for item in items)):
        paths = {**base, **{path: value for facts, _ in rows for path, value in facts.items()}}
        if len(paths) < len(base) + sum(len(facts) for facts, _ in rows):
            continue  # two rows state one fact differently
        score = function(facts_of(paths))
        low, high = sum(min(p) for _, p in rows), sum(max(p) for _, p in rows)
        assert (score.low, score.high) == (low, high), paths
        assert score.total == (low if low == high else None)
        possible = {band for band, (start, end) in bands.items() if start <= high and low <= end}
        named = {band.name for band in score.bands}
        assert named <= possible, paths
        assert {band for band in possible if any(s <= t <= e for t in (low, high) for s, e in [bands[band]])} <= named


@pytest.mark.parametrize("name", SPACES)
def test_bands_cover_the_range_without_gap_or_overlap(name: str) -> None:
    """Ends of neighbouring bands differ by one, and the first and last are the instrument's published ends."""
    instrument = getattr(__import__(f"spondyl.clinic.scores.{name}", fromlist=["x"]), name.upper())
    bands = sorted(instrument.bands, key=lambda band: band.low)
    assert all(a.high + 1 == b.low for a, b in pairwise(bands))
    ends = {
        "sins": (0, 18), "tokuhashi_1990": (0, 12), "tokuhashi_2005": (0, 15), "tomita": (2, 10),
        "modified_bauer": (0, 4), "nesms": (0, 3), "van_der_linden": (0, 6), "katagiri": (0, 10), "prism": (-23, 14),
    }  # fmt: skip
    assert (bands[0].low, bands[-1].high) == ends[name]
