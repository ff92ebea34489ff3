"""The whole assessment: its record, what it waits for, and any facts at all."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml
from decide_facts import any_paths, facts_from, facts_or_none
from hypothesis import HealthCheck, assume, given, settings
from rule_cases import Paths
from rule_numbers import RULES

from spondyl.clinic.decide import Assessment, assess
from spondyl.clinic.decide.assessment import GENERAL
from spondyl.clinic.decide.options import STRICTNESS
from spondyl.clinic.facts import keys, read_facts
from spondyl.clinic.facts.facts import Facts
from spondyl.core.citations import collecting

MODALITIES = {line.split()[1] for line in RULES.split("\n")[1:-1]} - set(GENERAL)
PATHS = {path for path, _ in keys(Facts)} | {"level", "histology"}


def bundled(name: str) -> Assessment:
    text = (files("spondyl") / "data" / "cases" / name / "case.yaml").read_text("utf-8")
    return assess(read_facts(yaml.safe_load(text)))


def test_every_modality_of_the_rules_has_a_verdict_and_nothing_else_has():
    assert set(assess(facts_from({})).options) == MODALITIES


def test_with_nothing_known_nothing_is_recommended_or_forbidden():
    verdicts = {option.verdict for option in assess(facts_from({})).options.values()}
    assert verdicts == {"needs facts", "possible"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(paths=any_paths(40))
def test_any_facts_are_refused_by_name_or_assessed(paths: Paths):
    """Nothing but a named error (facts_or_none lets no other through), and a record that is data."""
    facts = facts_or_none(paths)
    assume(facts)
    assert facts is not None
    record = assess(facts).record()
    assert json.loads(json.dumps(record)) == record
    for name, option in record["options"].items():
        assert option["verdict"] in STRICTNESS
        assert set(option["needs"]) <= PATHS, name
    assert set(record["unknown"]) <= PATHS


@pytest.mark.parametrize("name", ["lumbar_l3", "thoracic_t11"])
def test_the_schema_of_the_record(name: str):
    record = bundled(name).record()
    assert list(record) == [
        "emergency", "disclaimer", "case_id", "scores", "options", "general", "disagreements", "unknown"
    ]  # fmt: skip
    assert record["case_id"] == name
    assert set(record["emergency"]) == {"value", "text", "needs"}
    assert {"total", "band", "low", "high", "missing", "items"} <= set(record["scores"]["sins"])
    option = record["options"]["kypho_iort"]
    assert list(option) == ["verdict", "reasons", "needs", "could_fire", "notes", "frameworks_disagree"]
    for reason in (*option["reasons"], *option["could_fire"], *option["notes"], *record["general"]):
        assert set(reason) == {"rule", "for", "text", "effect", "holds", "source", "framework", "needs", "remark"}
    assert all(reason["for"] is not None for reason in option["reasons"])
    assert all(reason["holds"] is None and reason["needs"] for reason in option["could_fire"])
    assert all(reason["for"] is None and reason["holds"] for reason in option["notes"])


def test_the_bundled_lumbar_case():
    """Renal cell at L3, intact, stable: radiosurgery, once target and machine are known."""
    options = bundled("lumbar_l3").options
    assert options["srs_sbrt"].verdict == "needs facts"
    assert {"clinical.lesion.well_defined", "clinical.centre.stereotactic_radiotherapy"} <= set(
        options["srs_sbrt"].needs
    )
    assert {"R131", "R139", "R149", "NOMS 3", "Ryu a-c"} <= {
        r.rule for r in options["srs_sbrt"].reasons if r.speaks_for
    }
    assert options["vertebral_stent"].verdict == "contraindicated"


def test_the_bundled_thoracic_case():
    """Breast at T11, 39 % collapse, mechanical pain: conventional radiotherapy; cement waits for the posterior wall."""
    options = bundled("thoracic_t11").options
    assert options["cebrt"].verdict == "recommended"
    assert options["pkp"].verdict == options["kypho_iort"].verdict == "needs facts"
    assert "clinical.lesion.posterior_wall_involved" in options["pkp"].needs


def test_what_is_unknown_names_what_waits_for_it():
    unknown = bundled("thoracic_t11").needs
    assert {"pkp", "pvp", "kypho_iort"} <= set(unknown["clinical.lesion.posterior_wall_involved"])


def test_general_rules_are_told_where_they_hold():
    told = [reason.rule for reason in assess(facts_from({"level": "L4"})).general]
    assert {"R001", "R002", "R003", "R008", "R013"} == set(told)


def test_a_reason_tells_its_source_its_facts_and_what_is_disputed():
    reasons = assess(facts_from({"lesion.fracture_recent": True})).record()["options"]["pvp"]["reasons"]
    reason = next(reason for reason in reasons if reason["rule"] == "R073")
    assert reason["source"].startswith("002 (treatment review with modality tables), Minimally invasive")
    assert "fracture recent yes" in reason["text"]
    assert "X48" in reason["remark"]


def test_what_ran_is_cited():
    with collecting() as used:
        assess(facts_from({}))
    texts = " ".join(str(citation) for citation in used)
    for source in ("Laufer 2013", "Ryu 2015", "Fisher 2010", "Tomita 2001", "Tokuhashi 2005", "Fehlings 2009"):
        assert source in texts


def test_the_same_facts_give_the_same_record():
    paths: dict[str, Any] = {"level": "T8", "lesion.bilsky_escc": "2", "histology": "breast"}
    assert assess(facts_from(paths)).record() == assess(facts_from(paths)).record()
