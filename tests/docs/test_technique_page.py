"""The page on adding a technique, followed: its file plans a box of water."""

import re
from pathlib import Path

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.app.cli.techniques import TECHNIQUES as OPTIONS
from spondyl.clinic import Facts
from spondyl.core import Grid, Image, silent
from spondyl.evaluate import dvh, load_protocol, metric
from spondyl.physics import load_linac
from spondyl.plan import TECHNIQUES, PlanSettings, prescription_of
from spondyl.plan.external.delivery import check_deliverable
from spondyl.plan.job import Job

PAGE = (Path(__file__).parents[2] / "docs/how-to/add-a-technique.md").read_text(encoding="utf-8")
GRID = Grid((-47.5, -47.5, -47.5), (5.0, 5.0, 5.0), (20, 20, 20))


def _box(name, role, half_mm):
    inside = [np.abs(GRID.axis_mm(axis)) < half_mm for axis in "zyx"]
    coverage = inside[0][:, None, None] & inside[1][None, :, None] & inside[2]
    return from_coverage(name, role, GRID, coverage.astype(float))


def test_the_pages_technique_plans_a_box():
    room = {"__name__": "oblique_pair"}
    exec(re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)[0], room)
    structures = Structures([_box("BODY", "external", 50), _box("PTV", "target", 16)])
    case = Case("box", Facts(), Image(GRID, np.zeros(GRID.shape, np.int16)), structures)
    rules = load_protocol("conventional-8in1")
    settings = PlanSettings(engine="pencil-beam")
    made = room["OBLIQUE_PAIR"].plan(Job(case, structures, rules, prescription_of(rules), settings, silent))
    assert made.plan.technique == "oblique-pair"
    assert [beam.points[0].gantry_deg for beam in made.plan.beams] == [135, 225]
    for beam in made.plan.beams:
        check_deliverable(beam, load_linac("hd120-6mv"))
    first, second = (beam.mu for beam in made.plan.beams)
    assert first == pytest.approx(second, rel=0.03)  # the box is symmetric
    assert metric(dvh(made.dose, structures["PTV"]), "D50%").value == pytest.approx(8.0, rel=0.005)


def test_the_page_and_the_command_line_know_every_technique():
    told = set(
        re.findall(r"`([a-z-]+)`", PAGE[PAGE.index("| `--technique`") : PAGE.index("`conformal`, `opposed` and")])
    )
    assert set(TECHNIQUES) - {"vmat"} <= told
    assert set(TECHNIQUES) | {"kypho-iort"} == set(OPTIONS)
