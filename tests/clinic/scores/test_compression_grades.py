"""ESCC and Ryu's grades over every combination of findings, against the grades of every completion of what is known.

Here a grade is told from complete findings, as a reader would; what the program says of partial findings must be
the grades of all complete findings that agree with them.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from facts_paths import facts_of

from spondyl.clinic.scores import bilsky, ryu
from spondyl.core.errors import CaseError
from spondyl.io import bundled_case
from spondyl.io.case_yaml import read_case_yaml

E = "clinical.lesion.epidural."
FINDINGS = ("tumour_in_epidural_space", "thecal_sac_deformed", "cord_abutted", "cord_compressed", "csf_visible")
RYU_OF = {"0": "0", "1a": "I", "1b": "II", "1c": "III", "2": "IV", "3": "V"}
N = "clinical.neurology."
FAT_ALONE = {E + "tumour_in_epidural_space": True, E + "thecal_sac_deformed": False}


def read(tumour: bool, sac: bool, abuts: bool, compressed: bool, csf: bool) -> str | None:
    """A reader's ESCC grade; None where the findings cannot be."""
    if (sac and not tumour) or ((abuts or compressed) and not sac):
        return None
    if compressed:
        return "2" if csf else "3"
    if abuts:
        return "1c"
    if sac:
        return "1b"
    return "1a" if tumour else "0"


COMPLETE = {found: read(*found) for found in product((True, False), repeat=5) if read(*found) is not None}


@pytest.mark.parametrize("tumour", [True, False, None])
def test_escc_of_every_finding_at_the_cord(tumour: bool | None) -> None:
    seen = 0
    for rest in product((True, False, None), repeat=4):
        known = (tumour, *rest)
        grades = {g for full, g in COMPLETE.items() if all(k in (None, f) for k, f in zip(known, full, strict=True))}
        paths = {"level": "T8", **{E + n: k for n, k in zip(FINDINGS, known, strict=True) if k is not None}}
        if not grades:
            with pytest.raises(CaseError, match="correct one"):
                facts_of(paths)
            continue
        seen += 1
        score = bilsky(facts_of(paths))
        assert {band.name for band in score.bands} == grades, paths
        assert (score.total is None) == (len(grades) > 1)
        image = ryu(facts_of(paths)).item("radiographic")
        assert set(image.options) == {RYU_OF[grade] for grade in grades}, paths
    assert seen > 10


@pytest.mark.parametrize(
    ("facts", "grades"),
    [
        ({E + "canal_compromise_percent": 49}, {"II"}),
        ({E + "canal_compromise_percent": 51}, {"IV"}),
        ({E + "canal_compromise_percent": 50}, {"II", "IV"}),
        ({E + "canal_compromise_percent": 10, E + "thecal_sac_deformed": False}, {"II"}),
        ({E + "tumour_in_epidural_space": False}, {"0"}),
        ({E + "tumour_in_epidural_space": False, E + "canal_compromise_percent": 0}, {"0"}),
        (FAT_ALONE, {"I", "II"}),
        ({**FAT_ALONE, E + "canal_compromise_percent": 0}, {"I"}),
        ({E + "thecal_sac_deformed": True}, {"II", "IV"}),
        ({E + "tumour_in_epidural_space": True}, {"I", "II", "IV"}),
        ({"clinical.lesion.bilsky_escc": "1b"}, {"II", "IV"}),
        ({"clinical.lesion.bilsky_escc": "1b", E + "canal_compromise_percent": 20}, {"II"}),
        ({"clinical.lesion.bilsky_escc": "0"}, {"0"}),
        ({}, {"0", "I", "II", "IV"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [{"level": "L4"}, {"level": "L1", E + "at_cauda_equina": True}])
def test_the_cauda_rule(facts: dict[str, Any], grades: set[str], place: dict[str, Any]) -> None:
    """Less than half of the canal is II, more is IV, half is undefined; III and V are not used."""
    item = ryu(facts_of({**place, **facts})).item("radiographic")
    assert set(item.options) == grades
    assert bool(item.undefined) == (facts.get(E + "canal_compromise_percent") == 50)


def test_there_is_no_cord_below_the_conus() -> None:
    score = bilsky(facts_of({"level": "L4", E + "thecal_sac_deformed": True}))
    assert (score.low, score.high, score.needs) == ("1b", "3", ())
    assert "no cord below the conus" in score.undefined[0]
    stated = bilsky(facts_of({"level": "L4", "clinical.lesion.bilsky_escc": "1b"}))
    assert stated.total == "1b"
    assert "no cord there" in stated.items[0].said


@pytest.mark.parametrize("level", ["T12", "L1", "L2"])
def test_between_cord_and_cauda_both_stay_possible(level: str) -> None:
    """The cord ends between T12 and L3 (Saifuddin 1998): only the images tell."""
    item = ryu(facts_of({"level": level, E + "cord_compressed": True, E + "csf_visible": False})).item("radiographic")
    assert set(item.options) >= {"V"}
    open_ = ryu(facts_of({"level": level, "clinical.lesion.bilsky_escc": "1b"})).item("radiographic")
    assert set(open_.options) == {"II", "IV"}
    assert E + "at_cauda_equina" in open_.needs


def nerves(weakest: int, sphincter: str, walks: bool, symptoms: bool) -> set[str]:
    """The neurological grade of an examined patient with a thoracic lesion, by the source's text."""
    if sphincter == "incontinent":
        return {"e"}
    if weakest == 0:
        grades = {"d", "e"}  # paralysis of one muscle: not said
    elif weakest <= 3:
        grades = {"d"}
    elif weakest == 4:
        grades = {"c"} if walks else {"c", "d"}  # by power functional, by walking not
    else:
        grades = {"b"} if symptoms else {"a"}
    return grades | {"e"} if sphincter == "disturbed" else grades


@pytest.mark.parametrize("sphincter", ["normal", "disturbed", "incontinent"])
def test_neurological_grade_of_every_examination(sphincter: str) -> None:
    for weakest, walks, symptoms in product(range(6), (True, False), (True, False)):
        if walks and weakest == 0:
            continue  # nobody can
        paths = {
            "level": "T8",
            N + "lower_limb_power_mrc": weakest,
            N + "sphincter": sphincter,
            N + "ambulatory": walks,
            **{N + key: symptoms for key in ("radiculopathy", "sensory_change", "myelopathy")},
            "clinical.pain.present": symptoms,
        }
        item = ryu(facts_of(paths)).item("neurological")
        assert set(item.options) == nerves(weakest, sphincter, walks, symptoms), paths
        assert item.needs == ()


@pytest.mark.parametrize(
    ("facts", "grades"),
    [
        ({N + "ryu_neurological_grade": "d"}, "d"),
        ({N + "lower_limb_power_mrc": "3/5", N + "sphincter": "normal"}, "d"),
        ({N + "lower_limb_power_mrc": "3/5"}, "de"),
        ({N + "frankel": "A"}, "e"),
        ({N + "asia": "B"}, "e"),
        ({N + "frankel": "E", N + "sphincter": "normal"}, "abc"),
        ({N + "lower_limb_power_mrc": 5, N + "sphincter": "normal"}, "ab"),
        ({N + "lower_limb_power_mrc": 5, N + "upper_limb_power_mrc": 2, N + "sphincter": "normal"}, "ab"),
        ({N + "lower_limb_power_mrc": 4, N + "sphincter": "normal"}, "cd"),
        ({}, "abcde"),
    ],
)
def test_neurological_grade_of_partial_facts(facts: dict[str, Any], grades: str) -> None:
    """Grade d is power of 3/5 or less: not functional, whatever one printed table says. Arms count in the neck only."""
    assert set(ryu(facts_of({"level": "T8", **facts})).item("neurological").options) == set(grades)


def test_unknown_walking_is_asked_for_and_known_walking_is_undefined() -> None:
    """Power 4/5 in the legs: unknown walking waits for a fact, no walking is what the publication leaves open."""
    base = {"level": "T8", N + "lower_limb_power_mrc": 4, N + "sphincter": "normal"}
    unknown = ryu(facts_of(base)).item("neurological")
    assert (unknown.needs, unknown.undefined) == ((N + "ambulation",), "")
    not_walking = ryu(facts_of({**base, N + "ambulatory": False})).item("neurological")
    assert not_walking.needs == ()
    assert "does not walk" in not_walking.undefined


def test_in_the_neck_the_arms_count() -> None:
    base = {"level": "C5", N + "lower_limb_power_mrc": 5, N + "sphincter": "normal"}
    assert ryu(facts_of({**base, N + "upper_limb_power_mrc": 2})).item("neurological").options == ("d",)
    open_ = ryu(facts_of(base)).item("neurological")
    assert set(open_.options) == set("abcde")
    assert N + "upper_limb_power_mrc" in open_.needs


def test_bands_follow_the_neurological_grade() -> None:
    """a, b, c: radiosurgery; d, e: surgery (seed 003)."""
    for grade in "abcde":
        band = ryu(facts_of({N + "ryu_neurological_grade": grade})).band
        assert band is not None
        assert ("radiosurgery" in band.meaning) == (grade in "abc")


@pytest.mark.parametrize(
    ("name", "low", "high", "total"), [("lumbar_l3", "II b", "IV b", None), ("thoracic_t11", "II b", "II b", "II b")]
)
def test_bundled_cases(name: str, low: str, high: str, total: str | None) -> None:
    """L3 lies at the cauda, whose rule asks for the share of the canal; T11 lies at the cord, where ESCC 1b is II."""
    score = ryu(read_case_yaml(bundled_case(name) / "case.yaml"))
    assert (score.low, score.high, score.total) == (low, high, total)
