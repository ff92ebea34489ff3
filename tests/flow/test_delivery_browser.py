"""The beam's-eye animation in a real browser: the slider, the beams and play change what is drawn."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "app" / "report"))
sys.path.insert(0, str(Path(__file__).parents[1] / "io"))
import report_maker as maker
from page_in_browser import needs_browser, seen_by
from rtplan_maker import our_plan

from spondyl.app.delivery_view import delivery_of
from spondyl.app.report import render_report

pytestmark = needs_browser

ACT = """<script>
const seen = {}, one = (q) => document.querySelector(q), slider = one("#arcat");
const leaves = () => one(".bev .leaves").getAttribute("d");
const to = (n) => { slider.value = String(n); slider.dispatchEvent(new Event("input")); };
seen.served = one(".bev .leaves").getAttribute("d"); to(0); seen.same = leaves() === seen.served;
to(5); seen.moved = leaves() !== seen.served; seen.told = one("#arctold").textContent;
seen.turned = one(".dial .beam").getAttribute("transform");
one("[data-beam='2']").click(); seen.other = one("#arctold").textContent; seen.most = slider.max;
one("[data-beam='0']").click(); one("#arcplay").click(); seen.playing = one("#arcplay").textContent;
setTimeout(() => {
  seen.went = Number(slider.value) > 0; one("#arcplay").click(); seen.stopped = one("#arcplay").textContent;
  seen.faults = window.faults; const note = document.createElement("pre"); note.id = "seen";
  note.textContent = JSON.stringify(seen); document.body.append(note); }, 900);
</script>"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the page did, as the browser saw it."""
    folder = tmp_path_factory.mktemp("browser")
    made = maker.inputs()
    html = render_report(replace(made, delivery=delivery_of(our_plan().beams, made.structures))).html
    return seen_by(html, ACT, folder, 4000)


def test_the_script_draws_what_the_server_drew(seen: dict) -> None:
    assert seen["faults"] == []
    assert seen["same"]


def test_the_slider_goes_through_the_control_points(seen: dict) -> None:
    assert seen["moved"]
    assert seen["told"].startswith("gantry 356.0°, ")
    assert "control point 6 of 7" in seen["told"]
    assert seen["turned"] == "rotate(356)"


def test_another_beam_is_shown_from_its_start(seen: dict) -> None:
    assert seen["other"].startswith("gantry 270.0°, 0.0 MU, 0.0 s, control point 1 of 2")
    assert seen["most"] == "1"


def test_play_runs_and_stops(seen: dict) -> None:
    assert (seen["playing"], seen["went"], seen["stopped"]) == ("stop", True, "play")
