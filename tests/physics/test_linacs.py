"""Linacs: the files that are carried, and what is refused in a clinic's own."""

from importlib.resources import files

import numpy as np
import pytest
import yaml

from spondyl.core.errors import MachineError
from spondyl.physics import linac_names, load_linac, load_machine, parse_linac

SHIPPED = files("spondyl").joinpath("data/machines/linacs/hd120-6mv.yaml").read_text(encoding="utf-8")
OWN = ("hd120-6mv", "hd120-6mv-fff", "m120-6mv")


def test_the_collimators_have_their_published_leaves():
    fine, coarse = load_linac("hd120-6mv").mlc, load_linac("m120-6mv").mlc
    for mlc, inner_mm, count, outer_mm, span_mm in ((fine, 2.5, 32, 5.0, 220.0), (coarse, 5.0, 40, 10.0, 400.0)):
        widths = mlc.leaf_widths_mm
        assert mlc.pairs == 60
        assert np.ptp(mlc.leaf_edges_mm) == span_mm
        assert (widths == inner_mm).sum() == count
        assert (widths == outer_mm).sum() == 60 - count
        assert mlc.leaf_edges_mm == pytest.approx(-mlc.leaf_edges_mm[::-1])


@pytest.mark.parametrize("name", OWN)
def test_every_linac_has_a_beam_and_a_source_for_each_number(name):
    linac = load_linac(name)
    assert load_machine(linac.beam).is_machine
    assert linac.gantry_speed_deg_per_s == 6.0
    assert linac.mlc.leaf_speed_mm_per_s == 25.0
    text = files("spondyl").joinpath(f"data/machines/linacs/{name}.yaml").read_text(encoding="utf-8")
    assert "SOURCED" not in text
    assert set(OWN) <= set(linac_names())


def test_only_the_beam_without_filter_is_unvalidated_and_says_so():
    assert [name for name in OWN if not load_linac(name).validated] == ["hd120-6mv-fff"]
    assert "UNVALIDATED" in load_linac("hd120-6mv-fff").caveat
    assert "unvalidated" in load_machine("generic-6mv-fff").name
    assert load_linac("hd120-6mv").caveat == ""


def test_an_unknown_linac_names_the_nearest():
    with pytest.raises(MachineError, match='linac "hd-120-6mv" is unknown; nearest: hd120-6mv'):
        load_linac("hd-120-6mv")


def test_a_clinics_own_file_is_read_by_path(tmp_path):
    facts = yaml.safe_load(SHIPPED)
    facts["name"] = "ours"
    facts["collimator"]["transmission"]["value"] = 0.013
    path = tmp_path / "ours.yaml"
    path.write_text(yaml.safe_dump(facts))
    assert load_linac(str(path)).mlc.transmission == 0.013
    with pytest.raises(MachineError, match=r"linac file .*nowhere.yaml cannot be read"):
        load_linac(str(tmp_path / "nowhere.yaml"))


def broken(**changes):
    facts = yaml.safe_load(SHIPPED)
    for key, value in changes.items():
        part, _, last = key.rpartition("__")
        (facts[part] if part else facts)[last] = value
    return yaml.safe_dump(facts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gantry_speed_deg_per_s": 6.0}, '"gantry_speed_deg_per_s" is 6.0, expected'),
        ({"beem": "generic-6mv"}, '"beem" is not a key of a linac file; nearest: beam'),
        ({"collimator__transmission": {"value": 1.17, "source": "percent"}}, r"transmission must lie in \[0, 1\)"),
        ({"collimator__tongue_and_groove_mm": {"value": 3.0, "source": "x"}}, r"must lie in \[0, 2.5\), the narrowest"),
        ({"jaws__x1_mm": [20.0, -200.0]}, "limits of jaw x1 must ascend, got 20 to -200 mm"),
        ({"dose_rate_mu_per_min": {"value": 1.0, "source": "x"}}, "dose rates must ascend from 0, got 5 and 1"),
    ],
)  # fmt: skip
def test_a_linac_that_contradicts_itself_is_refused(changes, message):
    with pytest.raises(MachineError, match=message):
        parse_linac(broken(**changes))
