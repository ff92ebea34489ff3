"""docs/clinical/options.md and docs/reference/assessment.md against the rules."""

from __future__ import annotations

import re
from pathlib import Path

from decide_facts import facts_from

from spondyl.clinic.decide import assess, rules
from spondyl.clinic.decide.frameworks.noms import ROWS

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "clinical" / "options.md").read_text(encoding="utf-8")
SCHEMA = (DOCS / "reference" / "assessment.md").read_text(encoding="utf-8")


def rows(head: str) -> set[tuple[str, ...]]:
    """Cells of the table whose head begins so."""
    lines = PAGE[PAGE.index(f"| {head}") :].split("\n\n")[0].splitlines()[2:]
    return {tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines}


def test_every_override_is_on_the_page_with_its_why():
    expected = {(r.row.id, r.row.modality, r.row.kind, r.effect, r.row.why) for r in rules() if r.row.effect}
    assert rows("rule | modality | kind in the digest") == expected


def test_every_sentence_that_speaks_of_more_is_on_the_page():
    expected = {
        (r.row.id, r.row.modality, ", ".join(f"{m}: {e}" for m, e in r.row.also.items()), r.row.why)
        for r in rules()
        if r.row.also
    }
    assert rows("rule | of | speaks also of") == expected


def test_every_dispute_is_on_the_page():
    assert rows("rule | modality | what is disputed") == {
        (r.row.id, r.row.modality, r.row.disputed) for r in rules() if r.row.disputed
    }


def test_the_noms_table_of_the_page_is_that_of_the_code():
    fits = {None: "either", True: "yes", False: "no"}
    expected = {
        (
            row.number,
            "high grade" if row.high_grade else "low grade",
            "sensitive" if row.sensitive else "resistant or irradiated",
            "unstable" if row.unstable else "not unstable",
            fits[row.fit],
        )
        for row in ROWS
    }
    assert {cells[:5] for cells in rows("row | compression")} == expected


def test_the_schema_tells_every_key_and_modality():
    record = assess(facts_from({"pain.present": True})).record()
    option = record["options"]["rfa"]
    for key in (*record, *option, *option["reasons"][0]):
        assert f"\n| {key} |" in SCHEMA, key
    told = set(re.findall(r"[a-z0-9_]+", SCHEMA.split("## Modalities")[1]))
    assert set(record["options"]) <= told
    assert f"{len(record['options'])} of them" in SCHEMA
