"""The page: self-contained, escaped, complete; its print is short."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import report_maker as maker

from spondyl.anatomy import Structures
from spondyl.app.report import Fact, Goal, render_report
from spondyl.core import DISCLAIMER
from spondyl.core.errors import DoseGridError, OutputError

EVIL = '<script>alert("x")</script>'


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def report():
    return render_report(maker.inputs())


def test_nothing_is_loaded_from_outside(report) -> None:
    for html in (report.html, report.print_html):
        for tag, attrs in Tags(html).found:
            assert tag not in ("link", "iframe", "object", "embed"), tag
            for name in ("src", "href", "xlink:href", "action", "data"):
                assert (attrs.get(name) or "data:").startswith("data:"), (tag, attrs)
        assert not re.search(r"url\(\s*['\"]?https?:|@import|https?://", html)


def test_the_disclaimer_stands_on_screen_and_paper(report) -> None:
    assert DISCLAIMER in report.html
    assert DISCLAIMER in report.print_html


def test_first_screen_says_warnings_before_the_verdict(report) -> None:
    html = report.html
    places = [
        html.index(text)
        for text in ("L3, case phantom", "fixed-field IMRT", "one slice is thick", "2 of 3 mandatory met", "FAIL")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "part", ["Paddick conformity", "antero-posterior margin 2 mm", "coverage", "Ahnesjö", "abababababababab", "12.3 s"]
)
def test_every_part_is_there(report, part: str) -> None:
    assert part in report.html
    assert part in report.print_html


def test_empty_parts_are_left_out() -> None:
    bare = maker.inputs(
        goals=(), curves=(), indices=(), binding=(), assumptions=(), warnings=(), log=(), citations=(), timings_s={},
        inputs_sha256={}, prescription_gy=None, boost_gy=None,
    )  # fmt: skip
    html = render_report(bare).html
    assert "not judged: no goals" in html
    for heading in ("Dose-volume", "Assumptions", "Indices", "Sources of"):
        assert heading not in html


def test_strings_of_a_case_are_escaped_everywhere() -> None:
    base = maker.inputs()
    gtv = replace(base.structures["GTV"], name=EVIL, made=(EVIL,))
    evil = maker.inputs(
        case=replace(base.case, name=EVIL, warnings=(EVIL,)),
        structures=Structures([gtv]),
        technique=EVIL, protocol=EVIL, warnings=(EVIL,), assumptions=(EVIL,), binding=(EVIL,), citations=(EVIL,),
        goals=(Goal(EVIL, EVIL, "<=", 1.0, 2.0, EVIL, "optimal", "fail", -1.0, EVIL, EVIL),),
        plan_facts=(Fact(EVIL, EVIL, EVIL),),
        curves=(replace(base.curves[0], structure=EVIL),),
        inputs_sha256={EVIL: EVIL}, timings_s={EVIL: 1.0},
    )  # fmt: skip
    report = render_report(evil)
    assert "<script>alert" not in report.html
    assert "<script>alert" not in report.print_html
    assert sum(tag == "script" for tag, _ in Tags(report.html).found) == 2


def test_no_patient_identity_reaches_the_page() -> None:
    base = maker.inputs()
    named = replace(base, case=replace(base.case, dicom={"PatientName": "Doe^Jane", "PatientID": "4711-X"}))
    html = render_report(named).html
    assert "Doe" not in html
    assert "4711-X" not in html


def test_hover_numbers_are_json(report) -> None:
    text = re.search(r'<script type="application/json" id="hover">(.*?)</script>', report.html, re.S)
    assert text is not None
    data = json.loads(text[1])
    assert data["curves"][0]["name"] == "GTV"
    assert data["curves"][0]["v"][0] == 100


def test_paper_has_no_buttons_scripts_or_second_figure(report) -> None:
    tags = Tags(report.print_html).found
    assert not [tag for tag, _ in tags if tag in ("button", "script")]
    assert sum("data-figure" in attrs for _, attrs in tags) == 1
    assert sum("data-figure" in attrs for _, attrs in Tags(report.html).found) == 3


def test_planes_carry_letters_scale_bar_and_position(report) -> None:
    assert report.print_html.count(">5 cm</text>") == 3
    for title in ("Axial, z = 100.5 mm", "Sagittal, x = ", "Coronal, y = "):
        assert title in report.print_html
    for letter, count in {"R": 2, "L": 2, "A": 2, "P": 2, "S": 2, "I": 2}.items():
        assert report.print_html.count(f'">{letter}</text><text class="edge"') == count


def test_isodose_labels_are_in_gy_on_the_line(report) -> None:
    assert ">30 Gy</text>" in report.print_html
    assert ">25 Gy</text>" in report.print_html


def test_the_same_structure_has_the_same_colour_in_planes_dvh_and_table(report) -> None:
    assert report.html.count('stroke="#e8431f"') >= 4
    assert "background:#e8431f" in report.html


def test_a_dose_that_is_not_gy_is_refused() -> None:
    with pytest.raises(DoseGridError, match=r"Gy per MU.*expected the total dose in Gy"):
        maker.inputs(dose=replace(maker.cone_dose(), unit="Gy per MU"))


def test_saved_whole(report, tmp_path: Path) -> None:
    path = report.save(tmp_path / "out" / "report.html")
    assert path.read_text(encoding="utf-8") == report.html
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_pdf_has_at_most_three_pages(report, tmp_path: Path) -> None:
    weasyprint = pytest.importorskip("weasyprint", exc_type=Exception, reason="no WeasyPrint: PDF is left out")
    assert len(weasyprint.HTML(string=report.print_html).render().pages) <= 3
    path = report.save_pdf(tmp_path / "report.pdf")
    assert path.read_bytes().startswith(b"%PDF-")


def test_pdf_without_weasyprint_says_how_to_get_it(report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(OutputError, match=r"pip install 'spondyl\[pdf\]'"):
        report.save_pdf(tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())
