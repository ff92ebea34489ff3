"""The protocol files against the table of limits they were taken from (tests/data/dose_constraints.csv)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from spondyl.core.errors import ProtocolError
from spondyl.evaluate import Goal, load_protocol, parse_metric, protocol_names, read_protocol

TABLE = Path(__file__).parents[1] / "data" / "dose_constraints.csv"
NAMES = {
    "PTV_Eval": "PTV_Eval", "GTV": "GTV", "SpinalCord_PRV02 (cord+2 mm)": "SpinalCord_PRV02",
    "Thecal sac (below L2, no margin)": "ThecalSac", "cord & medulla": "SpinalCord",
    "cord subvolume 5-6 mm": "SpinalCord_Partial", "cauda equina": "CaudaEquina", "sacral plexus": "SacralPlex",
    "brachial plexus": "BrachialPlex", "oesophagus": "Esophagus", "heart": "Heart", "great vessels": "GreatVes",
    "trachea/large bronchi": "Trachea", "skin": "Skin", "stomach": "Stomach", "duodenum": "Duodenum",
    "jejunum/ileum": "Bowel_Small", "colon": "Colon", "rectum": "Rectum", "cord PRV (cord+0-2 mm)": "SpinalCord_PRV02",
    "bowel": "Bowel", "cauda": "CaudaEquina",
}  # fmt: skip


def rows(kind: str) -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["set"] == kind]


def key(goal: Goal, fractions: int) -> tuple[object, ...]:
    return goal.structure, parse_metric(goal.metric).name, fractions, goal.op, goal.limit, goal.status


def test_sib_sbrt_is_table_1() -> None:
    protocol = load_protocol("sib-sbrt-30in5")
    expected = [
        (NAMES[r["structure"]], r["metric"], 5, r["op"], float(r["value"]), r["status"], r["level"])
        for r in rows("SIB-SBRT Mitsuyoshi 2025")
    ]
    assert len(expected) == 19
    assert [(*key(g, 5), g.level) for g in protocol.goals] == expected
    assert protocol.prescription is not None
    assert (protocol.prescription.dose_gy, protocol.prescription.coverage) == (30, "D90%")


def test_tg101_is_the_table_without_its_repetitions() -> None:
    expected = {
        (
            NAMES[r["structure"]],
            r["metric"].replace(" ", ""),
            int(r["fractions"]),
            r["op"],
            float(r["value"]),
            r["status"],
        )
        for r in rows("TG-101")
        if not r["metric"].startswith("critical")
    }
    goals = load_protocol("tg-101").goals
    assert {key(g, g.fractions or 0) for g in goals if not g.metric.startswith("CV")} == expected
    critical = {(g.structure, g.metric, g.op, g.limit, g.unit) for g in goals if g.metric.startswith("CV")}
    assert critical == {
        ("Kidney_Cortex", "CV8.4Gy_cc", ">=", 200, "cm3"), ("Liver", "CV9.1Gy_cc", ">=", 700, "cm3"),
    }  # fmt: skip


def test_hytec_is_the_table_for_cord_and_sac() -> None:
    expected: set[tuple[object, ...]] = set()
    for r in rows("HyTEC de novo"):
        ends = [float(v) for v in r["value"].split("-")]
        levels = ("optimal", "mandatory") if len(ends) == 2 else ("mandatory",)
        for organ in ("SpinalCord", "ThecalSac"):
            expected |= {
                (organ, "Dmax", int(r["fractions"]), "<=", end, r["status"], level)
                for end, level in zip(ends, levels, strict=True)
            }
    goals = load_protocol("hytec-cord").goals
    assert {(*key(g, g.fractions or 0), g.level) for g in goals} == expected
    assert len(goals) == 12


def test_hytec_reirradiation_is_the_table() -> None:
    table = [(r["op"], float(r["value"]), r["unit"], r["status"]) for r in rows("HyTEC reirradiation")]
    assert [(g.op, g.limit, g.unit, g.status) for g in load_protocol("hytec-reirradiation").goals] == table


def test_sc24_has_the_two_fraction_limits_it_names() -> None:
    table = {
        (NAMES[r["structure"]], r["metric"].replace(" ", "") + "_cc", 2, r["op"], float(r["value"]), r["status"])
        for r in rows("RT trial protocol 2025")
        if r["fractions"] == "2"
    }
    protocol = load_protocol("sc24-24in2")
    assert {key(g, 2) for g in protocol.goals} == table
    assert "SC.24's own organ limits were not found" in protocol.notes[0]


def test_rtog_0631_limits() -> None:
    for dose in (16, 18):
        protocol = load_protocol(f"rtog-0631-{dose}in1")
        assert protocol.prescription is not None
        assert protocol.prescription.dose_gy == dose
        found = {(g.structure, g.metric, g.limit, g.unit, g.status) for g in protocol.goals}
        assert found == {
            ("SpinalCord_Partial", "V10Gy", 10, "%", "confirmed_secondary"),
            ("SpinalCord", "V10Gy_cc", 0.35, "cm3", "confirmed_secondary"),
            ("SpinalCord", "D0.03cc", 14, "Gy", "confirmed_secondary"),
            ("CaudaEquina", "Dmax", 16, "Gy", "confirmed_secondary"),
            ("CaudaEquina", "D5cc", 14, "Gy", "confirmed_secondary"),
        }


def test_single_sessions_of_20_and_24_gray_have_hytecs_cord() -> None:
    one = {key(g, 1) for g in load_protocol("hytec-cord").goals if g.fractions == 1}
    for dose in (20, 24):
        protocol = load_protocol(f"srs-{dose}in1")
        assert {key(g, 1) for g in protocol.goals} == one
        assert protocol.prescription is not None
        assert (protocol.prescription.dose_gy, protocol.prescription.fractions) == (dose, 1)


def test_conventional_cord_limits_are_45_to_50_in_25_as_eqd2() -> None:
    # 45 (1.8 + 2) / 4 = 42.75; 50 (2 + 2) / 4 = 50
    for name in ("conventional-8in1", "conventional-20in5", "conventional-30in10"):
        goals = load_protocol(name).goals
        assert [(g.limit, g.level, g.quantity, g.alpha_beta_gy) for g in goals] == [
            (42.75, "optimal", "eqd2", 2), (50, "mandatory", "eqd2", 2),
        ]  # fmt: skip


def test_no_file_holds_an_unconfirmed_number() -> None:
    assert len(protocol_names()) == 12
    for name in protocol_names():
        protocol = load_protocol(name)
        assert protocol.name == name
        assert {g.status for g in protocol.goals} <= {"confirmed", "confirmed_secondary", "confirmed_in_seed"}


def test_tg101_and_hytec_never_mix() -> None:
    assert not [g for g in load_protocol("tg-101").goals if "HyTEC" in g.source]
    assert not [g for g in load_protocol("hytec-cord").goals if "TG-101" in g.source]


def test_unknown_protocol_names_the_nearest() -> None:
    with pytest.raises(ProtocolError, match=r'"sib-sbrt-30x5" not found; nearest: sib-sbrt-30in5'):
        load_protocol("sib-sbrt-30x5")


GOOD = """name: mine
title: Mine
fractions: [3]
source: my clinic, 2026
goals:
  - {structure: SpinalCord, metric: D0.03cc, op: "<=", limit: 18, unit: Gy, level: mandatory,
     status: confirmed, source: "my clinic, 2026"}
"""


def test_own_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    assert load_protocol(file).goals[0].limit == 18


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("limit: 18", "limit: high", "goals.0.limit"),
        ("unit: Gy", "unit: cm3", "metric D0.03cc is in Gy, the limit in cm3"),
        ("D0.03cc", "D0.03", "goals.0: Value error"),
        ("level: mandatory", "levle: mandatory", "levle: Extra inputs"),
        ('"<="', '"="', "needs a tolerance"),
        ("fractions: [3]", "fractions: [3, 5]", "must name its fractions"),
        ("source: \"my clinic, 2026\"", "source: \"\"", "goals.0.source"),
    ],
)  # fmt: skip
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD.replace(old, new) if old != "D0.03cc" else GOOD.replace("D0.03cc", "Dhigh"))
    with pytest.raises(ProtocolError, match=message if old != "D0.03cc" else "Dhigh"):
        read_protocol(file)
