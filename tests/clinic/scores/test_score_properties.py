"""Laws of every score: a fact more never widens what is possible, a fact less never narrows it."""

from __future__ import annotations

import random
from typing import Any

from facts_paths import facts_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spondyl.clinic.scores import SCORES, Score

LEVELS = ("C5", "T1", "T8", "T12", "L1", "L4", "S2")
HISTOLOGIES = (
    "breast carcinoma, ER positive",
    "triple negative breast carcinoma",
    "castration-resistant prostate cancer",
    "lung adenocarcinoma",
    "renal cell carcinoma",
    "melanoma",
    "colorectal carcinoma",
    "cholangiocarcinoma",
    "unknown primary",
    "plasmacytoma",
    "gibberish",
)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Facts that agree with each other, as dotted paths: everything known, from which tests take facts away."""
    c, lesion, e, n, s = (
        "clinical.",
        "clinical.lesion.",
        "clinical.lesion.epidural.",
        "clinical.neurology.",
        "clinical.systemic.",
    )
    level = draw(st.sampled_from(LEVELS))
    cauda = level in ("L4", "S2") or (level in ("T12", "L1") and draw(st.booleans()))
    depth = draw(st.integers(0, 2 if cauda else 4))  # none, fat, sac, cord touched, cord compressed
    power = draw(st.integers(0, 5))
    walks = power > 0 and draw(st.booleans())
    frankel = "E" if power >= 4 and draw(st.booleans()) else "D" if walks else "C" if power else "A"
    pain = draw(st.booleans())
    mechanical = pain and draw(st.booleans())
    sites = draw(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=3))
    others = draw(st.integers(0, 3))
    kps = draw(st.sampled_from(range(0, 101, 10)))
    world: dict[str, Any] = {
        "level": level,
        "histology": draw(st.sampled_from(HISTOLOGIES)),
        c + "kps": kps,
        c + "ecog": {100: 0, 90: 0, 80: 1, 70: 1, 60: 2, 50: 2, 40: 3, 30: 3, 20: 4, 10: 4, 0: 5}[kps],
        c + "sex": draw(st.sampled_from(("female", "male", "other"))),
        c + "pain.present": pain,
        c + "pain.mechanical": mechanical,
        c + "pain.radicular": pain and draw(st.booleans()),
        c + "pain.vas_0_10": draw(st.integers(0, 10)) if pain else 0,
        c + "pain.opioid_omed_mg_per_day": draw(st.sampled_from((0, 20, 40, 60, 100))),
        c + "follow_up.vas_0_10": draw(st.integers(0, 10)),
        c + "follow_up.opioid_omed_mg_per_day": draw(st.sampled_from((0, 20, 40, 60, 100))),
        lesion + "bone_lesion_type": draw(st.sampled_from(("lytic", "mixed", "blastic"))),
        lesion + "alignment": draw(st.sampled_from(("normal", "kyphosis", "translation"))),
        lesion + "collapse_percent": draw(st.sampled_from((0, 30, 50, 70))),
        lesion + "body_involvement_percent": draw(st.sampled_from((20, 50, 80))),
        lesion + "posterolateral_left": draw(st.booleans()),
        lesion + "posterolateral_right": draw(st.booleans()),
        lesion + "wbb.zones": draw(st.lists(st.integers(1, 12), max_size=4)),
        lesion + "wbb.layers": draw(st.lists(st.sampled_from("ABCDE"), max_size=3)),
        e + "tumour_in_epidural_space": depth > 0,
        e + "thecal_sac_deformed": depth > 1,
        e + "at_cauda_equina": cauda,
        e + "canal_compromise_percent": 0
        if depth == 0
        else draw(st.sampled_from((10, 50, 70) if depth > 1 else (0, 10))),
        n + "lower_limb_power_mrc": power,
        n + "upper_limb_power_mrc": draw(st.integers(0, 5)),
        n + "frankel": frankel,
        n + "asia": {"A": "B", "C": "D", "D": "C", "E": "E"}[frankel],
        n + "ambulatory": walks,
        n + "sphincter": draw(st.sampled_from(("normal", "disturbed", "incontinent"))),
        n + "radiculopathy": draw(st.booleans()),
        n + "sensory_change": draw(st.booleans()),
        n + "myelopathy": draw(st.booleans()),
        s + "visceral": [{"organ": f"o{i}", "resectable": r, "disseminated": d} for i, (r, d) in enumerate(sites)],
        s + "visceral_metastases": len(sites),
        s + "brain_metastases": draw(st.integers(0, 2)),
        s + "extraspinal_bone_metastases": draw(st.integers(0, 4)),
        s + "other_spinal_metastases": others,
        s + "involved_levels": [level, *("C3", "C7", "L2")[:others]],
        s + "diffuse_spinal": others > 0 and draw(st.booleans()),
        s + "previous_chemotherapy": draw(st.booleans()),
        c + "primary.molecularly_targeted": draw(st.booleans()),
        c + "primary.months_diagnosis_to_metastasis": draw(st.sampled_from((0, 60, 61))),
        c + "prior_surgery.at_this_level": draw(st.booleans()),
        c + "prior_radiotherapy.to_this_level": draw(st.booleans()),
        "measured.gtv_volume_cm3": draw(st.sampled_from((5, 10, 11))),
    }
    if not cauda:
        world |= {
            e + "cord_abutted": depth > 2,
            e + "cord_compressed": depth > 3,
            e + "csf_visible": draw(st.booleans()),
        }
    if walks:
        world[n + "ambulation"] = draw(st.sampled_from(("independent", "with aid")))
    for key, value in (
        ("albumin_g_per_dl", 3.6),
        ("crp_mg_per_dl", 0.4),
        ("ldh_iu_per_l", 250),
        ("platelets_per_ul", 1e5),
    ):
        world[f"clinical.laboratory.{key}"] = value * draw(st.sampled_from((0.9, 1.1)))
    world["clinical.laboratory.calcium_mg_per_dl"] = draw(st.sampled_from((9.0, 10.3)))
    world["clinical.laboratory.bilirubin_mg_per_dl"] = draw(st.sampled_from((1.0, 1.4)))
    return world


def _without(world: dict[str, Any], seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """`world` with some facts taken away, and with some more."""
    order = list(world)
    random.Random(seed).shuffle(order)
    first, second = sorted(random.Random(seed + 1).sample(range(len(order) + 1), 2))
    keep = set(order[:second])
    return {k: world[k] for k in world if k in keep}, {k: world[k] for k in world if k in set(order[:first])}


def _check(more: Score, less: Score) -> None:
    for with_more, with_less in zip(more.items, less.items, strict=True):
        if more.key != "wbb":
            assert set(with_more.options) <= set(with_less.options), (more.key, with_more, with_less)
    assert {band.name for band in more.bands} <= {band.name for band in less.bands}, more.key
    if isinstance(more.low, int) and isinstance(less.low, int):
        assert less.low <= more.low, more.key
        assert int(more.high) <= int(less.high), more.key
    if more.total is None and more.key != "wbb":
        assert more.needs or more.undefined, (more.key, more)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(world=worlds(), seed=st.integers(0, 2**16))
def test_a_fact_more_never_widens(world: dict[str, Any], seed: int) -> None:
    more, less = _without(world, seed)
    for paths, fewer in ((world, more), (more, less), (less, {})):
        known, unknown = facts_of(paths), facts_of(fewer)
        for score in SCORES:
            _check(score(known), score(unknown))


@settings(max_examples=40, deadline=None)
@given(world=worlds())
def test_with_everything_known_nothing_is_missing(world: dict[str, Any]) -> None:
    """What stays open is then what the publication, or the words of the histology, leave open."""
    for score in SCORES:
        found = score(facts_of(world))
        words = {"histology", "clinical.primary.hormone_dependent", "clinical.neurology.ambulation"}
        assert set(found.needs) <= words, (found.key, found.needs)


@settings(max_examples=40, deadline=None)
@given(world=worlds(), seed=st.integers(0, 2**16))
def test_what_a_score_needs_is_unknown(world: dict[str, Any], seed: int) -> None:
    """No score asks for a fact that is stated, save words that name no single histology and organs without detail."""
    paths, _ = _without(world, seed)
    for score in SCORES:
        asked = set(score(facts_of(paths)).needs) & set(paths)
        assert asked <= {"histology"}, (score, asked)
