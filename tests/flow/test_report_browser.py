"""The report in a real browser: no error, buttons toggle, the DVH answers the pointer. Left out without Chromium."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "app" / "report"))
import report_maker as maker
from page_in_browser import needs_browser, seen_by

from spondyl.app.report import render_report

pytestmark = needs_browser

ACT = """<script>
const seen = {}, one = (q) => document.querySelector(q), shown = (q) => getComputedStyle(one(q)).display !== "none";
const press = (q) => one("button" + q).click();
seen.soft_before = shown(".soft"); press("[data-window=soft]");
seen.soft_after = shown(".soft"); seen.bone_after = shown(".bone"); press("[data-window=bone]");
seen.first = one("[data-figure]:not(.hide)").dataset.figure; press("[data-point=cold]");
seen.second = one("[data-figure]:not(.hide)").dataset.figure; press("[data-point=" + seen.first + "]");
const pan = one(".pan"), before = pan.getAttribute("transform"); press("[data-zoom=whole]");
seen.zoomed = pan.getAttribute("transform") !== before; press("[data-zoom=target]");
seen.restored = pan.getAttribute("transform") === before;
press("[data-toggle=wash]"); seen.wash = shown(".wash"); press("[data-toggle=iso]"); seen.iso = shown(".iso");
const chart = one("#dvh"), box = chart.getBoundingClientRect(), view = chart.viewBox.baseVal;
const at = (x, y) => chart.dispatchEvent(new PointerEvent("pointermove", {
  clientX: box.left + x / view.width * box.width, clientY: box.top + y / view.height * box.height, bubbles: true }));
const data = JSON.parse(one("#hover").textContent), b = data.box;
at(b.l + (b.r - b.l) * 22.5 / data.max, (b.t + b.b) / 2);
seen.tip = one("#tip").textContent; seen.tip_shown = !one("#tip").hidden;
const gtv = '.entry[data-key="0"]';
press(gtv); seen.off = !shown("#dvh .s0"); at(b.l + 50, b.b - 10);
seen.tip_hidden = one("#tip").hidden; press(gtv); seen.on = shown("#dvh .s0");
seen.wide = document.documentElement.scrollWidth <= window.innerWidth; seen.faults = window.faults;
const note = document.createElement("pre"); note.id = "seen"; note.textContent = JSON.stringify(seen);
document.body.append(note);
</script>"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the page's own buttons and pointer did, as the browser saw it."""
    folder = tmp_path_factory.mktemp("browser")
    html = render_report(maker.inputs()).html
    return seen_by(html, ACT, folder, 3000)


def test_the_page_runs_without_an_error(seen: dict) -> None:
    assert seen["faults"] == []


def test_soft_tissue_is_at_hand_and_off_at_first(seen: dict) -> None:
    assert (seen["soft_before"], seen["soft_after"], seen["bone_after"]) == (False, True, False)


def test_points_zoom_wash_and_isodoses_toggle(seen: dict) -> None:
    assert (seen["first"], seen["second"]) == ("hot", "cold")
    assert seen["zoomed"]
    assert seen["restored"]
    assert seen["wash"]
    assert not seen["iso"]


def test_hover_names_structure_dose_and_volume(seen: dict) -> None:
    """The phantom's GTV has 50 % of 7.24 cm3 at 22.5 Gy."""
    assert seen["tip_shown"]
    assert seen["tip"] == "GTV: 22.5 Gy, 50 % (3.62 cm³)"


def test_click_hides_and_shows_a_structure(seen: dict) -> None:
    assert seen["off"]
    assert seen["tip_hidden"]
    assert seen["on"]


def test_the_page_is_no_wider_than_its_window(seen: dict) -> None:
    assert seen["wide"]
