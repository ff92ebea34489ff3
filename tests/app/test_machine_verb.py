"""`spondyl machine` from the command line's side."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from spondyl.app.cli import machine_verb
from spondyl.core.errors import MachineError
from spondyl.physics import load_machine, machine_names

MEASURED = Path(machine_verb.__file__).parents[2] / "data" / "machines" / "measured" / "agility-6mv"


def run(*arguments):
    app = typer.Typer()
    machine_verb.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["machine", *map(str, arguments)], standalone_mode=False)


def test_list_and_show():
    names = [machine["name"] for machine in json.loads(run("list", "--json").stdout)["machines"]]
    assert names == [load_machine(name).name for name in machine_names()]
    assert {"artiste-6mv", "generic-6mv", "generic-6mv-fff, unvalidated"} <= set(names)
    facts = json.loads(run("show", "generic-6mv", "--json").stdout)
    assert facts["reference.depth_mm"] == 100.0
    assert facts["reference.dose_gy_per_mu"] == 0.01
    assert "penumbra_fwhm_mm" in run("show", "generic-6mv").stdout


def test_check_prints_the_agreement_and_leaves_with_its_verdict():
    good = run("check", "generic-6mv", MEASURED, "--json")
    assert good.return_value == 0
    assert json.loads(good.stdout)["within_tolerance"] is True
    # The other linac's beam is not this one: its TPR differs by more than 1.5 %.
    assert run("check", "artiste-6mv", MEASURED).return_value == 1


def test_fit_writes_a_machine_that_loads(tmp_path):
    out = tmp_path / "ours.yaml"
    result = run("fit", MEASURED, "-o", out, "--source", "our water tank", "--quiet")
    assert result.return_value == 0
    assert "1.0000 cGy per MU" in result.stdout
    assert load_machine(str(out)).source == "our water tank"


def test_fit_refuses_another_ending(tmp_path):
    with pytest.raises(MachineError, match=r"must end in \.yaml"):
        machine_verb.fit(MEASURED, tmp_path / "ours.json")
